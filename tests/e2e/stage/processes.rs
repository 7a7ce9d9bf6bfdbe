//! Looking for processes.

use std::{fs, time::Duration};

/// How long anything that is waited for may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The processes whose environment has this entry, apart from zombies.
pub(crate) fn ids_with(entry: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(id) = process.file_name().to_string_lossy().parse::<u32>() else { continue };
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|one| one == entry.as_bytes()) {
            found.push(id);
        }
    }
    found
}

/// Waits for something that nothing announces, such as the end of somebody else's process.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while !holds() {
            look.tick().await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(ended.is_ok(), "waited {PATIENCE:?} in vain until {what}");
}
