//! What the bot was told to wait for.

use std::collections::HashMap;

use crate::limits;

use super::Key;

/// The buckets whose 429 is not over.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<Key, Wait>);

#[derive(Clone, Copy, Debug)]
struct Wait {
    told_ms: i64,
    until_ms: i64,
}

impl Told {
    pub(super) fn tell(&mut self, key: Key, retry_after_ms: i64, now: i64) {
        self.0.retain(|_, wait| now < wait.until_ms);
        let until_ms = now + retry_after_ms;
        // A longer wait that the bot knows of stays, with the time that it has known it.
        let wait = self.0.entry(key).or_insert(Wait {
            told_ms: now,
            until_ms,
        });
        wait.until_ms = wait.until_ms.max(until_ms);
    }

    /// Whether a request for this bucket comes although its sender must know better.
    pub(super) fn ignored(&mut self, key: &Key, now: i64) -> bool {
        self.0
            .get(key)
            .is_some_and(|wait| now < wait.until_ms && now - wait.told_ms >= limits::IN_FLIGHT_MS)
    }
}
