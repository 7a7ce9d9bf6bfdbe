//! Takes the memory of a conversation from the directory of one account to that of another.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::runtime::Memory;

/// Copies what a program remembers of a conversation; whole files only. Says whether there was anything to copy.
/// Whoever calls this has ended the agent.
pub(super) fn carry(memory: Option<Memory>, to: Option<PathBuf>) -> io::Result<bool> {
    let (Some(memory), Some(to)) = (memory, to) else {
        return Ok(false);
    };
    let mut found = false;
    for part in &memory.parts {
        found |= copy(&memory.home.join(part), &to.join(part))?;
    }
    Ok(found)
}

/// Copies a file, or a directory with all that is in it; says whether it is there. Links are left out: a program that
/// remembers by them remembers something else.
fn copy(from: &Path, to: &Path) -> io::Result<bool> {
    let found = match fs::symlink_metadata(from) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if found.is_dir() {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
        return Ok(true);
    }
    if !found.is_file() {
        return Ok(false);
    }
    let directory = to.parent().unwrap_or(to);
    fs::create_dir_all(directory)?;
    let mut copy = tempfile::NamedTempFile::new_in(directory)?;
    io::copy(&mut fs::File::open(from)?, copy.as_file_mut())?;
    copy.as_file().sync_all()?;
    copy.persist(to)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_copied_with_what_lies_beside_it_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::create_dir_all(a.join("p/one/sub")).unwrap();
        fs::write(a.join("p/one.jsonl"), "lines").unwrap();
        fs::write(a.join("p/one/sub/agent.jsonl"), "more").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", a.join("p/one/link")).unwrap();
        let memory = Memory {
            home: a,
            parts: vec!["p/one.jsonl".into(), "p/one".into(), "p/none".into()],
        };
        assert!(carry(Some(memory.clone()), Some(b.clone())).unwrap());
        assert_eq!(fs::read_to_string(b.join("p/one.jsonl")).unwrap(), "lines");
        assert_eq!(
            fs::read_to_string(b.join("p/one/sub/agent.jsonl")).unwrap(),
            "more"
        );
        assert!(!b.join("p/one/link").exists());
        let nothing = Memory {
            parts: vec!["p/none".into()],
            ..memory
        };
        assert!(!carry(Some(nothing), Some(b.clone())).unwrap());
        assert!(!carry(None, Some(b)).unwrap());
    }
}
