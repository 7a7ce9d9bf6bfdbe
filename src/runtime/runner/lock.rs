//! Locks that die with their holder.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// A locked file that says who holds it. The lock (flock) goes with the process, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

/// What came of trying.
#[derive(Debug)]
pub(super) enum Taken {
    /// It is ours.
    Ours(Lock),
    /// Somebody has it, who wrote this into it.
    Theirs(String),
}

impl Lock {
    /// Takes the lock at `path` and writes `holder` into it, or says who has it.
    pub(super) fn take(path: &Path, holder: &str) -> io::Result<Taken> {
        loop {
            let mut file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut theirs = String::new();
                    file.read_to_string(&mut theirs)?;
                    return Ok(Taken::Theirs(theirs));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The last holder may have removed the file after we opened it; then we hold a lock
            // that nobody else will ever see.
            if !is_at(&file, path)? {
                continue;
            }
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(holder.as_bytes())?;
            return Ok(Taken::Ours(Self {
                file,
                path: path.to_owned(),
            }));
        }
    }

    /// Removes the file and lets go.
    pub(super) fn remove(self) -> io::Result<()> {
        // In this order, so that nobody can lock the file between the two.
        let removed = fs::remove_file(&self.path);
        drop(self.file);
        removed
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(taken: Taken) -> Lock {
        match taken {
            Taken::Ours(lock) => lock,
            Taken::Theirs(holder) => panic!("{holder} has it"),
        }
    }

    #[test]
    fn a_second_one_learns_who_holds_the_lock_and_gets_it_when_the_first_lets_go() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("lock");
        let first = ours(Lock::take(&path, "the first").unwrap());
        match Lock::take(&path, "the second").unwrap() {
            Taken::Theirs(holder) => assert_eq!(holder, "the first"),
            Taken::Ours(_) => panic!("two hold one lock"),
        }
        drop(first);
        ours(Lock::take(&path, "the second").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "the second");
    }

    #[test]
    fn a_lock_on_a_file_that_was_removed_meanwhile_does_not_count() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("lock");
        let first = ours(Lock::take(&path, "the first").unwrap());
        first.remove().unwrap();
        assert!(!path.exists());
        let held = ours(Lock::take(&path, "the second").unwrap());
        assert!(is_at(&held.file, &path).unwrap());
    }
}
