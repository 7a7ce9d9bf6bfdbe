//! Turns with Codex: stopped, joined, planned, with another model, and for guests.

use baton::words::RunState;
use discord_sim::{ChannelId, Rule};
use serde_json::json;

use super::{open, owners_decide, plays, run, runs, settings, settles};
use crate::{
    approvals::labels,
    busy::joins,
    cancel::{CANCELLED, asleep, cancel, unheard_of},
    stage::{Settings, Stage, until},
};

/// A stage with another setting of the project.
async fn open_with(name: &str, value: &str) -> Stage {
    let name = format!("BATON_PROJECTS__0__{name}");
    Stage::with(Settings {
        env: vec![(name, value.to_owned())],
        ..settings()
    })
    .await
}

/// Has the agent run a command that waits for the file `go`, and waits until it does.
async fn at_work(stage: &Stage) -> ChannelId {
    let wait = "touch begun; until [ -e go ]; do sleep 0.05; done";
    let thread = stage.ask("ann", &runs(&[wait], "without it")).await;
    let begun = stage.project().join("begun");
    until("the command runs", || begun.exists()).await;
    thread
}

fn let_go(stage: &Stage) {
    std::fs::write(stage.project().join("go"), "").unwrap();
}

/// With which models the model service was asked for turns of people, in order, doubles left out.
fn models(stage: &Stage) -> Vec<String> {
    let requests = stage.model.requests();
    let of_turns = requests.iter().filter(|one| one.user_text.is_some());
    let mut models: Vec<String> = of_turns
        .filter_map(|one| Some(one.body["model"].as_str()?.to_owned()))
        .collect();
    models.dedup();
    models
}

#[tokio::test]
async fn a_cancelled_command_leaves_no_process_and_the_conversation_goes_on() {
    let stage = open().await;
    let sleep = unheard_of();
    let command = format!("sleep {sleep} & setsid sleep {sleep} & sleep {sleep}");
    let asked = format!("the word apricot {}", runs(&[&command], "it ended"));
    let thread = stage.ask("ann", &asked).await;
    until("the command runs", || asleep(&sleep) == 3).await;
    let run = stage.open_run(thread).await;
    cancel(&stage, thread).await;
    stage.says(thread, CANCELLED).await;
    assert_eq!(asleep(&sleep), 0);
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.count(thread, "it ended"), 0);
    let ann = stage.sim.user("ann");
    let which = r#"which word? STUB:[{"recall":true}]"#;
    ann.says(which).in_(thread).await;
    stage.answer(thread, "apricot").await;
    settles(&stage).await;
}

#[tokio::test]
async fn a_yes_to_what_a_cancelled_turn_asked_runs_nothing() {
    let stage = Stage::with(owners_decide()).await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    let run = stage.open_run(thread).await;
    // Its buttons are still there for a while.
    let held = stage
        .sim
        .hold(Rule::edit_message().in_channel(stage.owners_messages()));
    cancel(&stage, thread).await;
    let late = stage.pressed("owner", &question, "Allow once").await;
    assert_eq!(
        late,
        "Nothing is to be decided here any more: it is cancelled."
    );
    drop(held);
    stage.says(thread, CANCELLED).await;
    let gone = "🛑 This does not matter any more.";
    stage.closed(question.at(), gone).await;
    settles(&stage).await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    let ann = stage.sim.user("ann");
    ann.says(r#"on STUB:[{"text":"going on"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "going on").await;
    assert!(!stage.has("it"));
    settles(&stage).await;
}

#[tokio::test]
async fn a_message_that_steers_joins_the_turn_and_is_answered_with_it() {
    let stage = open_with("BUSY", "steer").await;
    let thread = at_work(&stage).await;
    let run = stage.open_run(thread).await;
    let text = r#"mind the gap as well STUB:[{"text":"with both in mind"}]"#;
    joins(&stage, "ann", text, thread).await;
    let_go(&stage);
    stage.answer(thread, "with both in mind").await;
    settles(&stage).await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    assert_eq!(stage.answers(thread, ""), 1);
    assert_eq!(stage.count(thread, "without it"), 0);
}

#[tokio::test]
async fn a_message_that_interrupts_ends_the_turn_and_is_answered() {
    let stage = open_with("BUSY", "interrupt").await;
    let thread = at_work(&stage).await;
    let run = stage.open_run(thread).await;
    let text = r#"rather this STUB:[{"text":"the other answer"}]"#;
    stage.sim.user("ann").says(text).in_(thread).await;
    stage.answer(thread, "the other answer").await;
    settles(&stage).await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.count(thread, "🛑 Cancelled."), 1);
    assert_eq!(stage.answers(thread, ""), 1);
}

