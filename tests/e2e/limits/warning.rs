//! A limit that is near is said once.

use baton::clock::Millis;
use serde_json::json;

use super::{in_an_hour, subscribed};
use crate::stage::{Program, Stage};

/// An answer with which the service says that so many percent of the session limit are used.
pub(super) fn near(program: Program, answer: &str, used: u32, reset: Millis) -> String {
    let reset = reset.get() / 1_000;
    let headers = match program {
        Program::Claude => json!({
            "anthropic-ratelimit-unified-status": "allowed_warning",
            "anthropic-ratelimit-unified-representative-claim": "five_hour",
            "anthropic-ratelimit-unified-reset": reset,
            "anthropic-ratelimit-unified-5h-utilization": format!("0.{used}"),
            "anthropic-ratelimit-unified-5h-reset": reset,
            "anthropic-ratelimit-unified-5h-surpassed-threshold": "0.5",
        }),
        Program::Codex => json!({
            "x-codex-primary-used-percent": used,
            "x-codex-primary-window-minutes": 300,
            "x-codex-primary-reset-at": reset,
        }),
    };
    let script = json!([{"text": answer, "headers": headers}]);
    format!("{answer}? STUB:{script}")
}

both!(a_limit_that_is_near_is_said_once_a_window_in_the_place_and_to_the_operators);

async fn a_limit_that_is_near_is_said_once_a_window_in_the_place_and_to_the_operators(
    program: Program,
) {
    let mut stage = subscribed(program).await;
    let near = |answer, used, reset| near(program, answer, used, reset);
    let reset = in_an_hour();
    let ann = |stage: &Stage| stage.sim.user("ann");
    let first = stage.ask("ann", &near("one", 75, reset)).await;
    stage.answer(first, "one").await;
    ann(&stage).says(near("two", 93, reset)).in_(first).await;
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

    let second = stage.ask("ann", &near("three", 95, reset)).await;
    stage.answer(second, "three").await;
    stage.restart_after_kill().await;
    ann(&stage).says(near("four", 97, reset)).in_(second).await;
    stage.answer(second, "four").await;
    let later = in_an_hour().after(std::time::Duration::from_hours(5));
    ann(&stage).says(near("five", 99, later)).in_(second).await;
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
