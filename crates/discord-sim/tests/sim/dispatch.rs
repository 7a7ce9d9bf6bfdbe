//! Events that arrive twice, late, broken or never.

use discord_sim::{DispatchFault, DispatchRule, EventKind, Fact, Sim, SimConfig};
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS};

async fn connected() -> (Sim, Gateway) {
    let sim = Sim::start(SimConfig::default()).await;
    let (gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    (sim, gateway)
}

async fn say(sim: &Sim, texts: &[&str]) {
    for text in texts {
        sim.user("member")
            .says(*text)
            .in_(sim.channel("general"))
            .await;
    }
}

/// The sequence numbers and texts of the next messages.
async fn heard(gateway: &mut Gateway, count: usize) -> Vec<(u64, String)> {
    let mut heard = Vec::new();
    for _ in 0..count {
        let event = gateway.event("MESSAGE_CREATE").await;
        let text = event["d"]["content"].as_str().unwrap().to_owned();
        heard.push((event["s"].as_u64().unwrap(), text));
    }
    heard
}

fn pairs(pairs: &[(u64, &str)]) -> Vec<(u64, String)> {
    pairs
        .iter()
        .map(|(seq, text)| (*seq, (*text).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_duplicate_has_a_sequence_number_of_its_own() {
    let (sim, mut gateway) = connected().await;
    let rule = DispatchRule::of(EventKind::MessageCreate).containing("twice");
    sim.dispatch_fault(rule, DispatchFault::Duplicate);
    say(&sim, &["once", "twice", "twice"]).await;
    assert_eq!(
        heard(&mut gateway, 4).await,
        pairs(&[(3, "once"), (4, "twice"), (5, "twice"), (6, "twice")])
    );
    let what = "MESSAGE_CREATE: Duplicate".to_owned();
    assert!(
        sim.journal()
            .iter()
            .any(|entry| entry.fact == Fact::Faulted { what: what.clone() })
    );
}

#[tokio::test]
async fn an_event_is_overtaken_by_those_after_it() {
    let (sim, mut gateway) = connected().await;
    let rule = DispatchRule::of(EventKind::MessageCreate);
    sim.dispatch_fault(rule.clone(), DispatchFault::Overtaken { by: 2 });
    say(&sim, &["a", "b", "c", "d"]).await;
    assert_eq!(
        heard(&mut gateway, 4).await,
        pairs(&[(3, "b"), (4, "c"), (5, "a"), (6, "d")])
    );
    sim.dispatch_fault(rule, DispatchFault::Overtaken { by: 9 });
    say(&sim, &["e"]).await;
    sim.clear_rules();
    assert_eq!(heard(&mut gateway, 1).await, pairs(&[(7, "e")]));
}

#[tokio::test]
async fn a_lost_event_takes_no_sequence_number_and_its_message_exists() {
    let (sim, mut gateway) = connected().await;
    let general = sim.channel("general");
    let rule = DispatchRule::any().in_channel(general).times(2);
    sim.dispatch_fault(rule, DispatchFault::Lost);
    sim.user("member")
        .says("elsewhere")
        .in_(sim.channel("project"))
        .await;
    say(&sim, &["a", "b", "c"]).await;
    assert_eq!(
        heard(&mut gateway, 2).await,
        pairs(&[(3, "elsewhere"), (4, "c")])
    );
    assert_eq!(sim.messages(general).len(), 3);
}

#[tokio::test]
async fn a_malformed_event_keeps_its_id_and_a_resume_replays_it_as_it_was_sent() {
    let (sim, mut gateway) = connected().await;
    sim.dispatch_fault(DispatchRule::any().always(), DispatchFault::Malformed);
    say(&sim, &["a"]).await;
    let event = gateway.event("MESSAGE_CREATE").await;
    let message = sim.messages(sim.channel("general"))[0].at();
    assert_eq!(event["d"]["id"], message.id.to_string());
    assert_eq!(event["d"]["author"], json!({"simulated": "malformed"}));
}

#[tokio::test]
async fn a_padded_event_is_as_big_as_ordered() {
    let (sim, mut gateway) = connected().await;
    let bytes = 1_000_000;
    sim.dispatch_fault(DispatchRule::any(), DispatchFault::Padded { bytes });
    say(&sim, &["a"]).await;
    let event = gateway.event("MESSAGE_CREATE").await;
    assert_eq!(
        event["d"]["simulated_padding"].as_str().map(str::len),
        Some(bytes)
    );
    assert_eq!(event["d"]["author"]["username"], Value::from("member"));
}
