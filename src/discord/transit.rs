//! How much later than usual something of Discord's comes here.
//!
//! The id of a message or an interaction says when it was made, by Discord's clock. Ours need not agree
//! with that, and may be set while Baton runs; so the two are never compared. The least that anything took
//! lately, by a clock that nobody sets, is what it takes when nothing holds it up.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// For half as long as that at least, and as long as that at most, it is remembered what something took. In
/// an hour no two clocks drift apart by as much as matters here.
const REMEMBERED: Duration = Duration::from_hours(1);

/// What takes less than that longer than what is taken for the least is as good as that.
const PROMPT: i64 = 1_000;

/// What is taken for the least is forgotten when, for so long, so many have come of which each took as much longer
/// as the others, and none came as soon: it was too good to be true. What a RESUME brings late comes all at once
/// and was held up for as long as it is old: those of one count as one, and those of several do not agree.
const DOUBTED_AFTER: Duration = Duration::from_secs(30);
const DOUBTED_BY: usize = 3;

/// The least time between two that count.
const APART: Duration = Duration::from_secs(10);

/// What came lately.
#[derive(Debug)]
pub(super) struct Transit {
    /// Where our time begins.
    zero: Instant,
    known: Mutex<Known>,
}

/// What some things took, in milliseconds between two clocks of which nobody knows how far they are apart: only
/// differences of it say anything.
#[derive(Debug)]
struct Known {
    /// Since when the first of two halves is counted.
    since: Instant,
    later: Least,
    earlier: Least,
    /// Those that took as much longer as each other, since something last came promptly.
    slow: Slow,
}

/// The two that took the least. One alone proves nothing: its id may be from a clock that is ahead.
#[derive(Clone, Copy, Debug, Default)]
struct Least([Option<i64>; 2]);

#[derive(Clone, Copy, Debug, Default)]
struct Slow {
    since: Option<Instant>,
    /// When the last one came that counts, and how many have.
    last: Option<Instant>,
    count: usize,
    least: Least,
}

impl Default for Transit {
    fn default() -> Self {
        let zero = Instant::now();
        Self {
            zero,
            known: Mutex::new(Known {
                since: zero,
                later: Least::default(),
                earlier: Least::default(),
                slow: Slow::default(),
            }),
        }
    }
}

impl Transit {
    /// How much longer this took until now than what took the least. Nobody is late while nothing is known.
    pub(super) fn delay(&self, created_ms: i64) -> Duration {
        let took = self.took(created_ms);
        late(took, self.known.lock().least())
    }

    /// The same, of something that comes now: it counts for what comes after it.
    pub(super) fn arrival(&self, created_ms: i64) -> Duration {
        let took = self.took(created_ms);
        let mut known = self.known.lock();
        known.turn();
        let least = known.least();
        known.later.note(took);
        known.doubt(took, least);
        late(took, least)
    }

    fn took(&self, created_ms: i64) -> i64 {
        let now = i64::try_from(self.zero.elapsed().as_millis()).unwrap_or(i64::MAX);
        now.saturating_sub(created_ms)
    }
}

impl Known {
    fn least(&self) -> Option<i64> {
        let mut both = self.later;
        for took in self.earlier.0.into_iter().flatten() {
            both.note(took);
        }
        both.proven()
    }

    /// Forgets what is too old.
    fn turn(&mut self) {
        let passed = self.since.elapsed();
        if passed < REMEMBERED / 2 {
            return;
        }
        let later = std::mem::take(&mut self.later);
        self.earlier = if passed < REMEMBERED {
            later
        } else {
            Least::default()
        };
        self.since = Instant::now();
    }

    /// Forgets what nothing has confirmed for a while.
    fn doubt(&mut self, took: i64, least: Option<i64>) {
        if least.is_none_or(|least| took < least.saturating_add(PROMPT)) {
            self.slow = Slow::default();
            return;
        }
        match self.slow.least.0[0] {
            // One that was held up less says nothing of those that come long after it.
            Some(others) if took > others.saturating_add(PROMPT) => {
                if self
                    .slow
                    .last
                    .is_none_or(|last| last.elapsed() < DOUBTED_AFTER)
                {
                    return;
                }
                self.slow = Slow::default();
            }
            Some(others) if took < others.saturating_sub(PROMPT) => self.slow = Slow::default(),
            Some(_) | None => {}
        }
        let now = Instant::now();
        let since = *self.slow.since.get_or_insert(now);
        if self.slow.last.is_none_or(|last| now - last >= APART) {
            self.slow.last = Some(now);
            self.slow.count += 1;
        }
        self.slow.least.note(took);
        if self.slow.count >= DOUBTED_BY && since.elapsed() >= DOUBTED_AFTER {
            self.later = self.slow.least;
            self.earlier = Least::default();
            self.since = Instant::now();
            self.slow = Slow::default();
        }
    }
}

