//! How large the process is in the course of the hour. The simulated services live in it too and keep what was
//! said, which is little; what an allocator has got it keeps, so that there are steps, and no going down.

use std::{ops::Range, time::Duration};

use super::HOUR;
use crate::stage::memory;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(30);

/// The most that it may grow from its tenth minute on, in bytes.
const GROWTH: u64 = 30 << 20;

/// What the middle of the last quarter may be above that of the second one, in bytes: in the first one everything
/// is used for the first time. Ten hours of different chaos on a busy machine had up to 6 MiB, in one step.
const NOISE: u64 = 16 << 20;

/// What was seen, in bytes.
#[derive(Debug, Default)]
pub(super) struct Sizes(Vec<(Duration, u64)>);

impl Sizes {
    /// Looks when it is time to.
    pub(super) fn look(&mut self, now: Duration) {
        let last = self.0.last().map(|(at, _)| *at);
        if last.is_none_or(|last| now >= last + LOOK) {
            self.0.push((now, memory(std::process::id()).resident));
        }
    }

    /// It is bounded, and flat.
    pub(super) fn check(&self) {
        let quarters = [0, 1, 2, 3].map(|n| self.middle(HOUR * n / 4..HOUR * (n + 1) / 4));
        eprintln!("the middle of each quarter, in KiB: {quarters:?}");
        let [_, second, third, last] = quarters;
        let from = self.0.iter().find(|(at, _)| *at >= HOUR / 6);
        let to = self.0.iter().map(|(_, size)| *size).max();
        let grown = to.unwrap().saturating_sub(from.unwrap().1);
        assert!(grown < GROWTH, "it grew by {} KiB", grown >> 10);
        let risen = last.saturating_sub(second);
        assert!(
            risen < NOISE >> 10,
            "{second}, {third}, {last} KiB: it rises"
        );
    }

    /// The median of a part of the hour, in KiB.
    fn middle(&self, part: Range<Duration>) -> u64 {
        let seen = self.0.iter().filter(|(at, _)| part.contains(at));
        let mut sizes: Vec<u64> = seen.map(|(_, size)| *size >> 10).collect();
        sizes.sort_unstable();
        sizes[sizes.len() / 2]
    }
}
