//! Holds and faults.

use discord_sim::{Fault, Rule, Sim, SimConfig};
use reqwest::Method;
use serde_json::json;

use crate::client::{call, post};

#[tokio::test]
async fn a_held_request_changes_nothing_until_it_is_released() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let hold = sim.hold(
        Rule::post_message()
            .in_channel(general)
            .containing("answer"),
    );
    let test = async {
        hold.arrived().await;
        assert_eq!(sim.transcript(general), "bot: other\n");
        hold.release();
    };
    let bot = async {
        post(&sim, general, "other").await;
        post(&sim, general, "the answer").await
    };
    tokio::join!(test, bot);
    assert_eq!(sim.transcript(general), "bot: other\nbot: the answer\n");
}

#[tokio::test]
async fn a_request_that_is_held_after_commit_is_stored_but_not_answered() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let hold = sim.hold(Rule::post_message().after_commit());
    let test = async {
        hold.arrived().await;
        assert_eq!(sim.transcript(general), "bot: stored\n");
        let answered = sim.journal().iter().any(|entry| entry.rest().is_some());
        assert!(!answered);
        drop(hold);
    };
    tokio::join!(test, post(&sim, general, "stored"));
}

#[tokio::test]
async fn a_fault_after_commit_loses_only_the_answer_and_the_nonce_finds_the_message() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    sim.fault(Rule::post_message().after_commit(), Fault::status(502));
    let path = format!("/channels/{general}/messages");
    let body = json!({"content": "once", "nonce": "n", "enforce_nonce": true});
    assert_eq!(call(&sim, Method::POST, &path, &body).await.0, 502);
    assert_eq!(call(&sim, Method::POST, &path, &body).await.0, 200);
    assert_eq!(sim.transcript(general), "bot: once\n");
}

#[tokio::test]
async fn a_fault_before_commit_stores_nothing_and_ends_after_its_count() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    sim.fault(
        Rule::post_message().times(2),
        Fault::error(403, 50_013, "Missing Permissions"),
    );
    let path = format!("/channels/{general}/messages");
    let body = json!({"content": "x", "nonce": "n", "enforce_nonce": true});
    for status in [403, 403, 200] {
        assert_eq!(call(&sim, Method::POST, &path, &body).await.0, status);
    }
    assert_eq!(sim.transcript(general), "bot: x\n");
}

#[tokio::test]
async fn a_dropped_connection_gives_no_answer() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::DropConnection);
    let url = format!(
        "{}/api/v10/channels/{}/messages",
        sim.base_url(),
        sim.channel("general")
    );
    let request = reqwest::Client::new()
        .post(url)
        .json(&json!({"content": "x"}));
    assert!(request.send().await.is_err());
    let status = sim.wait_for(|world| {
        world
            .journal()
            .iter()
            .find_map(|entry| entry.rest().map(|call| call.status))
    });
    assert_eq!(status.await, None);
}
