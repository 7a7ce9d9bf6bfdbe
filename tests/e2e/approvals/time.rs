//! Time passes: nobody answers, and what was allowed for a while is over.

use std::time::Duration;

use baton::words::RunState;

use super::*;
use crate::stage::until;

both!(what_nobody_answers_is_not_allowed_and_a_late_click_is_told);

async fn what_nobody_answers_is_not_allowed_and_a_late_click_is_told(program: Program) {
    let (stage, here, clock) = on_held_clock_by(program, &[]).await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    clock.advance(Duration::from_hours(2));
    let said = stage.pressed("owner", &question, "Allow once").await;
    assert!(said.starts_with("Nobody decided in time"), "{said}");
    stage
        .closed(question.at(), "⌛ Nobody answered in time")
        .await;
    stage.answer(thread, "the end").await;
    assert!(!stage.has("it"));
    stage.until_settled().await;
    here.stop(async || tokio::task::yield_now().await).await;
}

both!(what_nobody_answers_ends_by_itself_and_the_agent_hears_why);

async fn what_nobody_answers_ends_by_itself_and_the_agent_hears_why(program: Program) {
    let (stage, here, clock) = on_held_clock_by(program, &[]).await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    let pointer = stage.says(thread, "an owner was asked").await;
    let run = stage.open_run(thread).await;
    assert_eq!(stage.state(run).await, RunState::Waiting);
    clock.advance(Duration::from_hours(2));
    for at in [question.at(), pointer.at()] {
        stage.closed(at, "⌛ Nobody answered in time").await;
    }
    stage.answer(thread, "the end").await;
    assert!(stage.model_saw("Nobody decided on this in time. Do not ask again for it now"));
    assert!(!stage.has("it"));
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    here.stop(async || tokio::task::yield_now().await).await;
}

both!(what_nobody_answers_while_the_server_is_away_ends_at_its_next_start);

async fn what_nobody_answers_while_the_server_is_away_ends_at_its_next_start(program: Program) {
    let (mut stage, thread, question) = touching_by(program, "it").await;
    stage.says(thread, "an owner was asked").await;
    let run = stage.open_run(thread).await;
    stage.kill().await;
    let later = Clock::system().now().after(Duration::from_hours(2));
    let here = stage.serve_here(Clock::held_at(later));
    stage
        .closed(question.at(), "⌛ Nobody answered in time")
        .await;
    stage.answer(thread, "the end").await;
    assert!(!stage.has("it"));
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    here.stop(async || tokio::task::yield_now().await).await;
}

both!(what_is_always_allowed_is_asked_again_when_its_time_is_up);

async fn what_is_always_allowed_is_asked_again_when_its_time_is_up(program: Program) {
    let (stage, here, clock) = on_held_clock_by(program, &[]).await;
    let messages = stage.owners_messages();
    let thread = stage.ask("ann", &runs(&["touch it"], "first")).await;
    let question = stage.question(messages, "touch it").await;
    let form = stage
        .press("owner", &question, "Always in this project…")
        .await;
    form.acknowledged().await;
    let shown = form.data().unwrap().to_string();
    assert!(
        shown.contains("Bash(touch it)") && shown.contains("7d"),
        "{shown}"
    );
    let sent = form.submits([("rule", "Bash(touch:*)"), ("for", "2h")]);
    assert_eq!(told("owner", &sent).await, "Allowed. The agent goes on.");
    stage.answer(thread, "first").await;
    stage
        .closed(question.at(), "✅ Always allowed from now on by")
        .await;
    // Another conversation, another file, the same rule.
    let other = stage.ask("ann", &runs(&["touch other"], "second")).await;
    stage.answer(other, "second").await;
    assert!(stage.has("other"));
    clock.advance(Duration::from_hours(3));
    let third = stage.ask("ann", &runs(&["touch third"], "third end")).await;
    let again = stage.question(messages, "touch third").await;
    stage.pressed("owner", &again, "Deny").await;
    stage.answer(third, "third end").await;
    stage.until_settled().await;
    here.stop(async || tokio::task::yield_now().await).await;
}

both!(what_a_click_has_begun_is_told_also_when_its_token_has_died);

async fn what_a_click_has_begun_is_told_also_when_its_token_has_died(program: Program) {
    let stage = Stage::with(owners_decide_on(program)).await;
    let works = "touch begun; until [ -e go ]; do sleep 0.1; done";
    let thread = stage.ask("ann", &runs(&[works], "the end")).await;
    let question = stage.question(stage.owners_messages(), "begun").await;
    stage.pressed("owner", &question, "Allow once").await;
    stage.closed(question.at(), "✅ Allowed once by").await;
    until("it has begun", || stage.has("begun")).await;
    // Discord takes a token for a quarter of an hour.
    stage.sim.advance(Duration::from_mins(16));
    std::fs::write(stage.project().join("go"), "").unwrap();
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    stage.sim.assert_clean();
}
