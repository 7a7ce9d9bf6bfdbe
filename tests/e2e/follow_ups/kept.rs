//! How long an agent is kept that would go on by itself.

use super::*;
use crate::faults::wait;

/// A server that keeps agents without work for a second.
fn impatient() -> Settings {
    in_background(&[("BATON_CLAUDE__IDLE_TIMEOUT", "1s")])
}

/// Waits until another agent, which began to be idle later and has nothing going on, is ended for that.
async fn outlives_another(stage: &Stage) {
    let other = stage.ask("owner", r#"hello STUB:[{"text":"hello"}]"#).await;
    stage.answer(other, "hello").await;
    let store = stage.store().await;
    wait("the agent in which nothing goes on ends", async || {
        store.runners().await.unwrap().len() <= 1
    })
    .await;
    store.close().await;
}

#[tokio::test]
async fn an_agent_is_kept_as_long_as_something_that_it_left_goes_on() {
    let stage = Stage::with(impatient()).await;
    let (go, thread) = left(&stage, &[json!({"text": "the task has ended"})]).await;
    outlives_another(&stage).await;
    go_on(&go);
    stage.answer(thread, "the task has ended").await;
    stage.until_no_agents().await;
}

#[tokio::test]
async fn what_an_agent_has_left_running_keeps_it_also_after_a_restart() {
    let mut stage = Stage::with(impatient()).await;
    let (go, thread) = left(&stage, &[json!({"text": "the task has ended"})]).await;
    stage.restart_after_kill().await;
    outlives_another(&stage).await;
    go_on(&go);
    stage.answer(thread, "the task has ended").await;
    stage.until_no_agents().await;
}

#[tokio::test]
async fn what_it_left_running_before_a_restart_in_the_middle_of_its_turn_keeps_it_too() {
    let mut stage = Stage::with(impatient()).await;
    let go = stage.project().join("go");
    let words = play(&[
        until_there(&go),
        // What is decided on is applied, and all before it with it.
        json!({"tool": "Bash", "input": {"command": "true", "description": "it"}}),
        json!({"text": "I have left it running", "chunks": 2, "hold_after": 1, "hold": "middle"}),
        json!({"text": "the task has ended"}),
    ]);
    let thread = stage.ask("ann", &words).await;
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "I have left").await;
    stage.restart_after_kill().await;
    stage.model.release("middle");
    stage.answer(thread, "I have left it running").await;
    outlives_another(&stage).await;
    go_on(&go);
    stage.answer(thread, "the task has ended").await;
    stage.until_no_agents().await;
}
