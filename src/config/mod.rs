//! Typed settings, one struct a section, each value with the place it came from.
//!
//! Three layers, the later one wins: the defaults, `baton.toml`, the environment (of which the
//! `.env` file beside `baton.toml` is the part that the process's own variables override, and below it the
//! keyring of the operating system has the secrets that `[keyring]` names). Variables have old names too, under
//! the new ones. All problems are reported at once. Knows the file, the
//! variables it is given, what a value may be, and whether the directories and programs are there that
//! it names; it does not know tools or what the rooms do with the values, and reads no process
//! environment by itself.

mod accounts;
mod admission;
mod aliases;
mod api_base;
mod approvals;
mod bounds;
mod channel_mode;
mod claude;
mod codex;
mod credentials;
mod data;
mod discord;
mod environment;
mod explain;
mod exposure;
mod file;
mod handoff;
mod http;
mod keyring;
mod layers;
mod load;
mod log;
mod pass_env;
mod problem;
mod program;
mod projects;
mod reach;
mod runner;
mod section;
mod source;
mod transcripts;
mod values;

use std::path::PathBuf;

pub use accounts::Account;
pub use admission::Admission;
pub use aliases::{OldName, Standing};
pub use api_base::{ApiBase, ApiBaseError};
pub use approvals::Approvals;
pub use bounds::Bounds;
pub use channel_mode::ChannelMode;
pub use claude::Claude;
#[cfg(feature = "demo")]
pub(crate) use claude::PASS_ENV;
pub use codex::{Codex, CodexService};
pub use credentials::{Credentials, Renewal, TokenService};
pub use data::Data;
pub use discord::{CatchUp, Discord};
pub use explain::Explained;
pub use handoff::Handoff;
pub use http::Http;
pub use keyring::{KeyringUse, secret_name};
pub use load::process_environment;
pub use log::{Log, LogFilter};
pub use problem::{Complaint, ConfigErrors, Problem};
pub use program::{NoProgram, USUAL_PATH, find_program};
pub use projects::{Project, ProjectName};
pub use runner::Runner;
pub use source::Source;
pub use transcripts::Transcripts;

pub use crate::observe::LogFormat;
use crate::observe::Secrets;

/// Says what is wrong with the rules of one list of a project, `denied_tools` and the like: the settings know
/// no tools, so who loads them brings somebody who does.
pub type ToolJudge =
    fn(list: &'static str, rules: &[String], runtime: crate::words::RuntimeKind) -> Vec<Complaint>;

/// All settings of one server, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What comes from the keyring.
    pub keyring: KeyringUse,
    /// The account and the server it serves.
    pub discord: Discord,
    /// Where Baton keeps its state.
    pub data: Data,
    /// The health page.
    pub http: Http,
    /// The Claude CLI.
    pub claude: Claude,
    /// The Codex CLI, if the settings have a section for it or a project that works with it.
    pub codex: Option<Codex>,
    /// How the logins of both are kept alive.
    pub credentials: Credentials,
    /// Further accounts of both, beside the one that each program has by its own section.
    pub accounts: Vec<Account>,
    /// The queue.
    pub admission: Admission,
    /// How people are asked whether an agent may do something.
    pub approvals: Approvals,
    /// Conversations that have a whole channel.
    pub channel_mode: ChannelMode,
    /// Bounds of what agents hand to each other.
    pub handoff: Handoff,
    /// The processes that own the agents.
    pub runner: Runner,
    /// What was asked, decided and answered, in files.
    pub transcripts: Transcripts,
    /// What Baton writes about itself.
    pub log: Log,
    /// The directories that people may work in, in the order of the file; may be empty, see
    /// [`Settings::require_projects`].
    pub projects: Vec<Project>,
    /// The project that has every channel of the server that no other one has; none are listed in it.
    pub default_project: Option<Project>,
    /// The files that the settings came from, absolute: no agent may read or write them.
    pub files: Vec<PathBuf>,
    secrets: Secrets,
    explained: Vec<Explained>,
    old_names: Vec<OldName>,
    warnings: Vec<String>,
}

#[cfg(test)]
mod tests;
