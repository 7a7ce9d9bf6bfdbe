//! Agent programs: how each is started, spoken to and understood.
//!
//! A [`Runtime`] turns Baton's intentions into lines for one program and its lines into
//! [`RunEvent`]s; it starts nothing and keeps nothing. [`runner`] owns the processes and knows no
//! program. Neither knows Discord, sessions or the database.

mod around;
pub mod claude;
pub mod codex;
mod credentials;
mod errand;
mod event;
mod host_env;
mod house_prompt;
mod policy;
pub mod runner;
mod runtimes;
pub mod seat;
mod sentence;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::words::{AgentMode, Background};
pub use credentials::CREDENTIALS;
pub use errand::{Errand, Tidings};
pub use event::{
    Ask, AskKind, BlockId, ErrorClass, Limit, LimitState, RunEvent, ToolEnd, TurnEnd, TurnOutcome,
    Usage,
};
pub use host_env::HostEnv;
pub use policy::Policy;
pub use runtimes::{Runtimes, lacks};

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
    /// How freely it goes about its work.
    pub mode: AgentMode,
    /// What it may go on with by itself.
    pub background: Vec<Background>,
    /// Rules about files that nobody may touch there, in Claude Code's syntax: the agent program
    /// leaves those files out of its searches.
    pub denied: Vec<String>,
    /// Of the tools whose calls the program does not ask about ([`Runtime::unasked`]) those that it may have.
    pub unasked: Vec<&'static str>,
    /// Whether it may have the MCP servers that the program's own settings name, if that starts any.
    pub servers: bool,
    /// Directories and files that no tool may read or write, absolute. One that holds the project's
    /// directory cannot be forbidden whole: then everything beside the project is.
    pub forbidden: Vec<PathBuf>,
    /// The directories of all other projects: absolute and without symbolic links.
    pub others: Vec<PathBuf>,
    /// Where the process is found that this session shares with others (see [`Runtime::shared`]), if its program
    /// has one.
    pub shared: Option<PathBuf>,
    /// Where the agent and its tools put temporary files; removed with the runner. It should not
    /// lie in a forbidden directory, or the agent's tools cannot read there.
    pub temporary: PathBuf,
    /// What stands before the agent's command; empty for nothing.
    pub launcher: Vec<String>,
}

/// What of an agent can be changed while it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The model, as the agent program names it; `None` for its default.
    pub model: Option<String>,
    /// How freely it goes about its work.
    pub mode: AgentMode,
}

/// One such change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tune {
    /// Another model.
    Model(Option<String>),
    /// Another mode.
    Mode(AgentMode),
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
    /// What the system keeps it to.
    pub bounds: ProcessBounds,
    /// A file that is locked as long as it lives, beside what it keeps of the conversation: two servers
    /// with data directories of their own may know the same one.
    pub conversation: Option<PathBuf>,
}

/// What an agent program remembers of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The directory of its account.
    pub home: PathBuf,
    /// Files and directories below it; not all of them need be there.
    pub parts: Vec<PathBuf>,
}

/// How an installed program is asked for its version, and which ones Baton was proved against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionCheck {
    /// The program, which tells its version if it gets `--version`, in a last word.
    pub program: PathBuf,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// The proved versions without their last part, such as `0.169`; `None` if others are as good.
    pub proved: Option<&'static str>,
    /// The oldest version without faults that let a repository take the machine over.
    pub oldest: [u64; 3],
    /// Those faults, by their numbers.
    pub faults: &'static str,
}

/// What the system keeps each process of an agent to; `None` is what holds for Baton.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessBounds {
    /// Open files at once.
    pub open_files: Option<u64>,
    /// Bytes of a file that is written.
    pub file_size: Option<u64>,
}

impl Command {
    /// The same behind a launcher: a program with arguments that is given this command as more of
    /// them, and that everything else is left to. Without words it is left as it is.
    #[must_use]
    pub fn behind(mut self, launcher: &[String]) -> Self {
        let Some((program, arguments)) = launcher.split_first() else {
            return self;
        };
        let started = self.program.to_string_lossy().into_owned();
        self.program = PathBuf::from(program);
        self.args = [arguments, &[started], &self.args].concat();
        self
    }
}

/// What is decided of a tool call by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may run.
    Allow,
    /// A person decides; why.
    Ask(String),
    /// It may not; the agent is told why.
    Deny(String),
}

/// What a question behind the gate is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The call may run as it is.
    Allow,
    /// It may run with this input: the answers of people are part of it.
    AllowWith(ToolInput),
    /// It may not; the agent is told why.
    Deny(String),
}

/// One kind of agent program.
pub trait Runtime: Send + Sync {
    /// The process that serves a session.
    fn command(&self, launch: &Launch) -> Command;

    /// The process that all sessions of such a launch share, if the program serves several with one; it is found
    /// at `socket`. Sessions that get the same answer share one.
    fn shared(&self, _launcher: &[String], _socket: &Path) -> Option<Command> {
        None
    }

    /// Whether its login bears one such process only, whatever launchers there are.
    fn bears_one(&self) -> bool {
        false
    }

    /// By what it is known again how such a session is started: what changes it needs another process. `command` is
    /// [`Runtime::command`] of that launch.
    fn known_by(&self, _launch: &Launch, command: Command) -> String {
        format!("{command:?}")
    }

    /// The directory of its account, if conversations can be carried there from another one.
    fn home(&self) -> Option<PathBuf> {
        None
    }

    /// What it remembers of a conversation that was led in this directory, if that can be carried to another account.
    fn memory(&self, _conversation: Uuid, _directory: &Path) -> Option<Memory> {
        None
    }

    /// How it is found out whether the installed program is one that Baton was proved against; `None` if every one is
    /// taken.
    fn version(&self) -> Option<VersionCheck> {
        None
    }

    /// A fresh reader of the lines that one process writes.
    fn reader(&self) -> Box<dyn Reader>;

    /// The line that gives the agent a turn. `prompt` comes back in [`RunEvent::Acknowledged`].
    fn prompt(&self, prompt: Uuid, text: &str) -> String;

    /// The line that stops the turn in progress.
    fn interrupt(&self, request: &str) -> String;

    /// The line that changes a living agent, at work or not; [`RunEvent::Tuned`] brings the answer to
    /// `request`.
    fn tune(&self, request: &str, tune: &Tune) -> String;

    /// Tools that the program does not ask about call by call, and that it has only where a launch says so. What else
    /// has not been asked about is an alarm.
    fn unasked(&self) -> &'static [&'static str] {
        &[]
    }

    /// The line that answers at the gate ([`AskKind::Gate`]).
    fn at_gate(&self, ask: &Ask, verdict: &Verdict) -> String;

    /// The line that answers a question behind the gate ([`AskKind::Permission`]).
    fn reply(&self, ask: &Ask, reply: &Reply) -> String;

    /// The names of models that people are offered, in order; others can be typed.
    fn models(&self) -> Vec<String>;

    /// The line that asks for this at the process that all sessions share ([`Self::shared`]), on a connection of its
    /// own; `None` if that cannot be asked for.
    fn errand(&self, _errand: Errand) -> Option<String> {
        None
    }

    /// What such a connection says; `None` if it is not understood.
    fn tidings(&self, _line: &str) -> Option<Tidings> {
        None
    }

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
