//! The append-only record of all that the bot and the world did, and of every rule that was broken.
//! It knows nothing of HTTP, of sockets or of the world's state: it keeps what it is told, in order.

mod count;
mod fact;
mod violation;

use serde::Serialize;

pub use count::Counts;
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

/// How much of the journal is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JournalSize {
    /// Everything.
    #[default]
    All,
    /// At least this many of the last facts, and less than twice as many. Violations stay, and
    /// [`Counts`] count all.
    Last(usize),
}

/// The journal of one simulator.
#[derive(Debug)]
pub(crate) struct Journal {
    size: JournalSize,
    entries: Vec<Entry>,
    /// The position of the first entry that is kept.
    first: usize,
    counts: Counts,
    /// All violations, whether their entries are kept or not.
    violations: Vec<Violation>,
    /// How many violations at the front a test has already looked at and taken.
    taken: usize,
}

impl Journal {
    pub(crate) fn new(size: JournalSize) -> Self {
        Self {
            size,
            entries: Vec::new(),
            first: 0,
            counts: Counts::default(),
            violations: Vec::new(),
            taken: 0,
        }
    }

    pub(crate) fn append(&mut self, at_ms: i64, fact: Fact) {
        self.counts.count(&fact);
        if let Fact::Violation(violation) = &fact {
            self.violations.push(violation.clone());
        }
        self.entries.push(Entry {
            seq: self.first + self.entries.len(),
            at_ms,
            fact,
        });
        if let JournalSize::Last(kept) = self.size
            && self.entries.len() >= kept.saturating_mul(2).max(1)
        {
            // Half at once, so that each fact is moved only once.
            let gone = self.entries.len() - kept;
            self.entries.drain(..gone);
            self.first += gone;
        }
    }

    /// What is kept from position `seq` on.
    pub(crate) fn since(&self, seq: usize) -> &[Entry] {
        let from = seq.saturating_sub(self.first);
        self.entries.get(from..).unwrap_or_default()
    }

    /// The last `count` entries.
    pub(crate) fn tail(&self, count: usize) -> &[Entry] {
        let from = self.entries.len().saturating_sub(count);
        &self.entries[from..]
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether this very violation was written down before.
    pub(crate) fn has(&self, violation: &Violation) -> bool {
        self.violations.contains(violation)
    }

    /// The violations that nobody has taken yet.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.violations[self.taken..].to_vec()
    }

    /// The violations so far, which then no longer count against the bot.
    pub(crate) fn take_violations(&mut self) -> Vec<Violation> {
        let open = self.violations();
        self.taken += open.len();
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_journal_forgets_the_oldest_facts_and_neither_positions_nor_counts() {
        let mut journal = Journal::new(JournalSize::Last(3));
        journal.append(
            0,
            Fact::Violation(Violation {
                kind: ViolationKind::Ping,
                detail: String::new(),
            }),
        );
        for at in 1..100 {
            journal.append(at, Fact::Gateway(GatewayFact::Heartbeat));
        }
        let kept: Vec<usize> = journal.since(0).iter().map(|entry| entry.seq).collect();
        assert_eq!(kept, [96, 97, 98, 99]);
        assert_eq!(journal.since(99).len(), 1);
        assert_eq!(journal.since(100), []);
        assert_eq!(journal.counts().facts, 100);
        assert_eq!(journal.counts().heartbeats, 99);
        assert_eq!(journal.violations().len(), 1);
    }
}
