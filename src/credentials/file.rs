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
    time::Duration,
};

use nix::fcntl::OFlag;
use secrecy::SecretString;
use thiserror::Error;
use uuid::Uuid;

use super::{Document, Fingerprint, Format, Held, Locking, lock::OWN};

/// The longest file that is read, in bytes; a login has some 600, one of Codex's 5,000.
const LARGEST: u64 = 1 << 20;

/// How much room a new version is given before it is asked for, in bytes.
const ROOM: u64 = 64 << 10;

/// What stands between the name of the file and the fingerprint in the name of a version that is being written.
const MARK: &str = "baton";

/// How the name of a file begins that says that a token was sent.
const SENT: &str = "sent-";

/// What stands there if the service's answer could not be read and is kept as it came.
const ANSWER: &str = "answer";

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
    /// What stands in the file and is shown to nobody.
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
    /// Others can write into its directory.
    #[error("others can write into its directory: take that away with `chmod go-w`")]
    Open,
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

    /// What a person runs to log in.
    pub fn login(&self) -> String {
        self.format.login(&self.directory)
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

    /// Makes the directory, if there is none, for its owner alone.
    pub fn prepare(&self) -> io::Result<()> {
        make_private(&self.directory)
    }

    /// Reads the file. Its mode is repaired.
    pub fn look(&self) -> Look {
        match self.read() {
            Ok(Some((document, was_open))) => Look::There { document, was_open },
            Ok(None) => Look::Absent,
            Err(refusal) => Look::Refused(refusal),
        }
    }

    /// Reads the file. Nothing is followed that is a link.
    fn read(&self) -> Result<Option<(Document, bool)>, Refusal> {
        match fs::symlink_metadata(&self.directory) {
            Ok(found) => look_at_directory(&found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Refusal::Io(error.to_string())),
        }
        self.read_at(&self.path())
    }

    /// Reads the file or a version of it, and closes it to others; whether it was open to them.
    fn read_at(&self, path: &Path) -> Result<Option<(Document, bool)>, Refusal> {
        let io = |error: &io::Error| Refusal::Io(error.to_string());
        let mut file = match open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if is_link(&error) => return Err(Refusal::Link),
            Err(error) => return Err(io(&error)),
        };
        let found = file.metadata().map_err(|error| io(&error))?;
        if !found.is_file() {
            return Err(Refusal::NoFile);
        }
        is_ours(&found)?;
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
        // A version whose room was not cut off yet when its process died.
        let end = text.iter().rposition(|byte| *byte != 0);
        text.truncate(end.map_or(0, |last| last + 1));
        let document = Document::parse(self.format, &text).ok_or(Refusal::NoObject)?;
        Ok(Some((document, was_open)))
    }

    /// Whether the file is still the one with this fingerprint, or what a program has left of it that took it for dead.
    fn is_still(&self, print: &Fingerprint) -> Result<(), NotStored> {
        match self.read() {
            Ok(Some((document, _))) => match document.held() {
                Held::Tokens(tokens) if tokens.print() == *print => Ok(()),
                Held::Blanked => Ok(()),
                Held::Tokens(_) | Held::Nothing | Held::Key | Held::Bare { .. } => {
                    Err(NotStored::Changed)
                }
            },
            Ok(None) => Err(NotStored::Changed),
            // Nobody knows what it is.
            Err(refusal) => Err(io::Error::other(refusal.to_string()).into()),
        }
    }

    /// Makes room for the version that comes after the one with this fingerprint. Fails where that could not take the
    /// file's place.
    pub fn reserve(&self, of: &Fingerprint) -> io::Result<Reserved> {
        self.step()?;
        self.is_replaceable()?;
        let path = self.beside(MARK, of);
        let file = create(&path)?;
        // From here on it is taken away again if something fails.
        let reserved = Reserved {
            store: self.clone(),
            path,
            file,
            progress: Progress::Empty,
        };
        self.step()?;
        make_room(&reserved.file)?;
        reserved.file.sync_all()?;
        self.sync_directory()?;
        Ok(reserved)
    }

    /// Another file cannot take the place of one that is mounted by itself, as containers do with secrets. A second
    /// name for it tells, and nothing else would before it is too late.
    fn is_replaceable(&self) -> io::Result<()> {
        let second = self
            .directory
            .join(format!(".baton-{}", Uuid::new_v4().simple()));
        match fs::hard_link(self.path(), &second) {
            Ok(()) => fs::remove_file(second),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let why = "the file is mounted by itself; mount its directory";
                Err(io::Error::other(why))
            }
            // Some file systems have one name for each file.
            Err(_) => Ok(()),
        }
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

    /// Puts a whole version in place that an earlier process left behind, if the file is still the one before it, or
    /// what is left of that: `last` is the login that was seen last. Says whether one was put in place. Removes what
    /// never became a version. Whoever calls this holds the locks.
    pub fn finish(&self, last: Option<&Fingerprint>) -> io::Result<bool> {
        let before = match self.look() {
            Look::There { document, .. } => match document.held() {
                Held::Tokens(tokens) => Some(tokens.print()),
                Held::Blanked => last.copied(),
                Held::Nothing | Held::Key | Held::Bare { .. } => None,
            },
            Look::Absent => None,
            // What it is has to be known before anything is done about it.
            Look::Refused(why) => return Err(io::Error::other(why.to_string())),
        };
        let mut is_put = false;
        for left in self.left_behind()? {
            let version = match self.read_at(&left) {
                Ok(version) => version,
                // It was never finished, or is nothing of ours.
                Err(Refusal::NoObject | Refusal::TooLarge | Refusal::Link | Refusal::NoFile) => {
                    None
                }
                // Nobody knows what it is, and it may be all there is of a login.
                Err(why @ (Refusal::Io(_) | Refusal::Owner(_) | Refusal::Open)) => {
                    return Err(io::Error::other(why.to_string()));
                }
            };
            let print = version.and_then(|(document, _)| document.print());
            match (print, before) {
                (None, _) => fs::remove_file(&left)?,
                (Some(print), Some(before)) if self.is_after(&left, &before) && !is_put => {
                    if print == before {
                        fs::remove_file(&left)?;
                    } else {
                        self.step()?;
                        fs::rename(&left, self.path())?;
                        self.sync_directory()?;
                        is_put = true;
                    }
                }
                (Some(_), _) if is_old(&left) => fs::remove_file(&left)?,
                // It may be the newest there is of a login.
                (Some(_), _) => {}
            }
        }
        self.forget_answers();
        Ok(is_put)
    }

    /// Removes answers that nobody has looked at in all this time: there may be tokens in them. One that cannot be
    /// removed stands in nobody's way.
    fn forget_answers(&self) {
        for answer in self.beside_it(ANSWER).unwrap_or_default() {
            if is_older(&answer, OLD_ANSWER)
                && let Err(error) = fs::remove_file(&answer)
            {
                tracing::warn!(%error, path = %answer.display(), "an old answer could not be removed");
            }
        }
    }

    /// Puts a version from elsewhere in place, if the file is still the one before it.
    pub fn adopt(&self, document: &Document, after: &Fingerprint) -> Result<(), NotStored> {
        self.reserve(after)?.commit(document, after)
    }

    /// Puts this in the file's place, whatever that is. Whoever calls this holds the locks.
    pub(super) fn put(&self, document: &Document) -> io::Result<()> {
        // A fingerprint that no login has: what is left of a version that was not finished is nobody's.
        let nobodys = Fingerprint::of(&Uuid::new_v4().to_string().into());
        self.reserve(&nobodys)?.put(document)
    }

    /// Versions that processes before this one have begun to write.
    pub(super) fn left_behind(&self) -> io::Result<Vec<PathBuf>> {
        self.beside_it(MARK)
    }

    fn beside_it(&self, mark: &str) -> io::Result<Vec<PathBuf>> {
        let start = format!("{}.{mark}-", self.format.file());
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(&start)) {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    /// Whether a version was written to come after the one with this fingerprint.
    fn is_after(&self, version: &Path, print: &Fingerprint) -> bool {
        let start = format!("{}.{MARK}-{}-", self.format.file(), print.short());
        let name = version.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&start))
    }

    /// Whether a server, this one or another with the same directory, has sent the token with this fingerprint and never
    /// said what came of that. Whoever asks holds the locks.
    pub(super) fn is_sent(&self, print: &Fingerprint) -> bool {
        self.sent(print).exists()
    }

    /// Notes that the token is about to be sent, for other servers. What is noted of older ones is forgotten.
    pub(super) fn note_sent(&self, print: &Fingerprint) -> io::Result<()> {
        let note = self.sent(print);
        for entry in fs::read_dir(self.directory.join(OWN))?.flatten() {
            let is_note = entry.file_name().to_string_lossy().starts_with(SENT);
            if is_note && entry.path() != note {
                fs::remove_file(entry.path())?;
            }
        }
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(note)?
            .sync_all()
    }

    /// What came of it is known.
    pub(super) fn forget_sent(&self, print: &Fingerprint) {
        // One that stays makes the next renewal with it, of which there is none, a careful one.
        let _ = fs::remove_file(self.sent(print));
    }

    fn sent(&self, print: &Fingerprint) -> PathBuf {
        let name = format!("{SENT}{}", print.short());
        self.directory.join(OWN).join(name)
    }

    /// A name that no other version has.
    fn beside(&self, mark: &str, of: &Fingerprint) -> PathBuf {
        let (name, own) = (self.format.file(), Uuid::new_v4().simple());
        self.directory
            .join(format!("{name}.{mark}-{}-{own}", of.short()))
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
    progress: Progress,
}

