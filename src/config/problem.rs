//! What is wrong with a configuration, in words for the person who wrote it.

use std::{fmt, path::Path};

use super::Source;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting, such as `http.listen`; or the file, if it cannot be read as a whole.
    pub key: String,
    /// Where its value came from; `None` if it is missing.
    pub source: Option<Source>,
    /// What is wrong, a sentence.
    pub text: String,
    /// What to do about it, a sentence.
    pub remedy: String,
    /// It may pass by itself: a service manager may try again.
    pub may_pass: bool,
}

impl Problem {
    /// Something that is wrong with a file as a whole, or with a line of it that is no setting.
    pub(super) fn in_file(path: &Path, line: Option<usize>, text: String, remedy: &str) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str());
        Self {
            key: name.to_string_lossy().into_owned(),
            source: Some(Source::File {
                path: path.to_owned(),
                line,
            }),
            text,
            remedy: remedy.to_owned(),
            may_pass: false,
        }
    }
}

/// Everything that is wrong with a configuration; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    /// Those of old names, and then in the order of the sections.
    pub problems: Vec<Problem>,
}

impl ConfigErrors {
    /// Whether all of it may pass by itself.
    pub fn may_pass(&self) -> bool {
        !self.problems.is_empty() && self.problems.iter().all(|problem| problem.may_pass)
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("The configuration has a problem.\n")?,
            count => writeln!(f, "The configuration has {count} problems.")?,
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            source,
            text,
            remedy,
            may_pass: _,
        } = self;
        match source {
            Some(source) => writeln!(f, "{key} ({source})")?,
            None => writeln!(f, "{key} (not set)")?,
        }
        writeln!(f, "    {text}")?;
        writeln!(f, "    {remedy}")
    }
}

/// What is wrong with one value; the reader of the section adds whose value it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong, a sentence.
    pub text: String,
    /// What to do about it, a sentence.
    pub remedy: String,
}

impl Complaint {
    /// From two sentences.
    pub fn new(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            remedy: remedy.into(),
        }
    }
}
