//! What agents can change: nothing may lie there that Baton executes or that its agents are to trust.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::program::way_to;

/// What is wrong with a file that an agent can change, behind how it is reached.
const CHANGED: &str = "lies in a project's directory, where agents may change it";

/// The directories in which agents work, as they really lie.
#[derive(Debug, Default)]
pub(super) struct Reach(Vec<PathBuf>);

impl Reach {
    /// Notes where agents work.
    pub(super) fn add(&mut self, directory: &Path) {
        let really = directory.canonicalize();
        self.0.push(really.unwrap_or_else(|_| directory.to_owned()));
    }

    /// Why a file that somebody calls `word` is not Baton's alone: it lies in a project, will lie there when it
    /// is made, or is reached through one. `None` if none of that is so.
    pub(super) fn over(&self, word: &str, file: &Path) -> io::Result<Option<String>> {
        let place = self.place(file)?;
        Ok(place.map(|place| {
            let how = if place == file {
                String::new()
            } else {
                format!(" is reached through {}, which", place.display())
            };
            format!("`{word}`{how} {CHANGED}.")
        }))
    }

    /// The same for a directory in which files are looked for, or for what is a file after all. What cannot be
    /// looked at gives nothing.
    pub(super) fn over_directory(&self, directory: &Path) -> Option<String> {
        let within = self.place(&directory.join("file"));
        let place = within.or_else(|_| self.place(directory)).ok()?;
        place.map(|_| format!("`{}` {CHANGED}.", directory.display()))
    }

    /// The first place on the way to a file that lies in a project.
    fn place(&self, file: &Path) -> io::Result<Option<PathBuf>> {
        let inside = |place: &PathBuf| {
            let mut all = self.0.iter();
            all.any(|project| place.starts_with(project) && place != project)
        };
        Ok(way_to(file)?.into_iter().find(inside))
    }
}
