//! The locks around a login: that of other Batons, and those that the agent program itself respects ([`Locking`]).

use std::{
    fs::{self, DirBuilder, File, FileTimes, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, SystemTime},
};

use nix::fcntl::OFlag;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::{Locking, file::make_private};
use crate::clock::Clock;

/// How often a directory that is held is touched: Claude Code takes what was not touched for ten seconds for dead.
const TOUCH: Duration = Duration::from_secs(2);

/// A lock that nobody has touched for so long is a dead process's. By our own watch, never by comparing its time of
/// change with the clock: that may have jumped.
const DEAD: Duration = Duration::from_secs(12);

/// How long locks are waited for that somebody else holds; longer than it takes to see that nobody does.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How often a lock that somebody else holds is tried.
const AGAIN: Duration = Duration::from_millis(250);

/// The directory of Baton's own locks within the program's.
pub(super) const OWN: &str = "baton-locks";

/// Locks that are held. Dropping them gives them back.
#[derive(Debug)]
pub(super) struct Locks {
    // In the order in which they are given back: the last taken first.
    theirs: Theirs,
    _ours: File,
}

impl Locks {
    /// Whether nobody has taken one away. That happens to a process that slept for longer than a program is patient.
    pub(super) fn are_held(&self) -> bool {
        match &self.theirs {
            Theirs::Directories(touch) => touch.made.0.lock().iter().all(Made::is_ours),
            Theirs::File { .. } => true,
        }
    }
}

#[derive(Debug)]
enum Theirs {
    Directories(Touch),
    File { _locked: File },
}

/// Takes all locks around the login in this directory; `None` if somebody else had one for as long as `patience`.
pub(super) async fn take(
    locking: Locking,
    directory: &Path,
    patience: Duration,
) -> io::Result<Option<Locks>> {
    let until = Instant::now() + patience;
    let own = directory.join(OWN);
    make_private(&own)?;
    let Some(ours) = lock_file(&own.join("refresh.lock"), until).await? else {
        return Ok(None);
    };
    let theirs = match locking {
        Locking::Directories(all) => directories(all, directory, until).await?,
        Locking::File(path) => lock_file(&path, until)
            .await?
            .map(|locked| Theirs::File { _locked: locked }),
    };
    Ok(theirs.map(|theirs| Locks {
        theirs,
        _ours: ours,
    }))
}

/// Locks a file (flock); the lock goes with the process.
async fn lock_file(path: &Path, until: Instant) -> io::Result<Option<File>> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return Ok(None),
            Err(TryLockError::WouldBlock) => sleep(AGAIN).await,
        }
    }
}

async fn directories(
    all: Vec<PathBuf>,
    directory: &Path,
    until: Instant,
) -> io::Result<Option<Theirs>> {
    // From the first one on: a lock that is not touched for ten seconds is taken away, also while others are waited for.
    let made = Touched::default();
    let touch = Touch::of(made.clone())?;
    // A process that dies leaves all of them, so all of them are watched from now on: one after the other would take
    // longer than anybody waits.
    let began = Instant::now();
    let found: Vec<_> = all
        .into_iter()
        .map(|path| (State::of(&path), path))
        .collect();
    for (state, path) in found {
        match make(&path, until, state.map(|state| (state, began))).await {
            Ok(Some(one)) => made.0.lock().push(one),
            Ok(None) => return Ok(None),
            // The program goes on without it if the directory above is not its own to write.
            Err(error) if is_beside(directory, &path) => {
                tracing::debug!(path = %path.display(), %error, "a lock cannot be made; the program does without it too");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(Theirs::Directories(touch)))
}

fn is_beside(directory: &Path, lock: &Path) -> bool {
    lock.parent() != Some(directory)
}

/// A directory that is a lock.
#[derive(Debug)]
struct Made {
    path: PathBuf,
    /// Which directory it is: somebody may have put another one in its place.
    made: Option<(u64, SystemTime)>,
}

impl Made {
    fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            made: which(path),
        }
    }

    fn is_ours(&self) -> bool {
        self.made.is_some() && which(&self.path) == self.made
    }
}

fn which(path: &Path) -> Option<(u64, SystemTime)> {
    let found = fs::symlink_metadata(path).ok()?;
    // Where that is not told, numbers are used again less soon.
    let born = found.created().unwrap_or(SystemTime::UNIX_EPOCH);
    found.is_dir().then_some((found.ino(), born))
}

impl Drop for Made {
    fn drop(&mut self) {
        let removed = if self.is_ours() {
            fs::remove_dir(&self.path)
        } else {
            Err(io::ErrorKind::NotFound.into())
        };
        if let Err(error) = removed {
            tracing::warn!(path = %self.path.display(), %error, "a lock was taken away");
        }
    }
}

