//! Wall-clock time comes through here, so that a test can hold it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(i64);

impl Millis {
    /// Wraps a stored moment.
    pub const fn new(raw: i64) -> Self {
        Self(raw)
    }

    /// The bare number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The moment `span` later; the end of time if that would overflow.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The moment `span` earlier; the beginning of time if that would overflow.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells the time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until somebody advances it.
    pub fn held_at(start: Millis) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(start.get()))))
    }

    /// Now.
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the one place that reads the clock"
                )]
                let now = chrono::Utc::now();
                Millis(now.timestamp_millis())
            }
            Source::Held(at) => Millis(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a held clock forward; the machine's clock does not listen.
    pub fn advance(&self, span: Duration) {
        if let Source::Held(at) = &self.0 {
            at.store(self.now().after(span).get(), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_moves_only_when_told() {
        let clock = Clock::held_at(Millis::new(1_000));
        assert_eq!(clock.now(), Millis::new(1_000));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now(), Millis::new(3_000));
        assert_eq!(
            clock.now().since(Millis::new(500)),
            Duration::from_millis(2_500)
        );
        assert_eq!(Millis::new(1).since(Millis::new(2)), Duration::ZERO);
    }
}
