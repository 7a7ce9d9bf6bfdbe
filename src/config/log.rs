//! `[log]`: what Baton writes about itself.

use std::fmt;

use crate::words::words;

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// What is written.
    pub level: LogFilter,
    /// How it is written.
    pub format: LogFormat,
}

/// A level, or levels by module: `info,baton::delivery=debug`. Always one that
/// `tracing_subscriber::EnvFilter` understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

words! {
    /// How a line of the log looks.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line, for machines.
        Json = "json",
    }
}
