//! Claude Code in its live mode: one process a session, lines of JSON both ways.
//!
//! Proved against 2.1.197. Knows how the program is started ([`launch`], [`deny`]), what is written
//! to it ([`say`]) and what its lines mean ([`reader`], [`outcome`]); it may not know Discord,
//! sessions, or who may do what.

mod deny;
mod launch;
mod login;
mod outcome;
mod reader;
mod say;
mod tools;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    Ask, Command, ErrorClass, HostEnv, Launch, Memory, ProcessBounds, Reader, Reply, Runtime, Tune,
    Verdict, VersionCheck,
};
pub use launch::UNANSWERABLE;
pub use login::{LoginFile, TOKENS};
pub use tools::TOOLS;

/// What it calls its newest models.
const MODELS: [&str; 3] = ["haiku", "opus", "sonnet"];

/// How Claude Code is run on this machine.
#[derive(Clone, Debug)]
pub struct ClaudeSettings {
    /// The program: a path, or a name looked up in `PATH`.
    pub command: PathBuf,
    /// Its configuration directory (`CLAUDE_CONFIG_DIR`): login, user settings, memory of its
    /// conversations. `None` is the program's default, `~/.claude`.
    ///
    /// The bot should have one of its own: the user settings in it apply to every session, with
    /// their hooks, environment and permission rules. Those cannot open anything: every call that acts
    /// is asked for.
    pub config_dir: Option<PathBuf>,
    /// Environment variables that the operator passes on, already resolved. They cannot replace
    /// one that Baton sets.
    pub pass_env: BTreeMap<String, String>,
    /// What the agent gets of the server's own environment.
    pub host: HostEnv,
    /// What the operator tells every agent, after Baton's own words.
    pub agent_prompt: Option<String>,
}

/// Claude Code.
#[derive(Clone, Debug)]
pub struct ClaudeRuntime {
    settings: ClaudeSettings,
}

impl ClaudeRuntime {
    /// With these settings.
    pub const fn new(settings: ClaudeSettings) -> Self {
        Self { settings }
    }
}

impl Runtime for ClaudeRuntime {
    fn command(&self, launch: &Launch) -> Command {
        Command {
            program: self.settings.command.clone(),
            args: launch::args(&self.settings, launch),
            env: launch::env(&self.settings, launch),
            directory: launch.directory.clone(),
            handshake: vec![say::handshake(self.settings.agent_prompt.as_deref())],
            interrupt: say::interrupt(say::RUNNER_INTERRUPT),
            bounds: ProcessBounds::default(),
            conversation: Some(launch::lock(&self.settings, launch)),
        }
        .behind(&launch.launcher)
    }

    fn version(&self) -> Option<VersionCheck> {
        let host = &self.settings.host;
        let home = host.home.to_string_lossy().into_owned();
        let env = [("PATH", host.path.clone()), ("HOME", home)];
        Some(VersionCheck {
            program: self.settings.command.clone(),
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            proved: None,
            // Settings of a repository ran commands before anybody had trusted it (fixed in 1.0.111), led the key
            // elsewhere (2.0.65), and let what runs in the sandbox write them (2.1.2).
            oldest: [2, 1, 2],
            faults: "CVE-2025-59536, CVE-2026-21852, CVE-2026-25725",
        })
    }

    fn home(&self) -> Option<PathBuf> {
        Some(launch::directory(&self.settings))
    }

    /// A file of lines, and a directory of the same name for what its sub-agents said (2.1.197).
    fn memory(&self, conversation: Uuid, directory: &Path) -> Option<Memory> {
        let project = Path::new("projects").join(launch::project(directory));
        Some(Memory {
            home: launch::directory(&self.settings),
            parts: vec![
                project.join(format!("{conversation}.jsonl")),
                project.join(conversation.to_string()),
            ],
        })
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::<reader::ClaudeReader>::default()
    }

    fn prompt(&self, prompt: Uuid, text: &str) -> String {
        say::prompt(prompt, text)
    }

    fn interrupt(&self, request: &str) -> String {
        say::interrupt(request)
    }

    fn tune(&self, request: &str, tune: &Tune) -> String {
        say::tune(request, tune)
    }

    fn at_gate(&self, ask: &Ask, verdict: &Verdict) -> String {
        say::at_gate(ask, verdict)
    }

    fn reply(&self, ask: &Ask, reply: &Reply) -> String {
        say::reply(ask, reply)
    }

    fn models(&self) -> Vec<String> {
        MODELS.map(str::to_owned).to_vec()
    }

    fn explain_exit(&self, exit: &str, stderr: &str) -> ErrorClass {
        outcome::explain_exit(exit, stderr)
    }
}
