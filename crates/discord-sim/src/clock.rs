//! The simulator's only source of time, so that the 3 s and 15 min rules can be tested without waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};
use tokio::sync::watch;
use tokio::time::timeout;

/// A clock that every part of one simulator shares. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
struct Source {
    base: Base,
    /// How far tests have pushed the clock, in milliseconds.
    ahead_ms: AtomicI64,
    /// Wakes those who wait for a time.
    pushed: watch::Sender<()>,
}

#[derive(Debug)]
enum Base {
    System,
    Fixed(i64),
}

impl Clock {
    /// The machine's clock. It can still be pushed ahead with [`Clock::advance`].
    pub fn system() -> Self {
        Self::over(Base::System)
    }

    /// A clock that stands at `start_ms` (Unix milliseconds) until a test advances it.
    pub fn manual(start_ms: i64) -> Self {
        Self::over(Base::Fixed(start_ms))
    }

    fn over(base: Base) -> Self {
        Self(Arc::new(Source {
            base,
            ahead_ms: AtomicI64::new(0),
            pushed: watch::Sender::new(()),
        }))
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> i64 {
        let base = match self.0.base {
            Base::Fixed(start) => start,
            Base::System => system_ms(),
        };
        base.saturating_add(self.0.ahead_ms.load(Ordering::SeqCst))
    }

    /// Moves the clock forward by `step`.
    pub fn advance(&self, step: Duration) {
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        self.0.ahead_ms.fetch_add(step, Ordering::SeqCst);
        self.0.pushed.send_replace(());
    }

    /// Waits until it is `at_ms` (Unix milliseconds), by time or by being advanced.
    pub(crate) async fn until(&self, at_ms: i64) {
        let mut pushed = self.0.pushed.subscribe();
        loop {
            pushed.mark_unchanged();
            let Ok(left @ 1..) = u64::try_from(at_ms.saturating_sub(self.now_ms())) else {
                return;
            };
            // The sender is a part of this clock, so the channel cannot be closed.
            let changed = pushed.changed();
            match self.0.base {
                Base::Fixed(_) => drop(changed.await),
                Base::System => drop(timeout(Duration::from_millis(left), changed).await),
            }
        }
    }

    /// Waits for `ms` milliseconds from now.
    pub(crate) async fn after(&self, ms: u64) {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        self.until(self.now_ms().saturating_add(ms)).await;
    }
}

/// Unix milliseconds as Discord writes times: ISO 8601 with microseconds and an offset.
pub(crate) fn timestamp(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// The machine's clock, in milliseconds.
fn system_ms() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_it_is_advanced() {
        let clock = Clock::manual(1_000);
        let twin = clock.clone();
        assert_eq!(clock.now_ms(), 1_000);
        clock.advance(Duration::from_secs(3));
        assert_eq!(twin.now_ms(), 4_000);
    }

    #[tokio::test]
    async fn who_waits_on_a_manual_clock_is_woken_by_its_advance() {
        let clock = Clock::manual(0);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.until(5).await }
        });
        clock.advance(Duration::from_millis(4));
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_millis(1));
        waiting.await.unwrap();
        clock.until(5).await;
    }

    #[test]
    fn times_are_written_as_discord_writes_them() {
        assert_eq!(
            timestamp(1_700_000_000_123),
            "2023-11-14T22:13:20.123000+00:00"
        );
    }
}
