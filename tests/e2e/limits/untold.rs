//! A limit of which nobody says when it is reset.

use std::time::Duration;

use baton::{
    clock::{Clock, Millis},
    words::RunState,
};
use model_sim::ForcedError;

use super::{asked, by_login, log_in};
use crate::{
    faults::wait,
    stage::{Stage, until},
};

const QUARTER: Duration = Duration::from_mins(15);

/// What the service answers that does not tell when.
fn limit_reached() -> ForcedError {
    ForcedError::status(429)
        .error("rate_limit_error")
        .message("limited")
        .header("anthropic-ratelimit-unified-status", "rejected")
        .header("anthropic-ratelimit-unified-overage-status", "rejected")
        .header(
            "anthropic-ratelimit-unified-representative-claim",
            "five_hour",
        )
        .path("/v1/messages")
}

#[tokio::test]
async fn a_limit_without_an_end_is_tried_again_every_quarter_of_an_hour_and_said_once() {
    let stage = Stage::dark(by_login()).await;
    log_in(&stage, "good");
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    stage.model.force([limit_reached()]);
    let thread = stage
        .ask("ann", r#"first STUB:[{"text":"after all"}]"#)
        .await;
    let at = clock.now().after(QUARTER).get() / 1_000;
    let said = stage.says(thread, "takes it back").await;
    assert_eq!(
        said.content,
        format!(
            "⏳ The agent's session limit is reached. Nobody says until when: I try again <t:{at}:R>, and \
             every 15 minutes from then on; `/cancel` takes it back."
        )
    );
    let run = stage.open_run(thread).await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    stage.until_no_agents().await;
    let tries = asked(&stage, "first");

    // Not before its time, and in vain.
    clock.advance(QUARTER);
    until("it has been tried again", || asked(&stage, "first") > tries).await;
    wait("it is parked again", async || {
        stage.state(run).await == RunState::Parked
    })
    .await;
    stage.until_no_agents().await;
    stage.model.force([]);
    clock.advance(QUARTER);
    stage.answer(thread, "after all").await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "takes it back"), 1);
    assert_eq!(stage.count(thread, "⚠️"), 0);
    assert_eq!(stage.answers(thread, ""), 1);
    here.stop(async || tokio::task::yield_now().await).await;
}
