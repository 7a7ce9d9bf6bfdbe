//! `[admission]`: the queue.

use std::{num::NonZeroU32, time::Duration};

use figment::value::Value;

use super::{problem::Complaint, section::Section, values};

/// More would be no bound.
const MOST_A_MINUTE: usize = 10_000;

/// `[admission]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// How many runs may work at once.
    pub max_active: usize,
    /// How many runs may wait for their turn.
    pub max_queued: usize,
    /// How many runs of one person may work at once in one channel and its threads.
    pub person_max_active: usize,
    /// How many of them may wait there.
    pub person_max_queued: usize,
    /// How many requests may wait in one session behind its run.
    pub mailbox: usize,
    /// How long a request may wait before it is given up.
    pub expiry: Duration,
    /// How many requests a person may make a minute in one project.
    pub requests_per_minute: NonZeroU32,
    /// How many commands a person may use a minute.
    pub commands_per_minute: NonZeroU32,
    /// How long the text of a request may be, and of the messages of one turn together, in bytes.
    pub max_prompt: usize,
}

impl Admission {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let max_active = section.or("max_active", 6, values::count(1..=1_000));
        let max_queued = section.or("max_queued", 20, values::count(1..=100_000));
        let person_max_active = section.or("person_max_active", 2, values::count(1..=1_000));
        let person_max_queued = section.or("person_max_queued", 5, values::count(1..=100_000));
        let mailbox = section.or("mailbox", 20, values::count(1..=10_000));
        let expiry = section.or("expiry", "30min", values::span(values::UP_TO_A_WEEK));
        let requests_per_minute = section.or("requests_per_minute", 30, a_minute);
        let commands_per_minute = section.or("commands_per_minute", 30, a_minute);
        let max_prompt = section.or("max_prompt", "32 KiB", values::bytes(1..=1 << 20));
        section.finish();
        Some(Self {
            max_active: max_active?,
            max_queued: max_queued?,
            person_max_active: person_max_active?,
            person_max_queued: person_max_queued?,
            mailbox: mailbox?,
            expiry: expiry?,
            requests_per_minute: requests_per_minute?,
            commands_per_minute: commands_per_minute?,
            max_prompt: usize::try_from(max_prompt?).ok()?,
        })
    }
}

/// How often, a minute.
fn a_minute(value: &Value) -> Result<NonZeroU32, Complaint> {
    let count = values::count(1..=MOST_A_MINUTE)(value)?;
    let count = u32::try_from(count).ok().and_then(NonZeroU32::new);
    Ok(count.unwrap_or(NonZeroU32::MIN))
}
