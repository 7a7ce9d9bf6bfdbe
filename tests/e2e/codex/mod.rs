//! The real Codex behind Baton.

mod crash;
mod crowd;
mod sandbox;
mod talk;

use baton::words::{RuntimeKind, Scope, Tier};
use serde_json::{Value, json};

use crate::stage::{Settings, Stage};

/// A stage on which Codex works.
pub(crate) fn settings() -> Settings {
    Settings {
        runtime: RuntimeKind::Codex,
        ..Settings::default()
    }
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
    let mut script: Vec<Value> = commands
        .iter()
        .map(|command| json!({"tool": "exec_command", "input": {"cmd": command}}))
        .collect();
    script.push(json!({"text": then}));
    format!("STUB:{}", Value::from(script))
}

/// The stage with Codex at work on it.
pub(crate) async fn open() -> Stage {
    Stage::with(settings()).await
}

/// A stage with so many members, `person0` and so on, all of whom Codex can work for at once.
pub(crate) async fn crowded(people: usize) -> Stage {
    let all = people.to_string();
    let mut settings = settings();
    for name in [
        "ADMISSION__MAX_ACTIVE",
        "ADMISSION__MAX_QUEUED",
        "CLAUDE__MAX_LIVE",
    ] {
        let name = format!("BATON_{name}");
        settings.env.push((name, all.clone()));
    }
    let stage = Stage::with(settings).await;
    for n in 0..people {
        let name = format!("person{n}");
        stage.grant(&name, Scope::Global, Tier::Member).await;
    }
    stage
}

/// The processes of Codex itself on a stage.
pub(crate) fn codex_of(stage: &Stage) -> Vec<u32> {
    let home = stage.codex_home().display().to_string();
    let name = |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    let mut found = crate::stage::touching(&home);
    found.retain(|id| name(id).trim() == "codex");
    found
}
