//! `[admission]`: the queue.

use std::time::Duration;

/// `[admission]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// How many runs may work at once.
    pub max_active: usize,
    /// How many runs may wait for their turn.
    pub max_queued: usize,
    /// How many requests may wait in one session behind its run.
    pub mailbox: usize,
    /// How long a request may wait before it is given up.
    pub expiry: Duration,
}
