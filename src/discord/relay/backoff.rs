//! Pauses between attempts that fail.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// The longest pause.
const LONGEST: Duration = Duration::from_mins(1);

/// A connection that lasted as long was a good one.
const GOOD: Duration = Duration::from_secs(30);

/// Bounds how often the gateway is asked: serenity itself resumes within 50 ms, however often it is
/// sent away.
#[derive(Debug)]
pub(super) struct Backoff {
    /// The pause after the second failure in a row; it doubles.
    first: Duration,
    failures: u32,
    not_before: Instant,
}

impl Backoff {
    pub(super) fn new(first: Duration) -> Self {
        Self {
            first,
            failures: 0,
            not_before: Instant::now(),
        }
    }

    /// Waits until the next attempt may be made.
    pub(super) async fn turn(&self) {
        tokio::time::sleep_until(self.not_before).await;
    }

    /// How many attempts have failed in a row.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// An attempt failed, or its connection did not last. The first time costs nothing: connections
    /// break.
    pub(super) fn failed(&mut self) {
        let pause = match self.failures {
            0 => Duration::ZERO,
            before => jittered(
                self.first
                    .saturating_mul(1 << (before - 1).min(16))
                    .min(LONGEST),
            ),
        };
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now() + pause;
    }

    /// A connection ended that had lived this long.
    pub(super) fn ended_after(&mut self, life: Duration) {
        if life >= GOOD {
            self.failures = 0;
            self.not_before = Instant::now();
        } else {
            self.failed();
        }
    }
}

/// Three quarters of a span to the whole of it: servers that were sent away together must not come
/// back together.
fn jittered(span: Duration) -> Duration {
    let part = u32::from(Uuid::new_v4().as_bytes()[0]);
    span * 3 / 4 + span / 4 * part / 255
}

#[cfg(test)]
mod tests {
    use super::{super::socket::Patience, *};

    #[tokio::test(start_paused = true)]
    async fn a_gateway_that_always_closes_at_once_is_asked_less_and_less_often() {
        let start = Instant::now();
        let mut backoff = Backoff::new(Patience::default().pause);
        let mut attempts = 0;
        while start.elapsed() < Duration::from_mins(10) {
            backoff.turn().await;
            attempts += 1;
            backoff.ended_after(Duration::from_millis(5));
        }
        assert!((14..=22).contains(&attempts), "{attempts}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_broke_after_a_good_life_is_made_again_at_once() {
        let mut backoff = Backoff::new(Patience::default().pause);
        for _ in 0..5 {
            backoff.failed();
        }
        backoff.ended_after(GOOD);
        let start = Instant::now();
        backoff.turn().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(backoff.failures(), 0);
    }
}
