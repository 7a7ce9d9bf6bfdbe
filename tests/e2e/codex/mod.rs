//! The real Codex behind Baton.

mod talk;

use baton::words::RuntimeKind;
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
