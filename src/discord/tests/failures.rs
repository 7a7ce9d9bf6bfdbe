//! What failed calls mean.

use std::time::Duration;

use discord_sim::{Entry, Fault, RouteKind, Rule, SimConfig};
use serde_json::json;

use crate::{
    delivery::{Chat, ChatError, Post},
    discord::{
        rest::Rest,
        testing::{CleanSim, channel, connected, given_up_after},
    },
    observe::Secrets,
};

async fn failing_with(fault: Fault) -> ChatError {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    sim.fault(Rule::post_message(), fault);
    let post = Post {
        content: "hello".into(),
        ..Post::default()
    };
    let general = channel(&sim, "general");
    chat.post(general, post, "n").await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_keeps_its_code() {
    assert_eq!(
        failing_with(Fault::error(403, 50_001, "Missing Access")).await,
        ChatError::Refused {
            status: 403,
            code: 50_001,
            text: "Missing Access".into()
        }
    );
}

#[tokio::test]
async fn an_answer_that_is_not_discords_says_nothing_of_what_discord_thinks() {
    for status in [403, 404, 408] {
        let html = Fault::Answer {
            status,
            body: Some(json!("<html>")),
        };
        let error = failing_with(html).await;
        assert!(matches!(error, ChatError::Unknown(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_bad_token_and_too_much_speed_are_words_of_their_own() {
    assert_eq!(
        failing_with(Fault::error(401, 0, "401: Unauthorized")).await,
        ChatError::Unauthorized
    );
    assert_eq!(
        failing_with(Fault::error(429, 0, "You are being rate limited.")).await,
        ChatError::Throttled(Duration::from_secs(2))
    );
}

#[tokio::test]
async fn whether_it_happened_is_unknown_after_a_5xx_a_torn_connection_or_nonsense() {
    let nonsense = Fault::Answer {
        status: 200,
        body: Some(json!({ "id": true })),
    };
    for fault in [
        Fault::status(500),
        Fault::status(502),
        Fault::DropConnection,
        nonsense,
    ] {
        let error = failing_with(fault.clone()).await;
        assert!(
            matches!(error, ChatError::Unknown(_)),
            "{fault:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn nothing_was_sent_when_nobody_listens() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let connection = connected(&sim).await;
    let general = channel(&sim, "general");
    let mut settings = connection.settings.clone();
    // The port for what is to be thrown away (RFC 863), on which nobody listens.
    settings.api_base = Some("http://127.0.0.1:9".to_owned());
    let http = || super::super::connect::http(&settings, &connection.client);
    let chat = super::super::DiscordChat::new(
        Rest::new(http),
        connection.me,
        connection.people,
        std::sync::Arc::default(),
        connection.copies,
        connection.refusals,
        Secrets::default(),
    );
    let error = chat.typing(general).await.unwrap_err();
    assert!(matches!(error, ChatError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn a_request_that_is_never_answered_is_given_up_after_half_a_minute() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    sim.fault(Rule::route(RouteKind::Typing), Fault::Hang);
    let asked = tokio::spawn(async move { chat.typing(general).await });
    let is_asked = |entry: &Entry| {
        let call = entry.rest();
        call.is_some_and(|call| call.route == RouteKind::Typing)
    };
    sim.wait_for(|seen| seen.journal().iter().any(is_asked))
        .await;
    // Some of the half minute has passed before.
    let waited = given_up_after(asked).await.as_secs();
    assert!((20..=30).contains(&waited), "{waited} s");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused_before_it_is_sent() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let post = Post {
        content: "x".repeat(2_001),
        ..Post::default()
    };
    let error = chat
        .post(channel(&sim, "general"), post, "n")
        .await
        .unwrap_err();
    assert!(error.is_code(50_035), "{error:?}");
}
