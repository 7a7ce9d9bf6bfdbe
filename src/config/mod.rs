//! Typed settings, one struct a section, each value with the place it came from.
//!
//! Three layers, the later one wins: the defaults, `baton.toml`, the environment (of which the
//! `.env` file beside `baton.toml` is the part that the process's own variables override). All
//! problems are reported at once. Knows the file, the variables it is given and what a value may
//! be; it does not know what the rooms do with the values, and reads no process environment by
//! itself.

mod admission;
mod api_base;
mod channel_mode;
mod claude;
mod data;
mod discord;
mod environment;
mod explain;
mod file;
mod http;
mod layers;
mod load;
mod log;
mod problem;
mod projects;
mod runner;
mod section;
mod source;
mod values;

use std::path::PathBuf;

pub use admission::Admission;
pub use api_base::{ApiBase, ApiBaseError};
pub use channel_mode::ChannelMode;
pub use claude::Claude;
pub use data::Data;
pub use discord::{CatchUp, Discord};
pub use explain::Explained;
pub use http::Http;
pub use load::process_environment;
pub use log::{Log, LogFilter};
pub use problem::{ConfigErrors, Problem};
pub use projects::{Project, ProjectName};
pub use runner::Runner;
pub use source::Source;

pub use crate::observe::LogFormat;

/// All settings of one server, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account and the server it serves.
    pub discord: Discord,
    /// Where Baton keeps its state.
    pub data: Data,
    /// The health page.
    pub http: Http,
    /// The Claude CLI.
    pub claude: Claude,
    /// The queue.
    pub admission: Admission,
    /// Conversations that have a whole channel.
    pub channel_mode: ChannelMode,
    /// The processes that own the agents.
    pub runner: Runner,
    /// What Baton writes about itself.
    pub log: Log,
    /// The directories that people may work in, in the order of the file; may be empty, see
    /// [`Settings::require_projects`].
    pub projects: Vec<Project>,
    /// The files that the settings came from, absolute: no agent may read or write them.
    pub files: Vec<PathBuf>,
    explained: Vec<Explained>,
}

#[cfg(test)]
mod tests;
