//! A real server and a gateway that does not behave: it ends when it is asked to, comes back by
//! itself, and says what is missing.

use std::time::Duration;

use discord_sim::{GatewayFault, GatewayMode, Permission, RouteKind, Rule};
use serde_json::{Value, json};

use crate::stage::{Settings, Stage, until};

#[tokio::test]
async fn asked_to_end_the_server_goes_within_five_seconds_in_every_state_of_the_gateway() {
    for mode in [GatewayMode::Open, GatewayMode::Refuse, GatewayMode::Hang] {
        let mut stage = Stage::open().await;
        stage.sim.set_gateway(mode);
        stage.sim.drop_gateway();
        if mode != GatewayMode::Open {
            stage
                .sim
                .wait_for(|world| world.connected_sessions() == 0)
                .await;
        }
        // `stop` allows five seconds, and no other end than a good one.
        stage.stop().await;
    }
}

#[tokio::test]
async fn asked_to_end_right_after_a_close_without_a_code_the_server_goes() {
    let mut stage = Stage::open().await;
    stage.sim.close_gateway(None);
    stage.stop().await;
}

#[tokio::test]
async fn asked_to_end_before_it_was_ever_connected_the_server_goes() {
    for fault in [
        GatewayFault::HangHandshake,
        GatewayFault::NoHello,
        GatewayFault::IgnoreIdentify,
    ] {
        let mut stage = Stage::dark(Settings::default()).await;
        stage.sim.gateway_fault_always(fault);
        stage.start_unconnected();
        until("the commands are registered", || {
            stage.sim.look(|world| !world.commands().is_empty())
        })
        .await;
        stage.stop().await;
    }
}

#[tokio::test]
async fn asked_to_end_while_it_waits_for_its_turn_the_server_goes_and_the_log_says_why_it_waited() {
    let mut stage = Stage::dark(Settings::default()).await;
    stage.sim.set_session_starts_left(0);
    stage.start_unconnected();
    until("it says that it waits", || {
        stage.log().contains("Discord allows no new connection")
    })
    .await;
    stage.stop().await;
}

#[tokio::test]
async fn the_health_page_says_that_the_server_waits_and_why() {
    // Nobody else takes a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut stage = Stage::dark(Settings {
        env: vec![("BATON_HTTP__LISTEN".to_owned(), address.clone())],
        ..Settings::default()
    })
    .await;
    stage.sim.set_session_starts_left(0);
    stage.start_unconnected();
    until("it says that it waits", || {
        stage.log().contains("Discord allows no new connection")
    })
    .await;
    let page = reqwest::get(format!("http://{address}/healthz"))
        .await
        .unwrap();
    assert_eq!(page.status(), 503);
    let page: Value = serde_json::from_str(&page.text().await.unwrap()).unwrap();
    let told = (&page["healthy"], &page["gateway"]);
    assert_eq!(told, (&json!(false), &json!("waiting")));
    let reason = page["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Discord allows no new connection"),
        "{reason}"
    );
    stage.stop().await;
}

#[tokio::test]
async fn asked_to_end_while_it_looks_at_what_the_bot_lacks_the_server_goes() {
    for route in [
        RouteKind::Me,
        RouteKind::Application,
        RouteKind::Guild,
        RouteKind::Channel,
    ] {
        let mut stage = Stage::dark(Settings::default()).await;
        let look = stage.sim.hold(Rule::route(route));
        stage.start_unconnected();
        look.arrived().await;
        stage.stop().await;
        look.release();
    }
}

#[tokio::test]
async fn what_the_bot_lacks_ends_the_start_with_a_sentence_for_each() {
    let stage = Stage::dark(Settings::default()).await;
    stage.sim.deny(
        stage.channel(),
        [Permission::AddReactions, Permission::CreatePublicThreads],
    );
    let ended = stage.start_another().await;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains("lacks: Create Public Threads, Add Reactions"),
        "{said}"
    );
    assert_eq!(stage.sim.look(|world| world.connected_sessions()), 0);
}

#[tokio::test]
async fn a_close_that_says_never_ends_the_process() {
    let mut stage = Stage::open().await;
    stage.sim.close_gateway(Some(4_010));
    let status = tokio::time::timeout(Duration::from_secs(30), stage.ends())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(1), "{}", stage.log());
    assert!(stage.log().contains("split its servers"), "{}", stage.log());
}
