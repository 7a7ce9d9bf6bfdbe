//! Directories for temporary files: of the hub, and in it one for each thread.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _},
    path::{Component, Path},
};

use uuid::Uuid;

use super::{super::profile::ENVIRONMENT, complain};
use crate::runtime::runner::remove_tree;

/// Makes a directory that only this user may enter. A thread without one has nowhere to put temporary files.
pub(super) fn make(directory: &Path) {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory);
    if let Err(error) = made {
        complain(&format!("{} cannot be made: {error}", directory.display()));
    }
}

/// The same for a thread, with the file that tells its shells where it is.
pub(super) fn furnish(directory: &Path) {
    make(directory);
    let path = directory.as_os_str().as_bytes();
    let quoted = path.split(|byte| *byte == b'\'').collect::<Vec<_>>();
    let quoted = quoted.join(b"'\\''".as_slice());
    let line = [b"export TMPDIR='", quoted.as_slice(), b"'\n"].concat();
    if let Err(error) = fs::write(directory.join(ENVIRONMENT), line) {
        complain(&format!(
            "{} cannot be written: {error}",
            directory.display()
        ));
    }
}

/// Whether a directory is the one of a thread, right in that of all.
pub(super) fn is_one_of(directory: &Path, all: &Path) -> bool {
    let within = directory.strip_prefix(all);
    within.is_ok_and(|within| {
        let mut parts = within.components();
        matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none()
    })
}

/// Removes a directory with all that is in it, however an agent has left that. It takes its time beside what goes on, and
/// what cannot be removed now lies aside.
pub(super) fn clear(directory: &Path) {
    let aside = directory.with_extension(format!("old-{}", Uuid::new_v4().simple()));
    match fs::rename(directory, &aside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            return complain(&format!(
                "{} cannot be removed: {error}",
                directory.display()
            ));
        }
    }
    tokio::task::spawn_blocking(move || {
        if let Err(error) = remove_tree(&aside) {
            complain(&format!("{} cannot be removed: {error}", aside.display()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_learn_where_a_thread_has_its_temporary_files_whatever_that_is_called() {
        let around = tempfile::tempdir().unwrap();
        let room = around.path().join("it's; here");
        furnish(&room);
        let told = fs::read_to_string(room.join(ENVIRONMENT)).unwrap();
        let quoted = room.to_string_lossy().replace('\'', r"'\''");
        assert_eq!(told, format!("export TMPDIR='{quoted}'\n"));
    }

    #[test]
    fn a_thread_has_one_directory_in_that_of_all_and_nothing_else_is_removed_for_it() {
        let all = Path::new("/home/tmp/hub");
        for (directory, is_one) in [
            ("/home/tmp/hub/a", true),
            ("/home/tmp/hub", false),
            ("/home/tmp/hub/a/b", false),
            ("/home/tmp/hub/..", false),
            ("/home/tmp/hub/../../x", false),
            ("/home/tmp/other/a", false),
            ("a", false),
        ] {
            assert_eq!(is_one_of(Path::new(directory), all), is_one, "{directory}");
        }
    }
}
