//! What a project is called.

use std::{fmt, path::Path, str::FromStr};

use crate::words::UnknownWord;

/// The longest name of a project, in characters.
const LONGEST_NAME: usize = 40;

/// 1 to 40 characters of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

impl ProjectName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part of a path in the letters that a name may have.
    pub(super) fn of_directory(directory: &Path) -> Self {
        let last = directory.file_name().unwrap_or_default().to_string_lossy();
        let plain = |char: char| match char.to_ascii_lowercase() {
            char @ ('a'..='z' | '0'..='9' | '_') => char,
            _ => '-',
        };
        let mut name: String = last.chars().map(plain).collect();
        name.truncate(LONGEST_NAME);
        let name = name.trim_matches('-');
        Self(if name.is_empty() { "project" } else { name }.to_owned())
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProjectName {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        if (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(UnknownWord::new("project name", text))
    }
}
