//! One server a data directory.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use nix::fcntl::{Flock, FlockArg};

use super::StoreError;

/// The lock on a data directory. The kernel gives it back when the process ends, however it ends,
/// so no stale lock ever stands in the way.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    _file: Flock<File>,
}

impl DirectoryLock {
    pub(super) fn take(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join("lock");
        let io = |source| StoreError::Io {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io)?;
        let mut holder = String::new();
        file.read_to_string(&mut holder).map_err(io)?;
        let mut file = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, _)| {
            StoreError::Held {
                directory: directory.to_owned(),
                holder: holder.trim().to_owned(),
            }
        })?;
        file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
        writeln!(file, "process {}", std::process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}
