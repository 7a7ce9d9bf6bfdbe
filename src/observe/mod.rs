//! What Baton writes about itself: the log, the reference ids that lead from what a person sees to
//! a line of it, the removal of secrets from both, and what is counted.
//!
//! Knows the words and no other room; everything may use it.

mod format;
mod last_error;
mod metrics;
mod reference;
mod secrets;
mod setup;

pub use format::LogFormat;
pub use last_error::LastError;
pub use metrics::{Heed, Metrics, Passage, Visit};
pub use reference::Reference;
pub use secrets::{Lease, Secrets, redact};
pub use setup::{LogError, start};
