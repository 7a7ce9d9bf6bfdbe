//! How often a bot may IDENTIFY (Discord: events/gateway, "Session Start Limit Object").

use crate::config::RateLimits;
use crate::limits;

/// The session starts of the bot.
#[derive(Debug)]
pub(crate) struct SessionStarts {
    spacing: RateLimits,
    left: u32,
    /// When the count begins anew, in Unix milliseconds; `None` before the first start.
    resets_ms: Option<i64>,
    /// When the last session began.
    last_ms: Option<i64>,
}

/// What becomes of an IDENTIFY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A session begins.
    Granted,
    /// It comes too soon after the last one.
    TooSoon,
    /// There were too many in a day.
    Exhausted,
}

impl SessionStarts {
    pub(crate) const fn new(spacing: RateLimits) -> Self {
        Self {
            spacing,
            left: limits::SESSION_STARTS,
            resets_ms: None,
            last_ms: None,
        }
    }

    /// Takes one.
    pub(crate) fn take(&mut self, now: i64) -> Start {
        self.renew(now);
        if self.left == 0 {
            return Start::Exhausted;
        }
        let spaced = self
            .last_ms
            .is_none_or(|last| now - last >= limits::IDENTIFY_SPACING_MS);
        if self.spacing == RateLimits::Realistic && !spaced {
            return Start::TooSoon;
        }
        self.left -= 1;
        self.last_ms = Some(now);
        self.resets_ms
            .get_or_insert(now + limits::SESSION_STARTS_MS);
        Start::Granted
    }

    /// How many are left, and in how many milliseconds the count begins anew.
    pub(crate) fn left(&self, now: i64) -> (u32, i64) {
        match self.resets_ms {
            Some(resets) if now < resets => (self.left, resets - now),
            Some(_) => (limits::SESSION_STARTS, limits::SESSION_STARTS_MS),
            None => (self.left, limits::SESSION_STARTS_MS),
        }
    }

    /// Says how many are left, until the count begins anew.
    pub(crate) fn set_left(&mut self, left: u32, now: i64) {
        self.renew(now);
        self.left = left.min(limits::SESSION_STARTS);
        self.resets_ms
            .get_or_insert(now + limits::SESSION_STARTS_MS);
    }

    fn renew(&mut self, now: i64) {
        if self.resets_ms.is_some_and(|resets| resets <= now) {
            self.left = limits::SESSION_STARTS;
            self.resets_ms = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = limits::SESSION_STARTS_MS;

    #[test]
    fn the_count_goes_down_and_begins_anew_a_day_after_its_first_start() {
        let mut starts = SessionStarts::new(RateLimits::None);
        assert_eq!(starts.left(7), (1_000, DAY));
        assert_eq!([starts.take(0), starts.take(0)], [Start::Granted; 2]);
        assert_eq!(starts.left(1), (998, DAY - 1));
        starts.set_left(0, 2);
        assert_eq!(starts.take(DAY - 1), Start::Exhausted);
        assert_eq!(starts.take(DAY), Start::Granted);
        assert_eq!(starts.left(DAY), (999, DAY));
    }

    #[test]
    fn realistic_starts_are_five_seconds_apart() {
        let mut starts = SessionStarts::new(RateLimits::Realistic);
        let starts = [0, 4_999, 5_000].map(|now| starts.take(now));
        assert_eq!(starts, [Start::Granted, Start::TooSoon, Start::Granted]);
    }
}