#[tokio::test]
async fn in_plan_mode_codex_asks_people_and_runs_nothing() {
    let stage = open().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let plan = [("mode", "plan")];
    stage
        .command_with("ann", "session mode", plan, thread)
        .await;
    let options = json!([{"label": "Red", "description": "like a rose"},
        {"label": "Blue", "description": "like the sea"}]);
    let asked = json!([{"id": "colour", "header": "Colour", "question": "Which colour?",
        "options": options}]);
    let calls = [
        run("touch planned"),
        json!({"tool": "request_user_input", "input": {"questions": asked}}),
        json!({"tool": "request_user_input", "input": {"questions": asked}}),
    ];
    let ann = stage.sim.user("ann");
    ann.says(plays(calls, "my plan")).in_(thread).await;
    let question = stage.question(thread, "Which colour?").await;
    assert!(stage.model_saw("You are in plan mode: Bash has to wait"));
    assert!(stage.model_saw("and as your answer otherwise"));
    assert!(question.content.contains("like the sea"), "{question:?}");
    assert_eq!(
        labels(&question),
        ["Red", "Blue", "Something else…", "Dismiss"]
    );
    stage.pressed("ann", &question, "Blue").await;
    stage.closed(question.at(), "✅ Answered by <@").await;
    let second = stage.question(thread, "Which colour?").await;
    assert!(stage.model_saw(r#"{\"answers\":{\"colour\":{\"answers\":[\"Blue\"]}}}"#));
    stage.pressed("ann", &second, "Dismiss").await;
    stage.answer(thread, "my plan").await;
    assert!(stage.model_saw("The person did not want to answer."));
    assert!(!stage.has("planned"));
    settles(&stage).await;

    let default = [("mode", "default")];
    stage
        .command_with("ann", "session mode", default, thread)
        .await;
    ann.says(runs(&["touch planned"], "carried out"))
        .in_(thread)
        .await;
    stage.answer(thread, "carried out").await;
    assert!(stage.has("planned"));
    settles(&stage).await;
}

#[tokio::test]
async fn another_model_reaches_the_next_request() {
    let stage = open().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let model = [("model", "gpt-5.6-terra")];
    stage
        .command_with("ann", "session model", model, thread)
        .await;
    let ann = stage.sim.user("ann");
    ann.says(r#"on STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
    assert_eq!(models(&stage), ["gpt-5.5", "gpt-5.6-terra"]);
    settles(&stage).await;
}

#[tokio::test]
async fn for_a_guest_codex_runs_nothing_and_changes_nothing() {
    let stage = open_with("GUESTS", "ask").await;
    let patch = "*** Begin Patch\n*** Add File: made\n+x\n*** End Patch";
    let mut escalated = run("touch made");
    escalated["input"]["sandbox_permissions"] = json!("require_escalated");
    let calls = [
        run("touch made"),
        escalated,
        json!({"custom": "apply_patch", "input": patch}),
    ];
    let thread = stage.ask("gus", &plays(calls, "tried all")).await;
    stage.answer(thread, "tried all").await;
    for tool in ["Bash", "Write"] {
        let why = format!("{tool} is not available here: guests speak");
        assert!(stage.model_saw(&why), "{why}");
    }
    assert!(stage.model_saw("with those of Read, Grep, Glob that you have"));
    assert!(!stage.has("made"));
    settles(&stage).await;
}
