//! What a runner says of itself.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// A runner's answer to "how are you".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The runner's own process id.
    pub pid: u32,
    /// The agent's process id; `None` before its start and after its end.
    pub agent: Option<u32>,
    /// Whether it has ended.
    #[serde(default)]
    pub has_ended: bool,
    /// The version of Baton that the runner is.
    pub version: String,
    /// Whether others of the same user may read the runner's memory. `None` where the system does
    /// not say.
    pub dumpable: Option<bool>,
    /// Memory in use, in bytes; 0 where the system does not say.
    pub rss: u64,
    /// The size of the journal, in bytes.
    pub journal_bytes: u64,
    /// How many processes live below the runner, the agent among them.
    pub descendants: u32,
    /// When the runner started.
    pub started: Millis,
    /// What the runner cannot promise on this system, as a sentence.
    pub caveat: Option<String>,
}
