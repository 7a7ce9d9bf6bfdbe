//! How long runs take.

use std::{collections::VecDeque, time::Duration};

/// How many of the last runs count.
pub(super) const REMEMBERED: usize = 50;

/// Fewer tell nothing.
const ENOUGH: usize = 5;

/// The last runs.
#[derive(Clone, Debug, Default)]
pub struct Durations(VecDeque<Duration>);

impl Durations {
    /// One more run has ended.
    pub fn add(&mut self, span: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(span);
    }

    /// What half of them did not take; `None` while there are too few.
    pub fn median(&self) -> Option<Duration> {
        if self.0.len() < ENOUGH {
            return None;
        }
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        let middle = sorted.len() / 2;
        Some(*sorted.select_nth_unstable(middle).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: impl IntoIterator<Item = u64>) -> Option<Duration> {
        let mut durations = Durations::default();
        for span in seconds {
            durations.add(Duration::from_secs(span));
        }
        durations.median()
    }

    #[test]
    fn a_few_runs_tell_nothing_and_old_ones_are_forgotten() {
        assert_eq!(after([1, 2, 3, 4]), None);
        assert_eq!(after([9, 1, 5, 3, 1_000]), Some(Duration::from_secs(5)));
        let long_ago = [7; REMEMBERED];
        assert_eq!(after(long_ago), Some(Duration::from_secs(7)));
        let since = [2; REMEMBERED / 2 + 1];
        assert_eq!(
            after(long_ago.into_iter().chain(since)),
            Some(Duration::from_secs(2))
        );
    }
}
