//! Where a value came from.

use std::{
    fmt,
    path::{Path, PathBuf},
};

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
    /// A variable that the keyring of the operating system holds.
    Keyring {
        /// Its name.
        name: String,
    },
    /// A variable by the name that the first seed gave it.
    OldName {
        /// The variable.
        variable: Box<Self>,
        /// What it is called now.
        new: String,
    },
}

impl Source {
    /// The name of the variable, if it came from one.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Default | Self::File { .. } => None,
            Self::Variable { name } | Self::DotEnv { name, .. } | Self::Keyring { name } => {
                Some(name)
            }
            Self::OldName { variable, .. } => variable.variable(),
        }
    }

    /// The file and the line, if it came from one.
    fn line(&self) -> Option<(&Path, Option<usize>)> {
        match self {
            Self::Default | Self::Variable { .. } | Self::Keyring { .. } => None,
            Self::File { path, line } | Self::DotEnv { path, line, .. } => Some((path, *line)),
            Self::OldName { variable, .. } => variable.line(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.variable() {
            f.write_str(name)?;
        }
        if let Self::Keyring { .. } = self {
            return f.write_str(" in the keyring");
        }
        if let Self::OldName { new, .. } = self {
            write!(f, " (old name of {new})")?;
        }
        match (self.line(), self.variable()) {
            (None, None) => f.write_str("default"),
            (None, Some(_)) => Ok(()),
            (Some((path, line)), name) => {
                let within = if name.is_some() { " in " } else { "" };
                write!(f, "{within}{}", path.display())?;
                line.map_or(Ok(()), |line| write!(f, ":{line}"))
            }
        }
    }
}
