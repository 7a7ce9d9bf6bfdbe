//! What stands where a call writes.

use serde::{Deserialize, Serialize};

use super::state::words;

/// What was found where a call writes, when people were asked about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Nothing is there yet.
    Nothing,
    /// A file with this in it.
    Text(String),
    /// What is there was not read.
    Unread(Unread),
}

words! {
    /// Why what stands somewhere was not read.
    Unread {
        /// It lies outside the project, or nobody can tell where.
        Outside = "outside",
        /// The project denies reading it.
        Denied = "denied",
        /// It is a directory or something stranger.
        NoFile = "no_file",
        /// It is longer than what is shown.
        TooLong = "too_long",
        /// It is not text.
        NoText = "no_text",
        /// The system does not let it be read, or it was changed meanwhile.
        Failed = "failed",
    }
}
