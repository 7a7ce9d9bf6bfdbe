//! What a runner is told, in a file that only its user may read.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{RunnerLimits, files};
use crate::{
    runtime::{Command, ProcessBounds},
    words::{RunnerId, SessionId},
};

/// Everything that a runner knows.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) runner: RunnerId,
    pub(super) session: SessionId,
    pub(super) limits: RunnerLimits,
    /// Whether it is no session's own: its process serves several.
    #[serde(default)]
    pub(super) shared: bool,
    #[serde(with = "CommandForm")]
    pub(super) command: Command,
}

/// The form of a [`Command`] in the file; the room above needs none.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Command")]
struct CommandForm {
    program: PathBuf,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    directory: PathBuf,
    handshake: Vec<String>,
    interrupt: String,
    /// Not there in what an older Baton wrote.
    #[serde(default)]
    bounds: ProcessBounds,
    #[serde(default)]
    conversation: Option<PathBuf>,
}

impl Spec {
    pub(super) fn read(directory: &Path) -> io::Result<Self> {
        let text = fs::read(directory.join(files::SPEC))?;
        Ok(serde_json::from_slice(&text)?)
    }

    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        files::private_file(&directory.join(files::SPEC))?.write_all(&text)
    }
}
