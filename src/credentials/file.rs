//! The file store: reads an agent program's file without following links, and writes it so that one whole version
//! of it is on disk whenever the power fails.
//!
//! A new version has its room on disk before anything is asked of the service: a token that can be used once is not
//! spent if what comes for it could not be kept.

use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read as _, Seek as _, Write as _},
    os::{
        fd::AsFd as _,
        unix::fs::{
            DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
        },
    },
    path::{Path, PathBuf},
};

use nix::fcntl::OFlag;
use secrecy::SecretString;
use thiserror::Error;

use super::{Document, Fingerprint, Format, Locking};

/// The longest file that is read, in bytes; a login has some 600, one of Codex's 5,000.
const LARGEST: u64 = 1 << 20;

/// How much room a new version is given before it is asked for, in bytes.
const ROOM: u64 = 64 << 10;

/// What stands between the name of the file and the fingerprint in the name of a version that is being written.
const MARK: &str = "baton";

/// What stands there if the service's answer could not be read and is kept as it came.
const ANSWER: &str = "baton-answer";

/// Where an agent program keeps its login.
#[derive(Clone)]
pub struct FileStore {
    format: &'static dyn Format,
    directory: PathBuf,
    #[cfg(test)]
    pub(super) faults: faults::Faults,
}

/// What was found.
#[derive(Debug)]
pub enum Look {
    /// There is no file, or no directory yet.
    Absent,
    /// A file.
    There {
        /// What stands in it.
        document: Document,
        /// Others could read or write it; now they cannot.
        was_open: bool,
    },
    /// Something that is not read.
    Refused(Refusal),
}

impl Look {
    /// What stands in the file and is to be shown to nobody.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        match self {
            Self::There { document, .. } => document.secrets(),
            Self::Absent | Self::Refused(_) => Vec::new(),
        }
    }
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It leads elsewhere.
    #[error("it is a symbolic link, which is not followed")]
    Link,
    /// It is a directory, a pipe or a device.
    #[error("it is no file")]
    NoFile,
    /// Another user has written it.
    #[error("it belongs to user {0}")]
    Owner(u32),
    /// It is larger than a login can be.
    #[error("it is larger than a login can be")]
    TooLarge,
    /// It holds something else than a JSON object.
    #[error("it holds no JSON object")]
    NoObject,
    /// The system does not let us.
    #[error("{0}")]
    Io(String),
}

/// Why a new version is not on disk.
#[derive(Debug, Error)]
pub enum NotStored {
    /// The file is not the one that was renewed any more.
    #[error("the file was changed meanwhile")]
    Changed,
    /// The disk refuses.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl FileStore {
    /// The file of this format in this directory.
    pub fn new(format: &'static dyn Format, directory: &Path) -> Self {
        Self {
            format,
            directory: directory.to_owned(),
            #[cfg(test)]
            faults: faults::Faults::default(),
        }
    }

    /// What the file looks like.
    pub fn format(&self) -> &'static dyn Format {
        self.format
    }

    /// What its program locks.
    pub fn locks(&self) -> io::Result<Locking> {
        self.format.locks(&self.directory)
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.directory.join(self.format.file())
    }

    /// Reads the file. Its mode is repaired.
    pub fn look(&self) -> Look {
        match self.read() {
            Ok(Some((document, was_open))) => Look::There { document, was_open },
            Ok(None) => Look::Absent,
            Err(refusal) => Look::Refused(refusal),
        }
    }

    /// The fingerprint of what stands in the file now.
    fn print(&self) -> Option<Fingerprint> {
        match self.look() {
            Look::There { document, .. } => document.print(),
            Look::Absent | Look::Refused(_) => None,
        }
    }

    fn read(&self) -> Result<Option<(Document, bool)>, Refusal> {
        let io = |error: &io::Error| Refusal::Io(error.to_string());
        match fs::symlink_metadata(&self.directory) {
            Ok(found) if found.is_symlink() => return Err(Refusal::Link),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(&error)),
        }
        let mut file = match open(&self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if is_link(&error) => return Err(Refusal::Link),
            Err(error) => return Err(io(&error)),
        };
        let found = file.metadata().map_err(|error| io(&error))?;
        if !found.is_file() {
            return Err(Refusal::NoFile);
        }
        if found.uid() != nix::unistd::geteuid().as_raw() {
            return Err(Refusal::Owner(found.uid()));
        }
        if found.len() > LARGEST {
            return Err(Refusal::TooLarge);
        }
        let was_open = found.mode() & 0o077 != 0;
        if was_open {
            file.set_permissions(Permissions::from_mode(0o600))
                .map_err(|error| io(&error))?;
        }
        let mut text = Vec::new();
        (&mut file)
            .take(LARGEST)
            .read_to_end(&mut text)
            .map_err(|error| io(&error))?;
        let document = Document::parse(self.format, &text).ok_or(Refusal::NoObject)?;
        Ok(Some((document, was_open)))
    }

    /// Makes room for the version that comes after the one with this fingerprint.
    pub fn reserve(&self, of: &Fingerprint) -> io::Result<Reserved> {
        let path = self.beside(MARK, of);
        self.step()?;
        let file = create(&path)?;
        // From here on it is taken away again if something fails.
        let reserved = Reserved {
            store: self.clone(),
            path,
            file,
            is_kept: false,
        };
        self.step()?;
        make_room(&reserved.file)?;
        reserved.file.sync_all()?;
        self.sync_directory()?;
        Ok(reserved)
    }

    /// Keeps an answer that cannot be read, for whoever has to look at it. Gives its path.
    pub fn keep_answer(&self, of: &Fingerprint, answer: &[u8]) -> io::Result<PathBuf> {
        let path = self.beside(ANSWER, of);
        let mut file = create(&path)?;
        file.write_all(answer)?;
        file.sync_all()?;
        self.sync_directory()?;
        Ok(path)
    }

    /// Puts a whole version in place that an earlier process left behind, if the file is still the one before it,
    /// and removes what is of no use. Whoever calls this holds the locks. Says whether one was put in place.
    pub fn finish(&self) -> io::Result<bool> {
        let Some(now) = self.print() else {
            return self.sweep().map(|()| false);
        };
        let left = self.beside(MARK, &now);
        let is_whole = fs::read(&left)
            .ok()
            .and_then(|text| Document::parse(self.format, &text))
            .and_then(|document| document.print())
            .is_some_and(|print| print != now);
        if is_whole {
            fs::rename(&left, self.path())?;
            self.sync_directory()?;
        }
        self.sweep()?;
        Ok(is_whole)
    }

    /// Puts a version from elsewhere in place, if the file is still the one before it.
    pub fn adopt(&self, document: &Document, after: &Fingerprint) -> Result<(), NotStored> {
        self.reserve(after)?.commit(document, after)
    }

    fn sweep(&self) -> io::Result<()> {
        let start = format!("{}.{MARK}-", self.format.file());
        let answers = format!("{}.{ANSWER}-", self.format.file());
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let is_ours =
                name.is_some_and(|name| name.starts_with(&start) && !name.starts_with(&answers));
            if is_ours {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn beside(&self, mark: &str, of: &Fingerprint) -> PathBuf {
        let name = self.format.file();
        self.directory.join(format!("{name}.{mark}-{}", of.short()))
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.step()?;
        File::open(&self.directory)?.sync_all()
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        self.faults.step()
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "a test lets each step fail"
    )]
    const fn step(&self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStore({})", self.path().display())
    }
}

