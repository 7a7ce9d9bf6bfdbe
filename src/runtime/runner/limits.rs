//! What a runner bears.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bounds that a runner keeps. They travel in its spec, so a running runner keeps the ones it
/// was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunnerLimits {
    /// The longest line of either direction, in bytes. Lines with pictures are megabytes; beyond
    /// this the line is dropped and counted.
    pub line: usize,
    /// The largest journal, in bytes. What would make it larger ends the agent.
    pub journal: u64,
    /// How long an agent may run while no server is connected.
    pub orphan: Duration,
    /// How long a runner waits, after its agent's end, for a server to read the journal.
    pub linger: Duration,
}

impl Default for RunnerLimits {
    fn default() -> Self {
        Self {
            line: 16 << 20,
            journal: 256 << 20,
            orphan: Duration::from_hours(6),
            linger: Duration::from_mins(10),
        }
    }
}
