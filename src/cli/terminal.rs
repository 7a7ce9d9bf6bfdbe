//! The one place that writes to the terminal.
//!
//! A failure to write is passed over: who closed the other end does not want to read more, and
//! there is nobody left to tell.

use std::io::{self, Write as _};

/// Writes what was asked for.
pub(super) fn say(text: &str) {
    let _closed = io::stdout().lock().write_all(text.as_bytes());
}

/// Writes what went wrong.
pub(super) fn complain(text: &str) {
    let _closed = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes help, the version, or what is wrong with the arguments.
pub(super) fn usage(message: &clap::Error) {
    let _closed = message.print();
}
