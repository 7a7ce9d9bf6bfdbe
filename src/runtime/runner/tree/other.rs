//! Processes as `ps` shows them, where there is no `/proc`.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
};

use super::{Life, Proc};

/// What is missing here.
pub(in crate::runtime::runner) const CAVEAT: Option<&str> = Some(
    "on this system a process that leaves its parent and its process group is lost from sight, \
     and an agent whose runner is killed lives on",
);

/// Every process. A process whose parent is init but whose group has a leader is shown as that
/// leader's child: without subreapers that is the only trace of where it came from.
pub(super) fn all() -> Vec<Proc> {
    // POSIX: ps -A -o.
    let shown = Command::new("/bin/ps")
        .args(["-A", "-o", "pid=,ppid=,pgid=,stat="])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    shown.map_or_else(
        |_| Vec::new(),
        |shown| {
            String::from_utf8_lossy(&shown.stdout)
                .lines()
                .filter_map(parse)
                .collect()
        },
    )
}

/// One process.
pub(super) fn look_at(pid: u32) -> Option<Proc> {
    all().into_iter().find(|proc| proc.pid == pid)
}

fn parse(line: &str) -> Option<Proc> {
    let mut fields = line.split_ascii_whitespace();
    let pid = fields.next()?.parse().ok()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let life = if fields.next()?.starts_with('Z') {
        Life::Zombie
    } else {
        Life::Alive
    };
    let parent = if parent == 1 && group != pid {
        group
    } else {
        parent
    };
    Some(Proc {
        pid,
        parent,
        group,
        life,
    })
}

/// Nobody comes to us who has lost its parent.
pub(in crate::runtime::runner) fn children() -> Vec<u32> {
    Vec::new()
}

/// Environments of other processes cannot be read here.
pub(in crate::runtime::runner) fn marked(_: &OsStr) -> Vec<Proc> {
    Vec::new()
}

/// Nor here.
pub(in crate::runtime::runner) fn newest_marked(_: &OsStr) -> Vec<u32> {
    Vec::new()
}

/// The system does not say.
pub(in crate::runtime::runner) fn dumpable() -> Option<bool> {
    None
}

/// The system does not say in a file.
pub(in crate::runtime::runner) fn rss() -> u64 {
    0
}
