//! Looking for processes.

use std::{fs, time::Duration};

/// How long anything that is waited for may take.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// The processes whose environment has this entry, apart from zombies.
pub(crate) fn ids_with(entry: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment
            .split(|byte| *byte == 0)
            .any(|one| one == entry.as_bytes())
        {
            found.push(id);
        }
    }
    found
}

/// The processes that have this text in their environment or on their command line.
pub(crate) fn touching(text: &str) -> Vec<u32> {
    having(&["environ", "cmdline"], text)
}

/// The processes that have this text on their command line, its words joined by single spaces.
pub(crate) fn commands_with(text: &str) -> Vec<u32> {
    having(&["cmdline"], text)
}

fn having(files: &[&str], text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let has = files.iter().any(|file| {
            let told = fs::read(process.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&told)
                .replace('\0', " ")
                .contains(text)
        });
        if has {
            found.push(id);
        }
    }
    found
}

/// The process that a process belongs to; of one that has started another and ended, that of the next one above.
pub(crate) fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

/// Waits for something that nothing announces, such as the end of somebody else's process.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    assert!(
        in_time(holds).await,
        "waited {PATIENCE:?} in vain until {what}"
    );
}

/// Waits until so many of these processes are left; a failure names those that are.
pub(crate) async fn until_left(count: usize, left: impl Fn() -> Vec<u32>) {
    let is_so = in_time(|| left().len() == count).await;
    let names: Vec<_> = left().into_iter().map(described).collect();
    assert!(is_so, "after {PATIENCE:?} there are {names:#?}");
}

async fn in_time(holds: impl Fn() -> bool) -> bool {
    let waiting = async {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while !holds() {
            look.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.is_ok()
}

/// A process in words: who it is, whose, at what, and by which command.
fn described(process: u32) -> String {
    let read = |file: &str| {
        let told = fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&told)
            .replace('\0', " ")
            .trim()
            .to_owned()
    };
    let status = read("status");
    let line = |name: &str| {
        status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or("")
    };
    let command: String = read("cmdline").chars().take(200).collect();
    let (state, parent) = (line("State:"), line("PPid:"));
    format!("{process} {state} {parent} {} {command}", read("wchan"))
}

/// What a process holds in memory, and the most that it ever held, in bytes (proc(5): `status`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) peak: u64,
}

/// Looks at a process that is there.
pub(crate) fn memory(process: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let bytes = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kib.map(|kib: u64| kib << 10).expect("Linux tells it")
    };
    Memory {
        resident: bytes("VmRSS:"),
        peak: bytes("VmHWM:"),
    }
}
