//! Where a runner's things lie, and how they are made so that nobody else can read them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::words::{RunnerId, SessionId};

pub(super) const SPEC: &str = "spec.json";
pub(super) const JOURNAL: &str = "journal";
pub(super) const LOG: &str = "runner.log";
/// Locked as long as the runner lives; holds its process id.
pub(super) const ALIVE: &str = "alive.lock";
pub(super) const TEMPORARY: &str = "tmp";

/// The longest path of a socket. `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them
/// the terminator.
pub(super) const SOCKET_PATH_LIMIT: usize = 100;

/// The directory under which all runners of a server live, laid out.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(super) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The layout that the runner in `directory` belongs to.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        Some(Self::new(directory.parent()?.to_owned()))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn directory(&self, runner: RunnerId) -> PathBuf {
        self.root.join(runner.short())
    }

    /// Where a runner's directory is filled before it appears whole under its name.
    pub(super) fn nursery(&self, runner: RunnerId) -> PathBuf {
        self.root.join(format!("{NURSERY}{}", runner.short()))
    }

    pub(super) fn socket(&self, runner: RunnerId) -> PathBuf {
        self.root.join(format!("{}.sock", runner.short()))
    }

    /// Where the process of this name is found that several sessions share.
    pub(super) fn shared_socket(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.hub"))
    }

    pub(super) fn session_lock(&self, session: SessionId) -> PathBuf {
        self.root.join(format!("session-{session}.lock"))
    }
}

/// How the names of unfinished directories begin.
pub(super) const NURSERY: &str = ".new-";

/// Makes a directory that only its owner may enter.
pub(super) fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes a new file that only its owner may read; one that is there already is an error.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Removes a directory with all that is in it, also what an agent made unremovable: tools leave
/// directories without the right to write in them (Go's module cache is one).
pub(in crate::runtime) fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        other => other,
    }
}

/// Gives the owner every right on the directories below `path`; follows no link.
fn open_up(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}
