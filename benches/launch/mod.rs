//! The agent programs as Baton starts them, for benches that start them without the server.

#![allow(dead_code, reason = "each bench uses a part of it")]

use std::{collections::BTreeMap, path::Path, time::Duration};

use baton::{
    runtime::{
        HostEnv, Launch, Start,
        claude::{ClaudeRuntime, ClaudeSettings},
        codex::{CodexRuntime, CodexSettings, Service},
    },
    words::AgentMode,
};
use uuid::Uuid;

/// The agent program of a stage, or what pretends to be it, with more in its environment.
pub fn runtime(program: &Path, home: &Path, env: BTreeMap<String, String>) -> ClaudeRuntime {
    ClaudeRuntime::new(ClaudeSettings {
        command: program.to_owned(),
        config_dir: Some(home.join("claude")),
        pass_env: env,
        host: host(home),
        agent_prompt: None,
    })
}

/// Codex as on a stage, with the model service at this address and its key in `SIM_KEY`.
pub fn codex(
    program: &Path,
    home: &Path,
    codex_home: &Path,
    model: &str,
    env: BTreeMap<String, String>,
) -> CodexRuntime {
    CodexRuntime::new(CodexSettings {
        command: program.to_owned(),
        baton: env!("CARGO_BIN_EXE_baton").into(),
        home: codex_home.to_owned(),
        model: None,
        service: Some(Service {
            base_url: format!("{model}/v1"),
            key_variable: Some("SIM_KEY".to_owned()),
        }),
        pass_env: env,
        reconnect: Duration::from_mins(5),
        host: host(home),
        agent_prompt: None,
    })
}

fn host(home: &Path) -> HostEnv {
    HostEnv {
        path: std::env::var("PATH").unwrap(),
        home: home.to_owned(),
        lang: None,
    }
}

/// A new conversation in a directory, by the rules of a project that forbids nothing of its own.
pub fn launch(directory: &Path, temporary: &Path, forbidden: &Path) -> Launch {
    Launch {
        agent_session: Uuid::new_v4(),
        start: Start::New,
        directory: directory.canonicalize().unwrap(),
        model: None,
        mode: AgentMode::Default,
        background: Vec::new(),
        denied: Vec::new(),
        unasked: Vec::new(),
        servers: true,
        forbidden: vec![forbidden.to_owned()],
        temporary: temporary.to_owned(),
        launcher: Vec::new(),
        others: Vec::new(),
        shared: None,
    }
}
