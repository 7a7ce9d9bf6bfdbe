//! What can go wrong between the server and its runners. Each message is a sentence for a person.

use std::{io, path::PathBuf};

/// Why the server cannot have runners at all.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A unix socket's path has a hard limit (`sun_path`: 108 bytes on Linux, 104 on macOS), and
    /// a data directory that fits on one machine should fit on all.
    #[error(
        "the data directory's path is too long for sockets: {} would have {length} bytes, at most \
         {limit} work; choose a shorter data directory",
        .socket.display()
    )]
    PathTooLong {
        /// The socket's path as it would be.
        socket: PathBuf,
        /// Its length in bytes.
        length: usize,
        /// The longest that works.
        limit: usize,
    },
    /// The directory cannot be made or is not private.
    #[error("cannot prepare {} for the runners: {source}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a runner could not be started. (An agent that could not be started is no such error: its
/// runner lives and says so in a [`RecordKind::SpawnFailed`](super::RecordKind::SpawnFailed).)
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another runner serves this agent session.
    #[error("another runner already serves this session: {holder}")]
    Busy {
        /// Which one: its id and its process.
        holder: String,
    },
    /// The runner could not begin its work.
    #[error("the runner could not begin: {0}")]
    Refused(String),
    /// The runner ended before it said a word.
    #[error("the runner ended before it was ready ({exit}): {log}")]
    Died {
        /// How it ended.
        exit: String,
        /// The end of its log.
        log: String,
    },
    /// Files or processes could not be made.
    #[error("the runner could not be started: {0}")]
    Io(#[from] io::Error),
    /// It was started but cannot be talked to.
    #[error("the runner was started but cannot be reached: {0}")]
    Attach(#[from] AttachError),
}

/// Why a runner could not be attached to.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no such runner any more; what it left is in its journal.
    #[error("the runner is gone")]
    Gone,
    /// It speaks another version of the protocol.
    #[error("the runner speaks version {theirs} of the protocol, this server speaks {ours}")]
    Version {
        /// What the runner speaks.
        theirs: u8,
        /// What this server speaks.
        ours: u8,
    },
    /// Everything else.
    #[error("the runner cannot be reached: {0}")]
    Io(#[from] io::Error),
}

/// Why a runner did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection is gone; whether the runner acted is unknown. Sending an input again under
    /// the same command id is safe.
    #[error("the connection to the runner is lost")]
    Lost,
    /// The agent has ended or is being ended, nothing was done.
    #[error("the agent has ended")]
    Ended,
    /// The runner refused, nothing was done.
    #[error("the runner refused: {0}")]
    Refused(String),
}

/// Why a runner's remains are not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// Processes of the tree live and cannot be ended.
    #[error(
        "processes of this agent are still alive and cannot be ended: {}; end them by hand",
        .pids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
    )]
    Alive {
        /// Their process ids.
        pids: Vec<u32>,
    },
    /// The files could not be removed.
    #[error("the runner's files cannot be removed: {0}")]
    Io(#[from] io::Error),
}
