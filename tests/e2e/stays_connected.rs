//! A real server and a gateway that does not behave: it comes back by itself, and says what is missing.

use std::time::Duration;

use discord_sim::Permission;
use serde_json::{Value, json};

use crate::stage::{Settings, Stage, until};

#[tokio::test]
async fn the_health_page_says_that_the_server_waits_and_why() {
    let mut stage = Stage::dark(Settings::default()).await;
    stage.sim.set_session_starts_left(0);
    stage.start_unconnected();
    until("it says that it waits", || {
        stage.log().contains("Discord allows no new connection")
    })
    .await;
    let address = stage.until_health_page().await;
    // The log may have it a moment before the page.
    let page = tokio::time::timeout(Duration::from_secs(90), async {
        loop {
            let page = reqwest::get(format!("http://{address}/healthz"));
            let page = page.await.unwrap();
            assert_eq!(page.status(), 503);
            let page: Value = serde_json::from_str(&page.text().await.unwrap()).unwrap();
            if page["gateway"] == json!("waiting") {
                return page;
            }
        }
    });
    let page = page.await.expect("it is told that the server waits");
    assert_eq!(page["healthy"], json!(false));
    let reason = page["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Discord allows no new connection"),
        "{reason}"
    );
    stage.stop().await;
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
    let status = tokio::time::timeout(Duration::from_secs(90), stage.ends())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(1), "{}", stage.log());
    assert!(stage.log().contains("split its servers"), "{}", stage.log());
}
