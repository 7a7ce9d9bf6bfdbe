//! `[runner]`: the processes that own the agents.

use std::time::Duration;

/// `[runner]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The longest line of an agent that is kept, in bytes.
    pub line_limit: u64,
    /// How large the journal of one runner may grow, in bytes; always larger than a line.
    pub journal_limit: u64,
    /// How long a runner goes on without hearing from a server.
    pub orphan_timeout: Duration,
}
