//! The files: private, appended to, begun anew when they are full.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::PathBuf,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, openat, renameat},
    sys::stat::Mode,
    unistd::{UnlinkatFlags, unlinkat},
};
use thiserror::Error;

use super::{
    Rules,
    line::{Line, Mark},
};
use crate::words::ChannelId;

/// How much of a file's end is read at once.
const CHUNK: u64 = 64 << 10;

/// Why a file or the directory cannot be used.
#[derive(Debug, Error)]
pub(super) enum FolderError {
    /// Something else stands in its place. It is not followed and not replaced.
    #[error("{} is {what}. Remove it", path.display())]
    NotOurs {
        /// Which.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The system.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What became of lines.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// How many are new in the files.
    pub(super) lines: u64,
    /// Files that are none of ours; their lines are left out.
    pub(super) refused: Vec<FolderError>,
}

/// The directory of all transcripts.
pub(super) struct Folder {
    rules: Rules,
    directory: File,
}

impl Folder {
    /// Opens the directory, or makes it; nobody else may enter.
    pub(super) fn open(rules: Rules) -> Result<Self, FolderError> {
        let io = |source| FolderError::Io {
            path: rules.directory.clone(),
            source,
        };
        match DirBuilder::new().mode(0o700).create(&rules.directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io(error)),
            Ok(()) | Err(_) => {}
        }
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits())
            .open(&rules.directory);
        let directory =
            opened.map_err(|error| match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::ENOTDIR | Errno::ELOOP) => FolderError::NotOurs {
                    path: rules.directory.clone(),
                    what: "no directory",
                },
                Some(_) | None => io(error),
            })?;
        directory
            .set_permissions(Permissions::from_mode(0o700))
            .map_err(io)?;
        Ok(Self { rules, directory })
    }

    /// Adds lines, each to the file of its conversation, and waits until the disk has them. What the
    /// files have already is not added again.
    pub(super) fn append(&self, lines: Vec<Line>) -> Result<Written, FolderError> {
        let mut threads: Vec<(ChannelId, Vec<Line>)> = Vec::new();
        for line in lines {
            match threads
                .iter_mut()
                .find(|(thread, _)| *thread == line.thread)
            {
                Some((_, lines)) => lines.push(line),
                None => threads.push((line.thread, vec![line])),
            }
        }
        let mut written = Written::default();
        for (thread, lines) in threads {
            match self.append_to(&format!("{thread}.jsonl"), &lines) {
                Ok(count) => written.lines += count,
                Err(error @ FolderError::NotOurs { .. }) => written.refused.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    fn append_to(&self, name: &str, lines: &[Line]) -> Result<u64, FolderError> {
        let new = match self.last_mark(name)? {
            Some(last) => {
                let known = lines.iter().rposition(|line| line.mark == last);
                &lines[known.map_or(0, |at| at + 1)..]
            }
            None => lines,
        };
        let mut file = self.file(name)?;
        let io = |source| self.io(name, source);
        let mut size = whole_lines(&mut file).map_err(io)?;
        for line in new {
            let length = u64::try_from(line.text.len()).unwrap_or(u64::MAX);
            if size > 0 && size.saturating_add(length) > self.rules.max_size {
                file.sync_data().map_err(io)?;
                self.begin_anew(name)?;
                file = self.file(name)?;
                size = 0;
            }
            file.write_all(line.text.as_bytes()).map_err(io)?;
            size += length;
        }
        file.sync_data().map_err(io)?;
        // A file that is new must be found again after a power cut.
        self.directory.sync_all().map_err(io)?;
        Ok(new.len().try_into().unwrap_or(u64::MAX))
    }

    /// By what the last line of a conversation is known: that of the newest file that has one.
    fn last_mark(&self, name: &str) -> Result<Option<Mark>, FolderError> {
        let names = (0..=self.rules.keep).map(|age| aged(name, age));
        for name in names {
            let Some(mut file) = self.existing(&name, OFlag::O_RDONLY)? else {
                continue;
            };
            let line = last_line(&mut file).map_err(|source| self.io(&name, source))?;
            if let Some(line) = line {
                return Ok(Mark::read(&line));
            }
        }
        Ok(None)
    }

    /// The newest file of a conversation, to be appended to.
    fn file(&self, name: &str) -> Result<File, FolderError> {
        let file = self.existing(name, OFlag::O_RDWR | OFlag::O_APPEND | OFlag::O_CREAT)?;
        let io = |source| self.io(name, source);
        let file = file.ok_or_else(|| io(io::ErrorKind::NotFound.into()))?;
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(io)?;
        Ok(file)
    }

    /// A file of the directory. A link is not followed, and what is no file is not opened: it would be
    /// somebody else's.
    fn existing(&self, name: &str, flags: OFlag) -> Result<Option<File>, FolderError> {
        let not_ours = |what| self.not_ours(name, what);
        // Without O_NONBLOCK a pipe would hold us up until somebody reads it.
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let file = match openat(&self.directory, name, flags, mode) {
            Ok(file) => File::from(file),
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ELOOP) => return Err(not_ours("a link to another place")),
            Err(Errno::EISDIR | Errno::ENXIO) => return Err(not_ours("no file")),
            Err(error) => return Err(self.io(name, error.into())),
        };
        let meta = file.metadata().map_err(|source| self.io(name, source))?;
        if meta.is_file() {
            Ok(Some(file))
        } else {
            Err(not_ours("no file"))
        }
    }

    /// Makes room for a new file: each full one becomes one older, the oldest goes.
    fn begin_anew(&self, name: &str) -> Result<(), FolderError> {
        let oldest = aged(name, self.rules.keep);
        match unlinkat(&self.directory, oldest.as_str(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            // Linux says the first of a directory, POSIX and macOS the second.
            Err(Errno::EISDIR | Errno::EPERM) => return Err(self.not_ours(&oldest, "no file")),
            Err(error) => return Err(self.io(&oldest, error.into())),
        }
        for age in (0..self.rules.keep).rev() {
            let (from, to) = (aged(name, age), aged(name, age + 1));
            match renameat(&self.directory, from.as_str(), &self.directory, to.as_str()) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(Errno::EISDIR | Errno::ENOTDIR | Errno::ENOTEMPTY | Errno::EEXIST) => {
                    return Err(self.not_ours(&to, "no file"));
                }
                Err(error) => return Err(self.io(&from, error.into())),
            }
        }
        Ok(())
    }

    fn not_ours(&self, name: &str, what: &'static str) -> FolderError {
        FolderError::NotOurs {
            path: self.rules.directory.join(name),
            what,
        }
    }

    fn io(&self, name: &str, source: io::Error) -> FolderError {
        FolderError::Io {
            path: self.rules.directory.join(name),
            source,
        }
    }
}

/// The name of a file that was begun anew so often since.
fn aged(name: &str, age: usize) -> String {
    match age {
        0 => name.to_owned(),
        age => format!("{name}.{age}"),
    }
}

/// Takes away what a power cut or a full disk left of a line; returns the size.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let size = file.metadata()?.len();
    let whole = newline_before(file, size)?;
    if whole < size {
        file.set_len(whole)?;
    }
    Ok(whole)
}

/// The last whole line of a file, without its end.
fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let size = file.metadata()?.len();
    let end = newline_before(file, size)?;
    if end == 0 {
        return Ok(None);
    }
    let start = newline_before(file, end - 1)?;
    file.seek(SeekFrom::Start(start))?;
    let mut line = Vec::new();
    file.take(end - 1 - start).read_to_end(&mut line)?;
    Ok(Some(line))
}

/// Where the last line of a file ends that ends before `end`; 0 if there is none.
fn newline_before(file: &mut File, mut end: u64) -> io::Result<u64> {
    while end > 0 {
        let start = end.saturating_sub(CHUNK);
        file.seek(SeekFrom::Start(start))?;
        let mut chunk = Vec::new();
        file.take(end - start).read_to_end(&mut chunk)?;
        if let Some(at) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + u64::try_from(at).unwrap_or(u64::MAX) + 1);
        }
        end = start;
    }
    Ok(0)
}