/// Makes a directory, once it is not there. `watched` is how it was, if it was there, and since when that is known.
async fn make(
    path: &Path,
    until: Instant,
    mut watched: Option<(State, Instant)>,
) -> io::Result<Option<Made>> {
    loop {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => return Ok(Some(Made::of(path))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let now = Instant::now();
        let state = State::of(path);
        watched = match (state, watched) {
            (Some(state), Some((before, since))) if state == before => Some((before, since)),
            (Some(state), _) => Some((state, now)),
            (None, _) => None,
        };
        if watched.is_some_and(|(_, since)| now.duration_since(since) >= DEAD) {
            remove_dead(path)?;
            watched = None;
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        sleep(AGAIN).await;
    }
}

/// Removes a lock that nobody holds; somebody else may have done it first, or it may be no lock. Fails where nobody of
/// this user can make or remove one.
fn remove_dead(path: &Path) -> io::Result<()> {
    match fs::remove_dir(path) {
        Ok(()) => {
            tracing::warn!(path = %path.display(), "nobody held this lock any more; it was removed");
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        Err(error) => tracing::warn!(
            path = %path.display(),
            %error,
            "nobody holds this lock any more, and it cannot be removed: remove it"
        ),
    }
    Ok(())
}

/// By what a lock is known that nobody has touched since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    inode: u64,
    changed: (i64, i64),
}

impl State {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        Some(Self {
            inode: found.ino(),
            changed: (found.mtime(), found.mtime_nsec()),
        })
    }
}

/// Directories that are held, in the order in which they were made.
#[derive(Clone, Debug, Default)]
struct Touched(Arc<Mutex<Vec<Made>>>);

impl Touched {
    fn touch(&self) {
        // The program compares it with the machine's clock, so no held one will do.
        let now = u64::try_from(Clock::system().now().get()).unwrap_or(0);
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now);
        let times = FileTimes::new().set_modified(now);
        for one in self.0.lock().iter().filter(|one| one.is_ours()) {
            let touched = File::open(&one.path).and_then(|lock| lock.set_times(times));
            if let Err(error) = touched {
                tracing::warn!(path = %one.path.display(), %error, "a lock could not be touched");
            }
        }
    }
}

