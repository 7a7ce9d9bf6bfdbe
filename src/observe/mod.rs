//! What Baton writes about itself: the log, the reference ids that lead from what a person sees to
//! a line of it, and the removal of secrets from both.
//!
//! Knows no other room; everything may use it.

mod format;
mod reference;
mod secrets;
mod setup;

pub use format::LogFormat;
pub use reference::Reference;
pub use secrets::{Secrets, redact};
pub use setup::{LogError, start};
