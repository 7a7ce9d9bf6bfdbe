//! The agent program as Baton starts it, for benches that start it without the server.

use std::{collections::BTreeMap, path::Path};

use baton::{
    runtime::{
        HostEnv, Launch, Start,
        claude::{ClaudeRuntime, ClaudeSettings},
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
        host: HostEnv {
            path: std::env::var("PATH").unwrap(),
            home: home.to_owned(),
            lang: None,
        },
        agent_prompt: None,
    })
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
