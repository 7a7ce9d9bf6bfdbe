//! A limit that is near is said once.

use baton::clock::Millis;
use serde_json::json;

use super::{by_login, in_an_hour, log_in};
use crate::stage::Stage;

/// An answer with which the service says that so much of the session limit is used.
fn near(answer: &str, used: &str, reset: Millis) -> String {
    let reset = reset.get() / 1_000;
    let script = json!([{"text": answer, "headers": {
        "anthropic-ratelimit-unified-status": "allowed_warning",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-reset": reset,
        "anthropic-ratelimit-unified-5h-utilization": used,
        "anthropic-ratelimit-unified-5h-reset": reset,
        "anthropic-ratelimit-unified-5h-surpassed-threshold": "0.5",
    }}]);
    format!("{answer}? STUB:{script}")
}

#[tokio::test]
async fn a_limit_that_is_near_is_said_once_a_window_in_the_place_and_to_the_operators() {
    let mut stage = Stage::with(by_login()).await;
    log_in(&stage, "good");
    let reset = in_an_hour();
    let ann = |stage: &Stage| stage.sim.user("ann");
    let first = stage.ask("ann", &near("one", "0.75", reset)).await;
    stage.answer(first, "one").await;
    ann(&stage)
        .says(near("two", "0.93", reset))
        .in_(first)
        .await;
    stage.answer(first, "two").await;
    let said = stage.says(first, "is used").await;
    assert_eq!(
        said.content,
        format!(
            "⚠️ 93 % of the agent's session limit is used. When it is reached, what is asked waits and \
             goes on by itself when it is reset, <t:{}:R>.",
            reset.get() / 1_000
        )
    );

    let second = stage.ask("ann", &near("three", "0.95", reset)).await;
    stage.answer(second, "three").await;
    stage.restart_after_kill().await;
    ann(&stage)
        .says(near("four", "0.97", reset))
        .in_(second)
        .await;
    stage.answer(second, "four").await;
    let later = in_an_hour().after(std::time::Duration::from_hours(5));
    ann(&stage)
        .says(near("five", "0.99", later))
        .in_(second)
        .await;
    stage.answer(second, "five").await;
    stage.until_settled().await;
    assert_eq!(stage.count(first, "is used"), 1);
    assert_eq!(stage.count(second, "is used"), 1);
    let store = stage.store().await;
    let alerts = store.alerts(9).await.unwrap();
    store.close().await;
    let kinds: Vec<&str> = alerts.iter().map(|alert| alert.kind.as_str()).collect();
    assert_eq!(kinds, ["limit_near", "restart", "limit_near"]);
}
