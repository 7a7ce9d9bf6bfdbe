//! What stands where a call writes, so that people see what would be lost.
//!
//! The agent may change directories into links at any moment. So a file is looked up from the project down, name by
//! name, and no link is followed: what is read is in the project, whatever happens meanwhile.

use std::{
    fs::File,
    io::Read as _,
    os::fd::OwnedFd,
    path::{Component, Path},
};

use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, OFlag, openat},
    sys::stat::Mode,
};

use crate::words::{Found, Unread};

/// Bytes of the longest file that is read: what is shown is also stored, and is to be compared line by line.
pub const LONGEST_FOUND: u64 = 256 << 10;

/// What stands at a place in a project. Both are absolute and without links.
pub fn found(project: &Path, file: &Path) -> Found {
    let Ok(inside) = file.strip_prefix(project) else {
        return Found::Unread(Unread::Outside);
    };
    match opened(project, inside) {
        Ok(fd) => read(&File::from(fd)),
        Err(Errno::ENOENT) => Found::Nothing,
        Err(_) => Found::Unread(Unread::Failed),
    }
}

fn opened(project: &Path, inside: &Path) -> Result<OwnedFd, Errno> {
    let directory = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    // Nobody waits for whoever would write into a pipe.
    let last = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let mut at = openat(AT_FDCWD, project, directory, Mode::empty())?;
    let mut names = inside.components().peekable();
    while let Some(name) = names.next() {
        let Component::Normal(name) = name else {
            return Err(Errno::EINVAL);
        };
        let how = if names.peek().is_some() {
            directory
        } else {
            last
        };
        at = openat(&at, name, how, Mode::empty())?;
    }
    Ok(at)
}

fn read(file: &File) -> Found {
    let Ok(about) = file.metadata() else {
        return Found::Unread(Unread::Failed);
    };
    if !about.is_file() {
        return Found::Unread(Unread::NoFile);
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    if file
        .take(LONGEST_FOUND + 1)
        .read_to_end(&mut bytes)
        .is_err()
    {
        return Found::Unread(Unread::Failed);
    }
    if u64::try_from(bytes.len()).is_ok_and(|bytes| bytes > LONGEST_FOUND) {
        return Found::Unread(Unread::TooLong);
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Found::Text(text),
        Ok(_) | Err(_) => Found::Unread(Unread::NoText),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn what_stands_in_the_project_is_read_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let app = home.join("app");
        for directory in ["app/src", "out"] {
            fs::create_dir_all(home.join(directory)).unwrap();
        }
        let longest = usize::try_from(LONGEST_FOUND).unwrap();
        for (file, bytes) in [
            ("app/src/a", b"one\ntwo".to_vec()),
            ("app/binary", b"a\0b".to_vec()),
            ("app/latin", b"\xe9".to_vec()),
            ("app/long", vec![b'x'; longest + 1]),
            ("app/longest", vec![b'x'; longest]),
            ("out/key", b"secret".to_vec()),
        ] {
            fs::write(home.join(file), bytes).unwrap();
        }
        // Links that were made after it was looked at where the call leads.
        symlink("../out/key", app.join("key")).unwrap();
        symlink("../out", app.join("way")).unwrap();
        nix::unistd::mkfifo(&app.join("pipe"), Mode::S_IRWXU).unwrap();
        let unread = Found::Unread;
        for (file, wanted) in [
            ("app/src/a", Found::Text("one\ntwo".into())),
            ("app/longest", Found::Text("x".repeat(longest))),
            ("app/new", Found::Nothing),
            ("app/new/deep", Found::Nothing),
            ("app/src", unread(Unread::NoFile)),
            ("app/pipe", unread(Unread::NoFile)),
            ("app/binary", unread(Unread::NoText)),
            ("app/latin", unread(Unread::NoText)),
            ("app/long", unread(Unread::TooLong)),
            ("app/key", unread(Unread::Failed)),
            ("app/way/key", unread(Unread::Failed)),
            ("app/src/a/b", unread(Unread::Failed)),
            ("app/src/../../out/key", unread(Unread::Failed)),
            ("out/key", unread(Unread::Outside)),
            ("other", unread(Unread::Outside)),
        ] {
            assert_eq!(found(&app, &home.join(file)), wanted, "{file}");
        }
    }
}
