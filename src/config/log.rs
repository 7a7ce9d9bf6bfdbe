//! `[log]`: what Baton writes about itself.

use std::{fmt, str::FromStr};

use figment::value::Value;

use super::{
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};
use crate::{observe::LogFormat, words::UnknownWord};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

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

impl Log {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let level = section.or("level", "info", read_level);
        let format = section.or("format", "text", read_format);
        section.finish();
        Some(Self {
            level: level?,
            format: format?,
        })
    }
}

impl FromStr for LogFilter {
    type Err = UnknownWord;

    // Stricter than the filter itself, which takes a misspelt level for the name of a module.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        for directive in text.split(',') {
            let (module, level) = match directive.trim().split_once('=') {
                Some((module, level)) => (module.trim(), level.trim()),
                None => ("baton", directive.trim()),
            };
            let named = !module.is_empty()
                && module
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | ':'));
            if !named || !LEVELS.contains(&level) {
                return Err(UnknownWord::new("log level", directive));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

fn read_level(value: &Value) -> Result<LogFilter, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        let remedy = format!(
            "Write one of {}, or levels by module: \"info,baton::delivery=debug\".",
            LEVELS.join(", ")
        );
        wrong(value, "is no log level", remedy)
    })
}

fn read_format(value: &Value) -> Result<LogFormat, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is no format of the log",
            "Write \"text\" or \"json\".",
        )
    })
}
