//! `codex-hub`: the process between one Codex and the sessions that share it.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use crate::runtime::codex::hub::HubOrder;

/// What the server tells a hub.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where sessions find it.
    #[arg(long)]
    socket: PathBuf,
    /// Where the temporary files of its threads lie.
    #[arg(long)]
    temporary: PathBuf,
    /// How long a turn may try to reach its service, in seconds.
    #[arg(long)]
    reconnect: u64,
    /// How long it stays when nobody is connected, in seconds.
    #[arg(long)]
    idle: u64,
    /// Codex, with its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Args {
    pub(super) fn order(self) -> HubOrder {
        HubOrder {
            socket: self.socket,
            temporary: self.temporary,
            reconnect: Duration::from_secs(self.reconnect),
            idle: Duration::from_secs(self.idle),
            command: self.command,
        }
    }
}
