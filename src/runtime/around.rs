//! Shutting a directory in which something lies that has to stay open.

use std::path::{Path, PathBuf};

/// `path` itself; but if something lies in it that has to be kept, everything beside the ways to that. It is what is
/// there now: a file put beside it later is not covered before the next start.
pub(super) fn around(path: PathBuf, kept: &[&Path]) -> Vec<PathBuf> {
    if kept.contains(&path.as_path()) {
        return Vec::new();
    }
    if !kept.iter().any(|kept| kept.starts_with(&path)) {
        return vec![path];
    }
    let inside = beside(&path, &[]);
    inside
        .into_iter()
        .flat_map(|entry| around(entry, kept))
        .collect()
}

/// What is in a directory but these.
pub(super) fn beside(directory: &Path, spared: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries
        .filter_map(Result::ok)
        .filter(|entry| !spared.iter().any(|name| entry.file_name() == *name))
        .map(|entry| entry.path())
        .collect()
}
