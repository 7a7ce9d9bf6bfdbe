//! Where a program is that a setting names, and by which ways it is reached.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    io,
    path::{Component, Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};
use thiserror::Error;

/// The directories in which programs are looked up where there is no `PATH`.
pub const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How many links one after the other the system follows (Linux: path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Why a program cannot be started; behind its name this is a sentence.
#[derive(Debug, Error)]
pub enum NoProgram {
    /// No directory of `PATH` has it.
    #[error("is not found in PATH ({0})")]
    NotInPath(String),
    /// `PATH` has a directory that is another one in each working directory.
    #[error("would be looked up in the agent's own working directory, since PATH has `{0}` in it")]
    WhereTheAgentWorks(String),
    /// There is nothing.
    #[error("does not exist")]
    Missing,
    /// A directory, or something else.
    #[error("is no file")]
    NoFile,
    /// It is not marked as a program, or not for this user.
    #[error("may not be executed")]
    NotExecutable,
    /// The system does not say.
    #[error("cannot be looked at: {0}")]
    Unknown(io::Error),
}

/// Finds a program as the system will, which is given a path from the root or a name that is looked up in
/// `path`, the value of `PATH`.
pub fn find_program(program: &Path, path: &str) -> Result<PathBuf, NoProgram> {
    if program.is_absolute() {
        return startable(program).map(|()| program.to_owned());
    }
    let mut last = NoProgram::NotInPath(path.to_owned());
    for directory in path.split(':') {
        let found = Path::new(directory).join(program);
        if found.is_relative() {
            let part = if directory.is_empty() { ":" } else { directory };
            return Err(NoProgram::WhereTheAgentWorks(part.to_owned()));
        }
        match startable(&found) {
            Ok(()) => return Ok(found),
            Err(NoProgram::NotExecutable) => last = NoProgram::NotExecutable,
            Err(_) => {}
        }
    }
    Err(last)
}

fn startable(program: &Path) -> Result<(), NoProgram> {
    match std::fs::metadata(program) {
        Ok(found) if !found.is_file() => Err(NoProgram::NoFile),
        Ok(_) => access(program, AccessFlags::X_OK).map_err(|_| NoProgram::NotExecutable),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NoProgram::Missing),
        Err(error) => Err(NoProgram::Unknown(error)),
    }
}

/// All that is passed on the way to a file: each part of its path and of the links that it leads through, as
/// they really lie, the file itself last. Whoever can change one of them can lead it elsewhere. What is not
/// there yet lies where it will.
pub(super) fn way_to(file: &Path) -> io::Result<Vec<PathBuf>> {
    let parts = |path: &Path| -> Vec<OsString> {
        let parts = path.components().map(Component::as_os_str);
        parts.map(OsStr::to_owned).collect()
    };
    let mut ahead = VecDeque::from(parts(file));
    let (mut way, mut here, mut links) = (Vec::new(), PathBuf::from("/"), 0);
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            here.pop();
            continue;
        }
        // The root begins anew.
        let next = here.join(&part);
        way.push(next.clone());
        let is_link = match std::fs::symlink_metadata(&next) {
            Ok(found) => found.is_symlink(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !is_link {
            here = next;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(io::Error::other("it leads through too many links"));
        }
        for part in parts(&std::fs::read_link(&next)?).into_iter().rev() {
            ahead.push_front(part);
        }
    }
    Ok(way)
}
