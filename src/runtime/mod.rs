//! Agent programs: how each is started, spoken to and understood.
//!
//! A [`Runtime`] turns Baton's intentions into lines for one program and its lines into
//! [`RunEvent`]s; it starts nothing and keeps nothing. [`runner`] owns the processes and knows no
//! program. Neither knows Discord, sessions or the database.

pub mod claude;
mod event;
pub mod runner;
mod sentence;

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;
use uuid::Uuid;

pub use event::{
    Ask, AskKind, BlockId, ErrorClass, Limit, RunEvent, ToolEnd, TurnEnd, TurnOutcome, Usage,
};

/// What a session needs to have its agent started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The agent's own id of the conversation, chosen by Baton.
    pub agent_session: Uuid,
    /// Whether the agent already knows that conversation.
    pub start: Start,
    /// The project's directory: absolute and without symbolic links, because the agent program
    /// names its files that way.
    pub directory: PathBuf,
    /// The model, as the agent program names it; `None` for its default.
    pub model: Option<String>,
    /// The project's tool rules, as written in its settings.
    pub allowed_tools: Vec<String>,
    /// Directories and files that no tool may read or write, absolute. One that holds the project's
    /// directory cannot be forbidden whole: then everything beside the project is.
    pub forbidden: Vec<PathBuf>,
    /// Where the agent and its tools put temporary files; removed with the runner. It should not
    /// lie in a forbidden directory, or the agent's tools cannot read there.
    pub temporary: PathBuf,
}

/// How the agent takes up the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Begin it.
    New,
    /// Go on with it.
    Resume,
}

/// A process to start, whole: nothing is inherited that is not named here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program: a path, or a name looked up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Its working directory.
    pub directory: PathBuf,
    /// The lines of the handshake, written once when the process has started.
    pub handshake: Vec<String>,
    /// The line that asks it to stop what it does, for the case that nobody else can ask.
    pub interrupt: String,
}

/// What is decided of a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may run.
    Allow,
    /// The agent program's own rules decide; it asks again if they do not allow it.
    Defer,
    /// It may not; the agent is told why.
    Deny(String),
}

/// One kind of agent program.
pub trait Runtime: Send + Sync {
    /// The process that serves a session.
    fn command(&self, launch: &Launch) -> Command;

    /// A fresh reader of the lines that one process writes.
    fn reader(&self) -> Box<dyn Reader>;

    /// The line that gives the agent a turn. `prompt` comes back in [`RunEvent::Acknowledged`].
    fn prompt(&self, prompt: Uuid, text: &str) -> String;

    /// The line that stops the turn in progress.
    fn interrupt(&self, request: &str) -> String;

    /// The line that answers a question of the agent.
    fn answer(&self, ask: &Ask, verdict: &Verdict) -> String;

    /// What a process meant that ended without a word on its standard output.
    fn explain_exit(&self, exit: &str, stderr: &str) -> ErrorClass;
}

/// Understands the lines of one process, in order. Never fails: what it does not know, it skips.
pub trait Reader: Send + Sync {
    /// What one line of the agent's standard output means.
    fn read(&mut self, line: &[u8]) -> Vec<RunEvent>;
}

/// The input of a tool call, as the agent program wrote it.
pub type ToolInput = Value;
