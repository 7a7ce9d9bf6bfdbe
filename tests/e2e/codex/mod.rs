//! The real Codex behind Baton.

mod accounts;
mod approvals;
mod contract;
mod crash;
mod crowd;
mod forms;
mod login;
mod models;
mod patches;
mod renewal;
mod sandbox;
mod trouble;
mod turns;
mod unasked;

use serde_json::{Value, json};

use crate::stage::{Program, Settings, Stage};

/// A stage on which Codex works.
pub(crate) fn settings() -> Settings {
    Settings::of(Program::Codex)
}

/// A project in which owners decide on everything but looking.
pub(crate) fn owners_decide() -> Settings {
    Settings {
        allowed_tools: vec!["Read", "Grep", "Glob"],
        approvers: "\"owners\"",
        ..settings()
    }
}

/// Words for an agent that runs commands, one after the other, and then says something.
pub(crate) fn runs(commands: &[&str], then: &str) -> String {
    plays(commands.iter().map(|command| run(command)), then)
}

/// A call that runs a command.
pub(crate) fn run(command: &str) -> Value {
    json!({"tool": "exec_command", "input": {"cmd": command}})
}

/// Words for an agent that makes calls, one after the other, and then says something.
pub(crate) fn plays(calls: impl IntoIterator<Item = Value>, then: &str) -> String {
    let end = json!({"text": then});
    let script: Value = calls.into_iter().chain([end]).collect();
    format!("STUB:{script}")
}

/// Waits until nothing is to be done any more. Every call of every turn has come to the gate.
pub(crate) async fn settles(stage: &Stage) {
    stage.until_settled().await;
    let past = "SELECT json_group_array(data) FROM run_events WHERE kind = 'tool_past_gate'";
    assert_eq!(stage.sql(past).await, "[]");
}

/// The stage with Codex at work on it.
pub(crate) async fn open() -> Stage {
    Stage::with(settings()).await
}

/// A stage with so many members, `person0` and so on, all of whom Codex can work for at once.
pub(crate) async fn crowded(people: usize) -> Stage {
    let stage = Stage::with(Settings::for_crowd(Program::Codex, people)).await;
    stage.let_in(people).await;
    stage
}

/// What the model was told of commands.
pub(crate) fn outputs(stage: &Stage) -> Vec<Value> {
    let requests = stage.model.requests().into_iter();
    let items = requests.flat_map(|request| {
        request.body["input"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    });
    items
        .filter(|item| item["type"] == "function_call_output")
        .collect()
}

/// How often the model was asked.
pub(crate) fn turns_asked(stage: &Stage) -> usize {
    let requests = stage.model.requests().into_iter();
    requests
        .filter(|one| one.path.ends_with("/responses"))
        .count()
}
