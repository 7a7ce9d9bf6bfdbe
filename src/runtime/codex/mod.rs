//! Codex: one `codex app-server` for many sessions, each a thread of it.
//!
//! Proved against 0.169.0. Sessions and Codex meet in the [`hub`], a process of Baton's own that outlives the
//! server; [`wire`] is what server and hub say to each other. Beside it this room knows how both are started
//! ([`launch`], [`profile`]), what is written ([`asks`]) and what comes back ([`reader`], [`outcome`]); it may not
//! know Discord, sessions, or who may do what.

mod asks;
mod form;
pub mod hub;
mod launch;
mod login;
mod memory;
mod outcome;
mod profile;
mod reader;
mod servers;
mod shell;
mod wire;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use uuid::Uuid;

use super::{
    Ask, Command, Errand, ErrorClass, HostEnv, Launch, Memory, Reader, Reply, Runtime, Tidings,
    Tune, Verdict, VersionCheck,
};
use crate::words::AgentMode;
#[cfg(test)]
pub(crate) use login::testing;
pub use login::{Login, LoginFile, login_in};
use wire::{Order, Wish, Word, line};

/// The version whose protocol this was proved against, without its last part.
pub const PROVED: &str = "0.169";

/// The model where nobody has named one: the newest that calls its tools by name. Those after it write scripts
/// that call tools, and no call of a script can be told from one that leaves the sandbox, so that people would be
/// asked about each (0.169).
pub const DEFAULT_MODEL: &str = "gpt-5.5";

/// Tools that no session has, by the names of rules. A sub-agent is a thread of its own: it works on when the turn that
/// has begun it is stopped, and what it asks, it asks as a thread that no session has (0.169).
pub const LACKS: [(&str, &str); 2] = [("Agent", SUB_AGENTS), ("Task", SUB_AGENTS)];

const SUB_AGENTS: &str =
    "its sub-agents stay switched off, because Baton cannot judge what they do";

/// The models that Codex itself names (`model/list`, 0.169), the one first that is taken without a word.
const MODELS: [&str; 9] = [
    DEFAULT_MODEL,
    "gpt-6.1-sol",
    "gpt-6-astra",
    "gpt-6-sol",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-6.1-terra",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
];

/// How Codex is run on this machine.
#[derive(Clone, Debug)]
pub struct CodexSettings {
    /// Codex: a path, or a name looked up in `PATH`.
    pub command: PathBuf,
    /// Baton itself: it is the hub, and the process of each session.
    pub baton: PathBuf,
    /// Codex's directory (`CODEX_HOME`): login, settings, memory of its conversations. The bot's own.
    pub home: PathBuf,
    /// The model where none was named.
    pub model: Option<String>,
    /// The service, if it is not the one that Codex brings.
    pub service: Option<Service>,
    /// Environment variables that the operator passes on, already resolved. They cannot replace
    /// one that Baton sets.
    pub pass_env: BTreeMap<String, String>,
    /// How long a turn may try to reach its service.
    pub reconnect: Duration,
    /// What it gets of the server's own environment.
    pub host: HostEnv,
    /// What the operator tells every agent, after Baton's own words.
    pub agent_prompt: Option<String>,
}

/// A service that speaks OpenAI's Responses API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its address, to which `/responses` is added.
    pub base_url: String,
    /// The environment variable with its key.
    pub key_variable: Option<String>,
}

/// Codex.
#[derive(Clone, Debug)]
pub struct CodexRuntime {
    settings: CodexSettings,
}

impl CodexRuntime {
    /// With these settings.
    pub const fn new(settings: CodexSettings) -> Self {
        Self { settings }
    }
}

impl Runtime for CodexRuntime {
    fn command(&self, launch: &Launch) -> Command {
        launch::command(&self.settings, launch)
    }

    fn shared(&self, launcher: &[String], socket: &Path) -> Option<Command> {
        Some(launch::shared(&self.settings, launcher, socket))
    }

    fn home(&self) -> Option<PathBuf> {
        Some(self.settings.home.clone())
    }

