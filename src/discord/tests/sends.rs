//! What serenity does by itself with messages that it is to send, where Baton does otherwise.

use discord_sim::{Fault, RouteKind, Rule, Sim, SimConfig};
use serde_json::json;
use serenity::all::{ChannelId, CreateMessage, ModelError};

use super::serenity::http;

fn general(sim: &Sim) -> ChannelId {
    ChannelId::new(sim.channel("general").get())
}

fn said(sim: &Sim) -> Vec<String> {
    let messages = sim.messages(sim.channel("general")).into_iter();
    messages.map(|message| message.content).collect()
}

/// How often a message was asked for.
fn posts(sim: &Sim) -> usize {
    let journal = sim.journal();
    let calls = journal.iter().filter_map(|entry| entry.rest());
    calls
        .filter(|call| call.route == RouteKind::PostMessage)
        .count()
}

#[tokio::test]
async fn serenity_gives_an_error_for_a_message_that_is_there_when_it_cannot_read_the_answer() {
    let sim = Sim::start(SimConfig::default()).await;
    let unreadable = Fault::Answer {
        status: 200,
        body: Some(json!({ "id": true })),
    };
    sim.fault(Rule::post_message().after_commit().always(), unreadable);
    let http = http(&sim);
    // Who believes it, and tries again, says it twice.
    for _ in 0..2 {
        let message = json!({ "content": "here I am" });
        let sent = http.send_message(general(&sim), Vec::new(), &message).await;
        sent.unwrap_err();
    }
    assert_eq!(said(&sim), ["here I am", "here I am"]);
}

#[tokio::test]
async fn serenity_does_not_try_again_what_discord_could_not_do() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::status(502));
    let message = json!({ "content": "hello" });
    let http = http(&sim);
    let sent = http.send_message(general(&sim), Vec::new(), &message);
    sent.await.unwrap_err();
    assert_eq!((posts(&sim), said(&sim).len()), (1, 0));
}

#[tokio::test]
async fn serenity_refuses_a_message_of_more_than_2000_code_points_itself() {
    let sim = Sim::start(SimConfig::default()).await;
    let http = http(&sim);
    let message = |length| CreateMessage::new().content("é".repeat(length));
    let refused = general(&sim).send_message(&http, message(2_001)).await;
    let is_too_long = matches!(
        refused,
        Err(serenity::Error::Model(ModelError::MessageTooLong(1)))
    );
    assert!(is_too_long, "{refused:?}");
    assert_eq!(posts(&sim), 0);
    // It counts as Discord does.
    general(&sim)
        .send_message(&http, message(2_000))
        .await
        .unwrap();
}