impl Least {
    fn note(&mut self, took: i64) {
        let [least, second] = &mut self.0;
        if least.is_none_or(|least| took < least) {
            *second = least.replace(took);
        } else if second.is_none_or(|second| took < second) {
            *second = Some(took);
        }
    }

    /// What at least two things took.
    const fn proven(self) -> Option<i64> {
        self.0[1]
    }
}

fn late(took: i64, least: Option<i64>) -> Duration {
    let late = least.map_or(0, |least| took.saturating_sub(least));
    Duration::from_millis(u64::try_from(late).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Discord's clock, which is far from ours.
    const CREATED: i64 = 1_800_000_000_000;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A server to which two things have come that nothing held up, five seconds ago.
    async fn warm() -> Transit {
        let transit = Transit::default();
        assert_eq!(transit.arrival(CREATED), ms(0), "nothing else is known");
        assert_eq!(transit.arrival(CREATED), ms(0), "one alone proves nothing");
        tokio::time::advance(ms(5_000)).await;
        transit
    }

    #[tokio::test(start_paused = true)]
    async fn what_took_the_least_is_not_late_and_the_rest_is_by_the_difference() {
        let transit = warm().await;
        assert_eq!(transit.delay(CREATED + 2_000), ms(3_000));
        assert_eq!(transit.arrival(CREATED + 2_000), ms(3_000));
        // The first ones had been held up themselves.
        assert_eq!(transit.arrival(CREATED + 5_400), ms(0));
        assert_eq!(transit.arrival(CREATED + 5_400), ms(0));
        assert_eq!(transit.delay(CREATED + 5_000), ms(400));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_older_than_an_hour_says_nothing_any_more() {
        let transit = Transit::default();
        transit.arrival(CREATED);
        transit.arrival(CREATED);
        tokio::time::advance(REMEMBERED / 2).await;
        // Discord's clock was set back by a minute.
        let half = 30 * 60 * 1_000;
        let late = transit.arrival(CREATED + half - 60_000);
        assert_eq!(late, ms(60_000));
        transit.arrival(CREATED + half - 60_000);
        tokio::time::advance(REMEMBERED / 2).await;
        assert_eq!(transit.arrival(CREATED + 2 * half - 60_000), ms(0));
        tokio::time::advance(REMEMBERED * 3).await;
        assert_eq!(transit.arrival(0), ms(0), "nothing is known");
    }

    #[tokio::test(start_paused = true)]
    async fn one_id_of_a_clock_that_is_ahead_makes_nobody_late() {
        let transit = warm().await;
        transit.arrival(CREATED + 5_000 + 2_000);
        assert_eq!(transit.arrival(CREATED + 5_000), ms(0));
        // Nor does it where it is the first of all.
        let transit = Transit::default();
        transit.arrival(CREATED + 2_000);
        assert_eq!(transit.arrival(CREATED), ms(0));
        assert_eq!(transit.arrival(CREATED), ms(0));
    }

    #[tokio::test(start_paused = true)]
    async fn many_ids_of_such_a_clock_make_others_late_for_half_a_minute() {
        let transit = warm().await;
        for _ in 0..10 {
            transit.arrival(CREATED + 5_000 + 2_000);
        }
        let mut late = Vec::new();
        for second in (5_000..).step_by(10_000).take(6) {
            late.push(transit.arrival(CREATED + second));
            tokio::time::advance(ms(10_000)).await;
        }
        let two = ms(2_000);
        assert_eq!(late, [two, two, two, two, ms(0), ms(0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_several_resumes_bring_is_late_although_nothing_else_comes_in_between() {
        let transit = warm().await;
        let mut now = 5_000;
        for held_up in [9_000, 14_000, 7_000, 9_300, 20_000] {
            for after in [0, 400, 800] {
                let late = transit.arrival(CREATED + now - held_up + after);
                assert_eq!(
                    late.as_millis(),
                    held_up.abs_diff(after).into(),
                    "{held_up}"
                );
            }
            tokio::time::advance(ms(40_000)).await;
            now += 40_000;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_a_little_late_hides_no_shift_of_the_clocks_that_comes_after_it() {
        let transit = warm().await;
        transit.arrival(CREATED + 5_000 - 1_500);
        let mut late = Vec::new();
        for second in (5_000..).step_by(10_000).take(9) {
            late.push(transit.arrival(CREATED + second - 5_000));
            tokio::time::advance(ms(10_000)).await;
        }
        assert_eq!(late[0], ms(5_000));
        assert_eq!(late[8], ms(0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_late_all_at_once_is_late_however_much_it_is() {
        let transit = warm().await;
        tokio::time::advance(ms(60_000)).await;
        for _ in 0..100 {
            assert_eq!(transit.arrival(CREATED + 5_000), ms(60_000));
        }
        assert_eq!(transit.arrival(CREATED + 65_000), ms(0));
    }
}
