//! Clearing up after a runner, dead or alive.

use std::{
    ffi::OsStr,
    fs, io, thread,
    time::{Duration, Instant},
};

use super::{
    RemoveError,
    files::{self, Layout},
    lock::{Lock, Taken},
    mark,
    spec::Spec,
    tree::{self, Groups, Hunt},
};
use crate::words::RunnerId;

/// How long killed processes may take to go. One that sleeps in the kernel (a dead network disk)
/// goes when the kernel lets it, or never.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often in a row nothing must be found before nothing is there.
const QUIET: u32 = 3;

/// How long to wait between two looks at processes that have been killed.
const PAUSE: Duration = Duration::from_millis(2);

/// Ends all that is left of a runner, itself included, and removes its files. Blocks the thread.
pub(super) fn remove(layout: &Layout, runner: RunnerId) -> Result<(), RemoveError> {
    let directory = layout.directory(runner);
    let deadline = Instant::now() + PATIENCE;
    // Held until the end, so that no runner can begin in a directory that is being removed.
    let alive = if directory.try_exists()? {
        Some(end_runner(layout, runner, deadline)?)
    } else {
        None
    };
    end_tree(&mark(layout.root(), runner), deadline)?;
    if let Ok(spec) = Spec::read(&directory) {
        let session = layout.session_lock(spec.session);
        // A lock that somebody holds is another runner's by now.
        if session.try_exists()?
            && let Taken::Ours(lock) = Lock::take(&session, "")?
        {
            lock.remove()?;
        }
    }
    match fs::remove_file(layout.socket(runner)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    files::remove_tree(&directory)?;
    drop(alive);
    Ok(())
}

/// Kills the runner if it lives. Its lock proves that the process id is still its own.
fn end_runner(layout: &Layout, runner: RunnerId, deadline: Instant) -> Result<Lock, RemoveError> {
    let path = layout.directory(runner).join(files::ALIVE);
    loop {
        let holder = match Lock::take(&path, "")? {
            Taken::Ours(lock) => return Ok(lock),
            Taken::Theirs(holder) => holder,
        };
        match holder.parse() {
            Ok(pid) => {
                let alive = || RemoveError::Alive { pids: vec![pid] };
                tree::kill_one(pid).map_err(|_| alive())?;
                if Instant::now() > deadline {
                    return Err(alive());
                }
            }
            // It has the lock and is about to write its name into it.
            Err(_) if Instant::now() < deadline => {}
            Err(_) => return Err(RemoveError::Alive { pids: Vec::new() }),
        }
        thread::sleep(PAUSE);
    }
}

fn end_tree(mark: &OsStr, deadline: Instant) -> Result<(), RemoveError> {
    let mut hunt = Hunt::new(
        || tree::marked(mark),
        || tree::newest_marked(mark),
        Groups::Whole,
    );
    // One that forks and leaves all the time can be missed by a look, but hardly by several.
    let mut quiet = 0;
    loop {
        let pids = hunt.round();
        quiet = if pids.is_empty() { quiet + 1 } else { 0 };
        if quiet == QUIET {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(RemoveError::Alive { pids });
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_that_does_not_go_when_it_is_killed_is_told_and_not_waited_for() {
        let room = tempfile::tempdir().unwrap();
        let layout = Layout::new(room.path().to_owned());
        let runner = RunnerId::fresh();
        let directory = layout.directory(runner);
        files::private_directory(&directory).unwrap();
        // Beyond the largest id that there can be: nobody goes when it is killed.
        let pid = i32::MAX.to_string();
        let held = Lock::take(&directory.join(files::ALIVE), &pid).unwrap();
        let ended = end_runner(&layout, runner, Instant::now());
        assert!(
            matches!(&ended, Err(RemoveError::Alive { pids }) if *pids == [i32::MAX.cast_unsigned()]),
            "{ended:?}"
        );
        drop(held);
    }
}
