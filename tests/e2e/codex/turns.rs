//! Turns with Codex: stopped while people are asked, with another model, and for guests.

use baton::words::RunState;
use discord_sim::Rule;
use serde_json::json;

use super::{open, owners_decide, plays, run, runs, settings, settles};
use crate::{
    cancel::{CANCELLED, cancel},
    stage::{Settings, Stage},
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