/// How far a new version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// There is room for it.
    Empty,
    /// It is whole and on disk, beside the file.
    Written,
    /// It has the file's place, which the directory may not have on disk yet.
    InPlace,
    /// It is gone, or it is not to be used.
    Lost,
}

impl Reserved {
    /// Writes the version and puts it in the file's place, if that is still the one with the fingerprint `after`.
    pub fn commit(mut self, document: &Document, after: &Fingerprint) -> Result<(), NotStored> {
        self.try_commit(document, after)
    }

    /// The same, to be tried again from where it failed, unless [`Self::is_lost`].
    pub(super) fn try_commit(
        &mut self,
        document: &Document,
        after: &Fingerprint,
    ) -> Result<(), NotStored> {
        if self.progress == Progress::Empty {
            self.write(&document.text())?;
        }
        if self.progress == Progress::Written {
            self.take_place(after)?;
        }
        Ok(self.store.sync_directory()?)
    }

    /// Whether another place is needed for another try.
    pub(super) fn is_lost(&self) -> bool {
        self.progress == Progress::Lost
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.rewind()?;
        self.store.step()?;
        self.file.write_all(text)?;
        self.file.set_len(text.len() as u64)?;
        self.store.step()?;
        self.file.sync_all()?;
        self.progress = Progress::Written;
        Ok(())
    }

