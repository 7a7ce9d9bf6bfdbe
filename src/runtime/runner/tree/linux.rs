//! Processes as `/proc` shows them.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _};

use nix::sys::prctl;

use super::{Life, Proc, descend};
use crate::runtime::runner::MARKER;

/// Nothing is missing here.
pub(in crate::runtime::runner) const CAVEAT: Option<&str> = None;

/// Every process that can be seen. One that ends while we look may be missing.
pub(super) fn all() -> Vec<Proc> {
    pids().filter_map(look_at).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// One process.
pub(super) fn look_at(pid: u32) -> Option<Proc> {
    parse_stat(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `/proc/<pid>/stat`: `pid (name) state ppid pgrp …` (proc_pid_stat(5)). The name may hold
/// anything, also parentheses.
fn parse_stat(pid: u32, stat: &[u8]) -> Option<Proc> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let life = match fields.next()? {
        "Z" | "X" | "x" => Life::Zombie,
        _ => Life::Alive,
    };
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Proc {
        pid,
        parent,
        group,
        life,
    })
}

/// The children of this process, ended ones among them, at little cost. Nothing where the kernel was
/// built without this file. A child belongs to the thread that has it; this process has one.
pub(in crate::runtime::runner) fn children() -> Vec<u32> {
    let me = std::process::id();
    let children = fs::read_to_string(format!("/proc/{me}/task/{me}/children"));
    let children = children.unwrap_or_default();
    children
        .split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Everything that carries this mark in its environment, and what descends from it. What has
/// wiped its environment and lost its parent is not found, nor is what the user may not look into.
pub(in crate::runtime::runner) fn marked(mark: &OsStr) -> Vec<Proc> {
    let mark = entry(mark);
    let mut found: Vec<Proc> = pids()
        .filter(|pid| carries(*pid, &mark))
        .filter_map(look_at)
        .filter(|proc| proc.life == Life::Alive)
        .collect();
    let roots: Vec<u32> = found.iter().map(|proc| proc.pid).collect();
    if !roots.is_empty() {
        found.extend(descend(&roots));
        found.sort_by_key(|proc| proc.pid);
        found.dedup_by_key(|proc| proc.pid);
    }
    found
}

/// The first process that carries this mark among those that have just been started. One that
/// forks and leaves all the time is gone before a look at all processes comes to it, but it cannot
/// help being the newest.
pub(in crate::runtime::runner) fn newest_marked(mark: &OsStr) -> Vec<u32> {
    // A few milliseconds, and dozens of lives of the fastest.
    const GLANCES: usize = 64;
    // How many may have been started since its own start.
    const RECENT: u32 = 3;

    let mark = entry(mark);
    for _ in 0..GLANCES {
        // proc_loadavg(5): the last field is the process id that was given last.
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let last = load.split_ascii_whitespace().next_back();
        let last: u32 = last.and_then(|pid| pid.parse().ok()).unwrap_or(0);
        let recent = last.saturating_sub(RECENT)..=last;
        if let Some(pid) = recent.rev().find(|pid| carries(*pid, &mark)) {
            return vec![pid];
        }
    }
    Vec::new()
}

/// The mark as it stands in an environment.
fn entry(mark: &OsStr) -> Vec<u8> {
    [MARKER.as_bytes(), b"=", mark.as_bytes()].concat()
}

/// Whether this variable stands in the environment with which a process was started.
fn carries(pid: u32, mark: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == mark)
}

/// Whether other processes of the user may look into this one.
pub(in crate::runtime::runner) fn dumpable() -> Option<bool> {
    prctl::get_dumpable().ok()
}

/// The memory of this process that is in use, in bytes.
pub(in crate::runtime::runner) fn rss() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    // proc_pid_status(5): "VmRSS:	    1234 kB".
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_looks_like_a_stat_line_is_read_right() {
        assert_eq!(
            parse_stat(12, b"12 (a) Z 1 (b) S 7 11 12 0 -1"),
            Some(Proc {
                pid: 12,
                parent: 7,
                group: 11,
                life: Life::Alive
            })
        );
        assert_eq!(
            parse_stat(12, b"12 (sh) Z 7 11 12"),
            Some(Proc {
                pid: 12,
                parent: 7,
                group: 11,
                life: Life::Zombie
            })
        );
        assert_eq!(parse_stat(12, b""), None);
        assert_eq!(parse_stat(12, b"12 (sh"), None);
    }
}