/// A place on disk for a new version.
#[derive(Debug)]
pub struct Reserved {
    store: FileStore,
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl Reserved {
    /// Writes the version and puts it in the file's place, if that is still the one with the fingerprint `after`. If
    /// the disk refuses, it can be tried again.
    pub fn commit(mut self, document: &Document, after: &Fingerprint) -> Result<(), NotStored> {
        self.try_commit(document, after)
    }

    /// The same, to be tried again.
    pub(super) fn try_commit(
        &mut self,
        document: &Document,
        after: &Fingerprint,
    ) -> Result<(), NotStored> {
        let text = document.text();
        self.file.rewind()?;
        self.store.step()?;
        self.file.write_all(&text)?;
        self.file.set_len(text.len() as u64)?;
        self.store.step()?;
        self.file.sync_all()?;
        // From here on a whole version lies beside the file: the next start would put it in place.
        self.is_kept = true;
        if self.store.print() != Some(*after) {
            self.is_kept = false;
            return Err(NotStored::Changed);
        }
        self.store.step()?;
        fs::rename(&self.path, self.store.path())?;
        self.store.sync_directory()?;
        Ok(())
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.is_kept {
            // The next attempt removes it otherwise.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Opens a file to read, without following a link or waiting for a pipe.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
}

/// Makes a new file that only this user can read. What an earlier attempt left there is removed.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)
}

/// Takes room on the disk, also where the file system cannot be asked for it.
fn make_room(mut file: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use nix::fcntl::{FallocateFlags, fallocate};
        let room = ROOM.try_into().unwrap_or(i64::MAX);
        match fallocate(file.as_fd(), FallocateFlags::empty(), 0, room) {
            Ok(()) => return Ok(()),
            Err(nix::errno::Errno::EOPNOTSUPP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file.as_fd();
    let room = usize::try_from(ROOM).unwrap_or(usize::MAX);
    file.write_all(&vec![0; room])
}

fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32)
}

/// What an ordinary user may still write to the disk of a directory, in bytes.
#[cfg_attr(
    target_os = "linux",
    expect(
        clippy::useless_conversion,
        reason = "the widths of both differ between systems"
    )
)]
pub fn free_on(directory: &Path) -> Option<u64> {
    let stats = nix::sys::statvfs::statvfs(directory).ok()?;
    let blocks = u64::try_from(stats.blocks_available()).ok()?;
    blocks.checked_mul(u64::try_from(stats.fragment_size()).ok()?)
}

/// Makes a directory that only this user may enter.
pub(super) fn make_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// Lets the steps of a test's store fail.
#[cfg(test)]
pub(super) mod faults {
    use std::{io, sync::Arc};

    use nix::errno::Errno;
    use parking_lot::Mutex;

    /// How many steps go well before they fail, and with what.
    #[derive(Clone, Debug, Default)]
    pub(in crate::credentials) struct Faults(Arc<Mutex<Option<(u32, Errno)>>>);

    impl Faults {
        pub(in crate::credentials) fn after(&self, steps: u32, error: Errno) {
            *self.0.lock() = Some((steps, error));
        }

        pub(in crate::credentials) fn none(&self) {
            *self.0.lock() = None;
        }

        pub(super) fn step(&self) -> io::Result<()> {
            match &mut *self.0.lock() {
                None => Ok(()),
                Some((0, error)) => Err((*error).into()),
                Some((left, _)) => {
                    *left -= 1;
                    Ok(())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
