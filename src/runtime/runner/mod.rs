//! The process that owns one agent process and outlives the server, and the server's way to it.
//!
//! A *runner* is started detached, holds the agent's pipes, writes every line of both directions
//! into a journal before anybody sees it, and serves the journal and a few commands on a unix
//! socket. So the server may die at any moment: the next one attaches and reads on where the last
//! one stopped. [`RunnerHost`] and [`Link`] are the server's side, [`process`] and [`shim`] are what
//! the two hidden subcommands run. This room knows no agent program, no session beyond the id whose
//! lock it takes, no database and no Discord: it is given a [`Command`](super::Command) and moves
//! lines.

use std::{ffi::OsString, fs, path::Path};

use crate::words::RunnerId;

mod error;
mod files;
mod frame;
mod handle;
mod host;
mod journal;
mod limits;
mod lines;
mod link;
mod lock;
pub mod process;
mod record;
mod remove;
pub mod shim;
mod spec;
mod status;
mod tree;

pub use error::{AttachError, HostError, LinkError, RemoveError, StartError};
pub(super) use files::remove_tree;
pub use handle::{Handle, Written};
pub use host::RunnerHost;
pub use journal::Leftover;
pub use limits::RunnerLimits;
pub use link::{Link, Records};
pub(crate) use process::door::may_enter;
pub use record::{Exit, Record, RecordKind, Seq};
pub use status::Status;

/// The variable that marks every process of an agent's tree with its runner, so that they can be found when
/// the runner is dead and nobody else knows them any more.
pub const MARKER: &str = "BATON_RUNNER";

/// What [`MARKER`] says in the tree of a runner that has its files below `run_dir`. The directory is part of
/// it: a server on a copy of the data knows the same runners by name, and none of them is its own.
pub fn mark(run_dir: &Path, runner: RunnerId) -> OsString {
    let directory = fs::canonicalize(run_dir).unwrap_or_else(|_| run_dir.to_owned());
    let mut mark = OsString::from(format!("{runner} "));
    mark.push(directory);
    mark
}