/// Touches directories for as long as it lives, in a thread of its own: the program's patience is short, and a disk may
/// keep a worker busy. Removes them at its end, the last made first.
#[derive(Debug)]
struct Touch {
    made: Touched,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Touch {
    fn of(made: Touched) -> io::Result<Self> {
        let (end, ended) = mpsc::channel::<()>();
        let touched = made.clone();
        let touching = move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(TOUCH) {
                touched.touch();
            }
        };
        let thread = std::thread::Builder::new()
            .name("login locks".to_owned())
            .spawn(touching)?;
        Ok(Self {
            made,
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Touch {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once, or after the touch it is at.
            let _ = thread.join();
        }
        let mut made = self.made.0.lock();
        while let Some(last) = made.pop() {
            drop(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        credentials::Format as _,
        runtime::{claude, codex},
    };

    const SOON: Duration = Duration::from_millis(1);

    fn claudes(directory: &Path) -> Locking {
        claude::LoginFile.locks(directory).unwrap()
    }

    fn codexs(directory: &Path) -> Locking {
        codex::LoginFile.locks(directory).unwrap()
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "lock"))
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn the_programs_own_locks_are_held_and_given_back() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("claude");
        fs::create_dir(&directory).unwrap();
        let locks = take(claudes(&directory), &directory, SOON).await.unwrap();
        assert_eq!(
            names(&directory),
            [".oauth_refresh.lock", ".storage-write.lock"]
        );
        assert_eq!(names(home.path()), ["claude.lock"]);
        let second = take(claudes(&directory), &directory, SOON).await.unwrap();
        assert!(second.is_none());
        drop(locks.unwrap());
        assert_eq!(names(&directory), [] as [&str; 0]);
        assert_eq!(names(home.path()), [] as [&str; 0]);
        let again = take(claudes(&directory), &directory, SOON).await.unwrap();
        assert!(again.is_some());
    }

    #[tokio::test]
    async fn what_the_program_holds_is_waited_for_and_nothing_is_kept_meanwhile() {
        let home = tempfile::tempdir().unwrap();
        for held in ["a/.oauth_refresh.lock", "a.lock", "a/.storage-write.lock"] {
            fs::create_dir_all(home.path().join(held)).unwrap();
            let directory = home.path().join("a");
            let locks = take(claudes(&directory), &directory, SOON).await.unwrap();
            assert!(locks.is_none(), "{held}");
            fs::remove_dir(home.path().join(held)).unwrap();
            assert_eq!(names(&directory), [] as [&str; 0], "{held}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_nobody_touches_is_a_dead_processs_whatever_its_time_says() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a");
        let held = directory.join(".oauth_refresh.lock");
        fs::create_dir_all(&held).unwrap();
        let ahead = std::time::UNIX_EPOCH + Duration::from_secs(1 << 33);
        let lock = File::open(&held).unwrap();
        lock.set_times(FileTimes::new().set_modified(ahead))
            .unwrap();
        let patient = Duration::from_secs(20);
        let began = Instant::now();
        let locks = take(claudes(&directory), &directory, patient)
            .await
            .unwrap();
        assert!(locks.is_some());
        assert!(began.elapsed() >= DEAD, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_is_touched_is_not_taken_away() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a");
        let held = directory.join(".oauth_refresh.lock");
        fs::create_dir_all(&held).unwrap();
        let touched = async {
            for second in 1..25 {
                sleep(Duration::from_secs(1)).await;
                let at = std::time::UNIX_EPOCH + Duration::from_secs(second);
                let lock = File::open(&held).unwrap();
                lock.set_times(FileTimes::new().set_modified(at)).unwrap();
            }
        };
        let patient = Duration::from_secs(20);
        let (locks, ()) = tokio::join!(take(claudes(&directory), &directory, patient), touched);
        assert!(locks.unwrap().is_none());
        assert!(held.is_dir());
    }

    #[test]
    fn what_is_held_is_touched_and_what_somebody_else_has_made_in_its_place_is_let_be() {
        let home = tempfile::tempdir().unwrap();
        let lock = home.path().join("lock");
        fs::create_dir(&lock).unwrap();
        let age = || {
            let old = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
            File::open(&lock).unwrap().set_times(old).unwrap();
        };
        age();
        let held = Touched::default();
        held.0.lock().push(Made::of(&lock));
        held.touch();
        assert!(fs::metadata(&lock).unwrap().mtime() > 0);
        // Kept open, so that its number is not used again.
        let _first = File::open(&lock).unwrap();
        fs::remove_dir(&lock).unwrap();
        fs::create_dir(&lock).unwrap();
        age();
        held.touch();
        assert_eq!(fs::metadata(&lock).unwrap().mtime(), 0);
        held.0.lock().clear();
        assert!(lock.is_dir());
    }

    #[tokio::test]
    async fn a_lock_that_was_taken_away_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let locks = take(claudes(home.path()), home.path(), SOON)
            .await
            .unwrap()
            .unwrap();
        assert!(locks.are_held());
        fs::remove_dir(home.path().join(".oauth_refresh.lock")).unwrap();
        assert!(!locks.are_held());
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_in_a_locks_place_and_cannot_be_removed_costs_patience_and_no_more() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join(".oauth_refresh.lock"), "").unwrap();
        let patient = Duration::from_mins(1);
        let locks = take(claudes(&directory), &directory, patient)
            .await
            .unwrap();
        assert!(locks.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_a_dead_process_has_left_is_seen_in_the_time_for_one() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a");
        for held in ["a/.oauth_refresh.lock", "a.lock", "a/.storage-write.lock"] {
            fs::create_dir_all(home.path().join(held)).unwrap();
        }
        let began = Instant::now();
        let locks = take(claudes(&directory), &directory, PATIENCE)
            .await
            .unwrap();
        assert!(locks.is_some());
        assert!(began.elapsed() < 2 * DEAD, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_directory_above_that_cannot_be_written_costs_one_lock_and_no_renewal() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a");
        fs::create_dir(&directory).unwrap();
        // Nobody can make a directory in what is none, not even root.
        let missing = home.path().join("none/a.lock");
        let all = vec![directory.join(".oauth_refresh.lock"), missing];
        let locks = take(Locking::Directories(all), &directory, SOON)
            .await
            .unwrap();
        assert!(locks.unwrap().are_held());
    }

    #[tokio::test]
    async fn codex_locks_a_file() {
        let home = tempfile::tempdir().unwrap();
        let theirs = File::create(home.path().join("auth.lock")).unwrap();
        theirs.lock().unwrap();
        let locks = take(codexs(home.path()), home.path(), SOON).await.unwrap();
        assert!(locks.is_none());
        theirs.unlock().unwrap();
        let locks = take(codexs(home.path()), home.path(), SOON).await.unwrap();
        assert!(locks.is_some());
        assert!(matches!(theirs.try_lock(), Err(TryLockError::WouldBlock)));
    }
}
