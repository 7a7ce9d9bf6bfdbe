//! Finding and ending whole trees of processes.
//!
//! A tree is what descends from a runner. On Linux the runner is a subreaper: whoever loses its
//! parent gets the runner as its new one, so neither `setsid` nor forking twice leads out of the
//! tree. There is no way to signal a tree at once; [`Hunt`] stops what it sees until it sees
//! nothing new, and only then kills, so that nothing can fork away from it for long.
//!
//! Between looking at a process and signalling it, its id might be given to another one. For that
//! it would have to end, be reaped and the ids to wrap around within microseconds.

use std::collections::{HashMap, HashSet};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill, killpg},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::{Pid, getpgrp},
};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
use other as system;

pub(super) use system::{CAVEAT, children, dumpable, marked, newest_marked, rss};

/// One process, as it was a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proc {
    pub(super) pid: u32,
    parent: u32,
    group: u32,
    life: Life,
}

/// Whether a process can still do anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Alive,
    /// Ended, and its parent has not asked how.
    Zombie,
}

/// All that lives below `root`.
pub(super) fn below(root: u32) -> Vec<Proc> {
    descend(&[root])
}

/// All that lives below any of `roots`.
fn descend(roots: &[u32]) -> Vec<Proc> {
    let mut children: HashMap<u32, Vec<Proc>> = HashMap::new();
    for proc in system::all() {
        children.entry(proc.parent).or_default().push(proc);
    }
    let mut found = Vec::new();
    let mut parents = roots.to_vec();
    while let Some(parent) = parents.pop() {
        for proc in children.remove(&parent).unwrap_or_default() {
            parents.push(proc.pid);
            if proc.life == Life::Alive {
                found.push(proc);
            }
        }
    }
    found
}

/// Whether `pid` descends from `root` (or is it), or hides its descent by losing ancestors faster
/// than one can look.
pub(super) fn is_below(pid: u32, root: u32) -> bool {
    (0..16).find_map(|_| climb(pid, root)).unwrap_or(true)
}

/// `None` when an ancestor ended while we looked.
fn climb(pid: u32, root: u32) -> Option<bool> {
    let mut at = pid;
    while at != root {
        // 0 is above the first process, or in another process namespace.
        if at == 0 {
            return Some(false);
        }
        at = system::look_at(at)?.parent;
    }
    Some(true)
}

/// Takes leave of the ended children of this process, one by one: waiting for any child would take
/// the agent's end away from tokio, which waits for it by its own means.
pub(super) fn reap(agent: u32) {
    let me = std::process::id();
    for proc in system::all() {
        if proc.parent == me && proc.life == Life::Zombie && proc.pid != agent {
            // An error means that it is gone already.
            let _ = waitpid(pid(proc.pid), Some(WaitPidFlag::WNOHANG));
        }
    }
}

/// Sends a signal to each of them. Who is gone has not minded.
pub(super) fn signal(pids: impl IntoIterator<Item = u32>, signal: Signal) {
    for process in pids {
        match kill(pid(process), signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => tracing::warn!(pid = process, %error, "cannot signal a process"),
        }
    }
}

/// Kills the groups of these processes, but not our own, which one of them may have joined.
fn kill_groups(procs: &[Proc]) {
    let ours = getpgrp();
    let groups: HashSet<u32> = procs.iter().map(|proc| proc.group).collect();
    for group in groups {
        // 0 and 1 would mean our own and, to the system, everybody.
        if group > 1 && pid(group) != ours {
            // An error means that it is gone, or that its members are told one by one.
            let _ = killpg(pid(group), Signal::SIGKILL);
        }
    }
}

/// Kills one process.
pub(super) fn kill_one(process: u32) -> Result<(), Errno> {
    match kill(pid(process), Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Ends everything that two ways of looking find.
#[derive(Debug)]
pub(super) struct Hunt<F, G> {
    /// Finds all, in some milliseconds.
    look: F,
    /// Finds at once those that live too shortly for a look.
    glance: G,
    groups: Groups,
    killed: HashSet<u32>,
}

/// Whether process groups are struck as a whole. That is the one way to hit processes that fork and
/// leave all the time: the kernel lets nobody fork out of a signal to its group. All groups of a
/// tree lie within it, because the runner has a session of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Groups {
    Whole,
    /// Somebody in them is not meant.
    Spared,
}

impl<F: Fn() -> Vec<Proc>, G: Fn() -> Vec<u32>> Hunt<F, G> {
    pub(super) fn new(look: F, glance: G, groups: Groups) -> Self {
        Self {
            look,
            glance,
            groups,
            killed: HashSet::new(),
        }
    }

    /// Stops and kills what is there. Answers what it struck: nothing means that all are gone;
    /// otherwise they may need a moment to go, and somebody may have slipped through.
    pub(super) fn round(&mut self) -> Vec<u32> {
        // Far more looks than a tree has generations; a tree that still grows is hit again in the
        // next round.
        const LOOKS: usize = 64;

        let mut stopped = HashSet::new();
        for _ in 0..LOOKS {
            self.chase(&mut stopped);
            let mut fresh: Vec<u32> = (self.look)().iter().map(|proc| proc.pid).collect();
            fresh.retain(|pid| stopped.insert(*pid));
            if fresh.is_empty() {
                break;
            }
            signal(fresh, Signal::SIGSTOP);
        }
        let found = (self.look)();
        if self.groups == Groups::Whole {
            kill_groups(&found);
        }
        let found: Vec<u32> = found.iter().map(|proc| proc.pid).collect();
        signal(found.iter().copied(), Signal::SIGKILL);
        self.killed.extend(&found);
        found
    }

    /// Stops those that flee by forking and leaving the rest to the child: a slow look finds only
    /// their empty shells, but every child that loses its parent becomes ours.
    fn chase(&self, stopped: &mut HashSet<u32>) {
        const GLANCES: usize = 512;

        for _ in 0..GLANCES {
            let mut fresh = (self.glance)();
            fresh.retain(|pid| stopped.insert(*pid));
            if fresh.is_empty() {
                break;
            }
            signal(fresh, Signal::SIGSTOP);
        }
    }

    /// How many processes were struck altogether.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.killed.len()).unwrap_or(u32::MAX)
    }
}

fn pid(raw: u32) -> Pid {
    // The kernel's ids fit (at most 2^22); one that does not is nobody's, and 0 and negative
    // numbers, which would mean groups, must not come out of it.
    Pid::from_raw(i32::try_from(raw).unwrap_or(i32::MAX))
}
