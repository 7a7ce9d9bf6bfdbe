//! Messages that have joined a turn which then has to wait.

use std::time::Duration;

use baton::{
    clock::{Clock, Millis},
    words::{RequestState, RunId, RunState, Scope, Tier},
};
use discord_sim::ChannelId;
use model_sim::ForcedError;
use serde_json::{Value, json};

use super::{by_login, in_an_hour, log_in};
use crate::{
    busy::{HELD, joins},
    stage::{Settings, Stage, until},
};

/// A stage with two members, on which messages join what is at work.
async fn steered() -> Stage {
    let mut settings: Settings = by_login();
    let busy = ("BATON_PROJECTS__0__BUSY".to_owned(), "steer".to_owned());
    settings.env.push(busy);
    let stage = Stage::dark(settings).await;
    log_in(&stage, "good");
    stage.grant("bob", Scope::Global, Tier::Member).await;
    stage
}

const JOINING: &str = r#"mind the gap STUB:[{"text":"the second answer"}]"#;

/// How often its answer stands in a transcript: as a wish, and as an answer.
const SAID: usize = 2;

/// How often the newest request to the model has the joined message in it, as the person wrote it.
fn told_of_it(stage: &Stage) -> usize {
    let requests = stage.model.requests();
    let asked = requests.iter().rfind(|one| one.user_text.is_some());
    let body = asked.unwrap().body["messages"].to_string();
    body.matches("mind the gap").count()
}

/// The run goes on and ends with one answer to both, whatever it had to wait for.
async fn answers_both(stage: &Stage, thread: ChannelId, run: RunId) {
    stage.answer(thread, "the second answer").await;
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    let transcript = stage.sim.transcript(thread);
    assert_eq!(stage.answers(thread, ""), 1, "{transcript}");
    assert_eq!(
        transcript.matches("the second answer").count(),
        SAID,
        "{transcript}"
    );
    assert_eq!(stage.count(thread, "takes it back"), 1, "{transcript}");
    assert_eq!(stage.count(thread, "⚠️"), 0, "{transcript}");
    let store = stage.store().await;
    let requests = store.requests_of(run).await.unwrap();
    let settled: Vec<_> = requests.iter().map(|one| one.state).collect();
    store.close().await;
    assert_eq!(settled, [RequestState::Answered; 2]);
}

/// What joins a turn that is about to need the model again, which then answers with this error.
async fn joined_before(stage: &Stage, error: ForcedError) -> (ChannelId, RunId) {
    let thread = stage.ask("ann", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("middle").await;
    joins(stage, "bob", JOINING, thread).await;
    let run = stage.open_run(thread).await;
    stage.model.force([error]);
    stage.model.release("middle");
    stage.says(thread, "takes it back").await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    stage.model.force([]);
    (thread, run)
}

#[tokio::test]
async fn what_joined_a_turn_that_meets_the_limit_is_answered_when_that_is_reset() {
    let stage = steered().await;
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let error = stage.limit_until(in_an_hour());
    let (thread, run) = joined_before(&stage, error).await;
    clock.advance(Duration::from_hours(2));
    answers_both(&stage, thread, run).await;
    // Once as it was cut off, and once in the new attempt.
    assert!(told_of_it(&stage) <= 2, "{}", told_of_it(&stage));
    here.stop(async || tokio::task::yield_now().await).await;
}

#[tokio::test]
async fn what_joined_a_turn_that_is_tried_again_is_answered_with_it() {
    let stage = steered().await;
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let (thread, run) = joined_before(&stage, stage.overloaded()).await;
    clock.advance(Duration::from_secs(30));
    answers_both(&stage, thread, run).await;
    assert!(told_of_it(&stage) <= 2, "{}", told_of_it(&stage));
    here.stop(async || tokio::task::yield_now().await).await;
}

#[tokio::test]
async fn what_joined_an_agent_between_its_tool_calls_is_not_lost_when_the_limit_comes_then() {
    let stage = steered().await;
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let play = json!([
        {"tool": "Bash", "input": {
            "command": "echo x >> begun; until [ -e go ]; do sleep 0.05; done", "description": "wait"}},
        {"text": "without it"},
    ]);
    let thread = stage.ask("ann", &format!("begin STUB:{play}")).await;
    let at = |name: &str| stage.project().join(name);
    until("the tool has begun", || at("begun").exists()).await;
    joins(&stage, "bob", JOINING, thread).await;
    let run = stage.open_run(thread).await;
    stage.model.force([stage.limit_until(in_an_hour())]);
    std::fs::write(at("go"), "").unwrap();
    stage.says(thread, "takes it back").await;
    stage.model.force([]);
    clock.advance(Duration::from_hours(2));
    answers_both(&stage, thread, run).await;
    assert!(told_of_it(&stage) <= 2, "{}", told_of_it(&stage));
    assert_eq!(std::fs::read_to_string(at("begun")).unwrap(), "x\n");
    here.stop(async || tokio::task::yield_now().await).await;
}

/// Joins a turn whose first request to the model fails so, and is not taken up before that.
async fn joined_in_vain(stage: &Stage, failure: &Value) -> (ChannelId, RunId) {
    let thread = stage.ask("ann", &format!("begin STUB:[{failure}]")).await;
    stage.model.wait_for_hold("first").await;
    joins(stage, "bob", JOINING, thread).await;
    let run = stage.open_run(thread).await;
    stage.model.release("first");
    stage.says(thread, "takes it back").await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    stage.until_no_agents().await;
    (thread, run)
}

#[tokio::test]
async fn what_was_not_taken_up_before_the_limit_is_given_to_the_next_attempt_once() {
    let stage = steered().await;
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let failure = json!({"hold": "first", "status": 429, "error": "rate_limit_error",
        "message": "limited", "headers": {
            "anthropic-ratelimit-unified-status": "rejected",
            "anthropic-ratelimit-unified-overage-status": "rejected",
            "anthropic-ratelimit-unified-representative-claim": "five_hour",
            "anthropic-ratelimit-unified-reset": in_an_hour().get() / 1_000}});
    let (thread, run) = joined_in_vain(&stage, &failure).await;
    clock.advance(Duration::from_hours(2));
    answers_both(&stage, thread, run).await;
    here.stop(async || tokio::task::yield_now().await).await;
}

#[tokio::test]
async fn what_was_not_taken_up_before_the_service_failed_is_given_to_the_next_attempt_once() {
    let stage = steered().await;
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let failure = json!({"hold": "first", "status": 529, "error": "overloaded_error",
        "message": "busy", "headers": {"retry-after": 0}});
    let (thread, run) = joined_in_vain(&stage, &failure).await;
    clock.advance(Duration::from_secs(30));
    answers_both(&stage, thread, run).await;
    here.stop(async || tokio::task::yield_now().await).await;
}
