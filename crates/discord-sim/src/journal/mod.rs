//! The append-only record of all that the bot and the world did, and of every rule that was broken.
//! It knows nothing of HTTP, of sockets or of the world's state: it keeps what it is told, in order.

mod fact;
mod violation;

use serde::Serialize;

pub use fact::{Fact, GatewayFact, Pinged, RestCall};
pub use violation::{Violation, ViolationKind};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Position, from 0, without gaps.
    pub seq: usize,
    /// When, in Unix milliseconds of the simulator's clock.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

impl Entry {
    /// The REST call, if this is one.
    pub const fn rest(&self) -> Option<&RestCall> {
        if let Fact::Rest(call) = &self.fact {
            Some(call)
        } else {
            None
        }
    }

    /// The violation, if this is one.
    pub const fn violation(&self) -> Option<&Violation> {
        if let Fact::Violation(violation) = &self.fact {
            Some(violation)
        } else {
            None
        }
    }
}

/// The journal of one simulator.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Vec<Entry>,
    /// How many violations at the front a test has already looked at and taken.
    taken: usize,
}

impl Journal {
    pub(crate) fn append(&mut self, at_ms: i64, fact: Fact) {
        self.entries.push(Entry {
            seq: self.entries.len(),
            at_ms,
            fact,
        });
    }

    pub(crate) fn since(&self, seq: usize) -> &[Entry] {
        self.entries.get(seq..).unwrap_or_default()
    }

    /// The last `count` entries.
    pub(crate) fn tail(&self, count: usize) -> &[Entry] {
        self.since(self.entries.len().saturating_sub(count))
    }

    fn all_violations(&self) -> impl Iterator<Item = &Violation> {
        self.entries.iter().filter_map(Entry::violation)
    }

    /// Whether this very violation was written down before.
    pub(crate) fn has(&self, violation: &Violation) -> bool {
        self.all_violations().any(|known| known == violation)
    }

    /// The violations that nobody has taken yet.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.all_violations().skip(self.taken).cloned().collect()
    }

    /// The violations so far, which then no longer count against the bot.
    pub(crate) fn take_violations(&mut self) -> Vec<Violation> {
        let open = self.violations();
        self.taken += open.len();
        open
    }
}