    fn memory(&self, conversation: Uuid, _directory: &Path) -> Option<Memory> {
        memory::of(&self.settings.home, conversation)
    }

    /// With the second renewal by the same token the service takes the whole login away.
    fn bears_one(&self) -> bool {
        let is_own = self.settings.service.is_none();
        is_own && login_in(&self.settings.home) == Login::Subscription
    }

    fn version(&self) -> Option<VersionCheck> {
        let host = &self.settings.host;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let env = [
            ("PATH", host.path.clone()),
            ("HOME", text(&host.home)),
            ("CODEX_HOME", text(&self.settings.home)),
        ];
        Some(VersionCheck {
            program: self.settings.command.clone(),
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            proved: Some(PROVED),
            // Settings of a repository started servers of MCP (fixed in 0.23.0).
            oldest: [0, 23, 0],
            faults: "CVE-2025-61260",
        })
    }

    /// The line that opens a thread tells of files as they are at that moment.
    fn known_by(&self, launch: &Launch, command: Command) -> String {
        let shared = self.shared(&launch.launcher, Path::new(""));
        let bounds = command.bounds;
        format!("{launch:?} {shared:?} {bounds:?}")
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::<reader::CodexReader>::default()
    }

    fn prompt(&self, prompt: Uuid, text: &str) -> String {
        let text = text.to_owned();
        line(&Order::Prompt { id: prompt, text })
    }

    fn interrupt(&self, _request: &str) -> String {
        line(&Order::Interrupt)
    }

    fn tune(&self, request: &str, tune: &Tune) -> String {
        let tune = match tune {
            Tune::Model(model) => Wish::Model(launch::model(&self.settings, model.as_deref())),
            Tune::Mode(mode) => Wish::Plan(*mode == AgentMode::Plan),
        };
        let request = request.to_owned();
        line(&Order::Tune { request, tune })
    }

    fn at_gate(&self, ask: &Ask, verdict: &Verdict) -> String {
        self.reply(ask, &asks::reply_of(verdict))
    }

    fn unasked(&self) -> &'static [&'static str] {
        &profile::UNASKED
    }

    fn reply(&self, ask: &Ask, reply: &Reply) -> String {
        let (result, say) = asks::answer(ask, reply);
        let ask = ask.id.clone();
        line(&Order::Answer { ask, result, say })
    }

    fn models(&self) -> Vec<String> {
        let own = self.settings.model.as_deref();
        let others = MODELS.into_iter().filter(|model| Some(*model) != own);
        own.into_iter().chain(others).map(str::to_owned).collect()
    }

    fn errand(&self, errand: Errand) -> Option<String> {
        match errand {
            Errand::Models => Some(line(&Order::Models)),
            // A service of the operator's wants a key of his.
            Errand::LogIn | Errand::LookAfterLogin if self.settings.service.is_some() => None,
            Errand::LogIn => Some(line(&Order::LogIn)),
            Errand::LookAfterLogin => Some(line(&Order::Account)),
        }
    }

    fn tidings(&self, line: &str) -> Option<Tidings> {
        match serde_json::from_str(line).ok()? {
            Word::Models { models } => Some(Tidings::Models(models)),
            Word::Code { url, code } => Some(Tidings::Code { url, code }),
            Word::LoggedIn { plan } => Some(Tidings::LoggedIn { plan }),
            Word::Account => Some(Tidings::LookedAfter),
            Word::InVain { detail } | Word::Refused { detail, .. } => Some(Tidings::Failed(detail)),
            Word::Ends { .. } => Some(Tidings::Failed(String::new())),
            Word::Ready { .. }
            | Word::Tuned { .. }
            | Word::Failed { .. }
            | Word::NotBegun { .. }
            | Word::Limits { .. }
            | Word::OutOfReach { .. }
            | Word::Ask { .. } => None,
        }
    }

    fn explain_exit(&self, _exit: &str, stderr: &str) -> ErrorClass {
        outcome::explain_exit(stderr)
    }
}
