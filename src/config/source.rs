//! Where a value came from.

use std::{fmt, path::PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// `baton.toml`.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
    },
    /// A variable of the process.
    Variable {
        /// Its name.
        name: String,
    },
    /// A variable of the `.env` file.
    DotEnv {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
    },
}

impl Source {
    /// The name of the variable, if it came from one.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Default | Self::File { .. } => None,
            Self::Variable { name } | Self::DotEnv { name, .. } => Some(name),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, path, line) = match self {
            Self::Default => return f.write_str("default"),
            Self::Variable { name } => return f.write_str(name),
            Self::File { path, line } => (None, path, line),
            Self::DotEnv { name, path, line } => (Some(name), path, line),
        };
        if let Some(name) = name {
            write!(f, "{name} in ")?;
        }
        write!(f, "{}", path.display())?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        Ok(())
    }
}
