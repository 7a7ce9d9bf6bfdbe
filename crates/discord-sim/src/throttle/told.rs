//! What the bot was told to wait for.

use std::collections::HashMap;

use crate::limits;

use super::{Key, Scope};

/// The 429s that are not over.
#[derive(Debug, Default)]
pub(super) struct Told {
    buckets: HashMap<Key, Wait>,
    /// What all requests wait for that count globally, of whatever bucket.
    all: Option<Wait>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    told_ms: i64,
    until_ms: i64,
}

impl Wait {
    const fn new(retry_after_ms: i64, now: i64) -> Self {
        Self {
            told_ms: now,
            until_ms: now + retry_after_ms,
        }
    }

    /// A longer wait that the bot knows of stays, with the time that it has known it.
    const fn lengthen(&mut self, other: Self) {
        if other.until_ms > self.until_ms {
            self.until_ms = other.until_ms;
        }
    }

    const fn is_over(self, now: i64) -> bool {
        now >= self.until_ms
    }

    /// Whether who asks now must know better.
    const fn is_ignored(self, now: i64) -> bool {
        !self.is_over(now) && now - self.told_ms >= limits::IN_FLIGHT_MS
    }
}

impl Told {
    /// A wait of this scope, told to a request for this bucket.
    pub(super) fn tell(&mut self, key: Key, scope: Scope, retry_after_ms: i64, now: i64) {
        self.buckets.retain(|_, wait| !wait.is_over(now));
        self.all = self.all.filter(|wait| !wait.is_over(now));
        let wait = Wait::new(retry_after_ms, now);
        let known = match scope {
            Scope::Global if key.bucket.counts_globally() => self.all.get_or_insert(wait),
            Scope::Global | Scope::User | Scope::Shared => self.buckets.entry(key).or_insert(wait),
        };
        known.lengthen(wait);
    }

    /// Whether a request for this bucket comes although its sender must know better.
    pub(super) fn ignored(&self, key: &Key, now: i64) -> bool {
        let of_all = self.all.filter(|_| key.bucket.counts_globally());
        let of_it = self.buckets.get(key).copied();
        [of_all, of_it]
            .into_iter()
            .flatten()
            .any(|wait| wait.is_ignored(now))
    }
}
