//! `[[projects]]`: the directories that people may work in.

use std::{fmt, path::PathBuf};

use crate::words::{ChannelId, RuntimeKind};

/// One of `[[projects]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name, unique.
    pub name: ProjectName,
    /// Its directory: absolute, and there when the settings were read.
    pub directory: PathBuf,
    /// The channels that belong to it: at least one, and each to no other project.
    pub channels: Vec<ChannelId>,
    /// The agent program that works in it.
    pub runtime: RuntimeKind,
    /// The model, as the agent program names it; `None` for its default.
    pub model: Option<String>,
    /// What the agent may use without being asked, as the agent program writes such rules.
    pub allowed_tools: Vec<String>,
}

/// 1 to 40 characters of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

impl ProjectName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
