//! The model service in trouble: it is asked once more after a pause, if nothing was done yet.

use std::time::Duration;

use baton::{clock::Clock, words::RunState};

use super::asked;
use crate::stage::{Program, Settings, Stage, until};

const PAUSE: Duration = Duration::from_secs(30);

const IN_TROUBLE: &str = "⏳ The model service is in trouble. I try once more";
const GIVEN_UP: &str =
    "⚠️ The model service is overloaded or broken at the moment. Try again in a few minutes.";

both!(a_service_that_is_in_trouble_is_asked_once_more_after_a_pause);

async fn a_service_that_is_in_trouble_is_asked_once_more_after_a_pause(program: Program) {
    let stage = Stage::dark(Settings::of(program)).await;
    let clock = Clock::held_at(Clock::system().now());
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    stage.model.force([stage.overloaded()]);
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.says(thread, IN_TROUBLE).await;
    let run = stage.open_run(thread).await;
    let agents = stage.agents();
    assert_eq!(stage.state(run).await, RunState::Parked);
    stage.model.force([]);
    clock.advance(PAUSE);
    stage.answer(thread, "answer one").await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "⚠️"), 0);
    assert_eq!(stage.agents(), agents, "the agent was started anew");

    stage.model.force([stage.overloaded()]);
    let ann = stage.sim.user("ann");
    ann.says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    until("it is in trouble again", || {
        stage.count(thread, IN_TROUBLE) == 2
    })
    .await;
    // The program itself has asked several times.
    let tries = asked(&stage, "two");
    clock.advance(PAUSE);
    stage.says(thread, GIVEN_UP).await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, IN_TROUBLE), 2);
    assert_eq!(asked(&stage, "two"), 2 * tries);
}

both!(where_a_tool_has_run_only_a_person_lets_the_agent_go_on);

async fn where_a_tool_has_run_only_a_person_lets_the_agent_go_on(program: Program) {
    let stage = Stage::of(program).await;
    let command = "echo x >> ran; until [ -e go ]; do sleep 0.05; done";
    let script = serde_json::json!([{"do": {"run": command}}, {"text": "never"}]);
    let thread = stage.ask("ann", &format!("work STUB:{script}")).await;
    until("the tool runs", || stage.project().join("ran").exists()).await;
    stage.model.force([stage.overloaded()]);
    std::fs::write(stage.project().join("go"), "").unwrap();
    stage.says(thread, GIVEN_UP).await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "⏳"), 0);
    let ran = std::fs::read_to_string(stage.project().join("ran")).unwrap();
    assert_eq!(ran, "x\n");
}