    fn take_place(&mut self, after: &Fingerprint) -> Result<(), NotStored> {
        self.store.is_still(after).inspect_err(|error| {
            if matches!(error, NotStored::Changed) {
                self.progress = Progress::Lost;
            }
        })?;
        Ok(self.rename()?)
    }

    fn rename(&mut self) -> io::Result<()> {
        self.store.step()?;
        match fs::rename(&self.path, self.store.path()) {
            Ok(()) => self.progress = Progress::InPlace,
            Err(error) => {
                if error.kind() == io::ErrorKind::NotFound {
                    self.progress = Progress::Lost;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn put(mut self, document: &Document) -> io::Result<()> {
        self.write(&document.text())?;
        self.rename()
            .inspect_err(|_| self.progress = Progress::Lost)?;
        self.store.sync_directory()
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        match self.progress {
            // A whole version beside the file is put in place by the next start.
            Progress::Written | Progress::InPlace => {}
            Progress::Empty | Progress::Lost => {
                // The next start removes it otherwise.
                let _ = fs::remove_file(&self.path);
            }
        }
    }
}

/// What is left of a login may be of use for so long.
const OLD: Duration = Duration::from_hours(24);

/// An answer that could not be read is kept for so long.
const OLD_ANSWER: Duration = Duration::from_hours(30 * 24);

/// Whether a file was written a day ago.
pub(super) fn is_old(path: &Path) -> bool {
    is_older(path, OLD)
}

fn is_older(path: &Path, than: Duration) -> bool {
    let written = fs::symlink_metadata(path).and_then(|found| found.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > than))
}

/// Whether nobody but this user and root can put anything into a directory.
fn look_at_directory(found: &fs::Metadata) -> Result<(), Refusal> {
    if found.is_symlink() {
        return Err(Refusal::Link);
    }
    if !found.is_dir() {
        return Err(Refusal::NoFile);
    }
    is_ours(found)?;
    if found.mode() & 0o022 != 0 {
        return Err(Refusal::Open);
    }
    Ok(())
}

fn is_ours(found: &fs::Metadata) -> Result<(), Refusal> {
    if found.uid() == nix::unistd::geteuid().as_raw() {
        Ok(())
    } else {
        Err(Refusal::Owner(found.uid()))
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

/// Makes a new file that only this user can read.
fn create(path: &Path) -> io::Result<File> {
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
