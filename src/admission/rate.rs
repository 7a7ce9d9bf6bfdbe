//! How often somebody may do something.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

/// How often, a minute; all of them may come at once.
pub type PerMinute = NonZeroU32;

/// Keys that are remembered before those are forgotten that have done nothing for a while.
const REMEMBERED: usize = 1_000;

/// Too many times in a short while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFast {
    /// When it is possible again.
    pub again_in: Duration,
}

impl TooFast {
    /// The same in whole seconds, not too few.
    pub fn seconds(self) -> u128 {
        self.again_in.as_millis().div_ceil(1_000).max(1)
    }
}

/// Bounds how often each key may do something. Time is that of the machine since it started, so that
/// nobody is shut out when its clock is set.
pub struct Rate<K: Hash + Eq + Clone, C: Clock = MonotonicClock> {
    clock: C,
    limiter: RateLimiter<K, HashMapStateStore<K>, C, NoOpMiddleware<C::Instant>>,
    forget_at: AtomicUsize,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    /// Nobody has done anything yet.
    pub fn new(often: PerMinute) -> Self {
        Self::by(often, MonotonicClock)
    }
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Rate<K, C> {
    fn by(often: PerMinute, clock: C) -> Self {
        let store = HashMapStateStore::default();
        Self {
            limiter: RateLimiter::new(Quota::per_minute(often), store, clock.clone()),
            clock,
            forget_at: AtomicUsize::new(REMEMBERED),
        }
    }

    /// Counts one more time, if that is not too fast.
    pub fn take(&self, key: &K) -> Result<(), TooFast> {
        self.forget_quiet_ones();
        self.limiter.check_key(key).map_err(|not_before| TooFast {
            again_in: not_before.wait_time_from(self.clock.now()),
        })
    }

    /// A key that could do everything again is as good as one that was never seen.
    fn forget_quiet_ones(&self) {
        if self.limiter.len() < self.forget_at.load(Ordering::Relaxed) {
            return;
        }
        self.limiter.retain_recent();
        let next = REMEMBERED.max(self.limiter.len() * 2);
        self.forget_at.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn twice_a_minute() -> (Rate<u32, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let often = NonZeroU32::new(2).unwrap();
        (Rate::by(often, clock.clone()), clock)
    }

    #[test]
    fn who_was_too_fast_is_told_when_it_is_possible_again_and_then_it_is() {
        let (rate, clock) = twice_a_minute();
        assert_eq!([rate.take(&1), rate.take(&1)], [Ok(()), Ok(())]);
        let again_in = Duration::from_secs(30);
        assert_eq!(rate.take(&1), Err(TooFast { again_in }));
        assert_eq!(rate.take(&2), Ok(()), "another is not held back");
        clock.advance(Duration::from_secs(29));
        let again_in = Duration::from_secs(1);
        assert_eq!(rate.take(&1), Err(TooFast { again_in }));
        clock.advance(again_in);
        assert_eq!(rate.take(&1), Ok(()));
    }

    #[test]
    fn a_crowd_that_has_gone_is_forgotten() {
        let (rate, clock) = twice_a_minute();
        for key in 0..u32::try_from(REMEMBERED).unwrap() {
            rate.take(&key).unwrap();
        }
        assert_eq!(rate.limiter.len(), REMEMBERED);
        clock.advance(Duration::from_mins(2));
        rate.take(&0).unwrap();
        assert_eq!(rate.limiter.len(), 1);
    }
}
