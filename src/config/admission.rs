//! `[admission]`: the queue.

use std::time::Duration;

use super::{section::Section, values};

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

impl Admission {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let max_active = section.or("max_active", 6, values::count(1..=1_000));
        let max_queued = section.or("max_queued", 20, values::count(1..=100_000));
        let mailbox = section.or("mailbox", 20, values::count(1..=10_000));
        let expiry = section.or("expiry", "30min", values::span(values::UP_TO_A_WEEK));
        section.finish();
        Some(Self {
            max_active: max_active?,
            max_queued: max_queued?,
            mailbox: mailbox?,
            expiry: expiry?,
        })
    }
}
