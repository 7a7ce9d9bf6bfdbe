//! The budget of invalid requests: who spends it is banned for a while (topics/rate-limits).

use std::collections::VecDeque;

use crate::limits;

#[derive(Debug)]
pub(super) struct Budget {
    bound: usize,
    /// When the invalid requests of the window were answered.
    spent: VecDeque<i64>,
    /// Whether the bound was crossed and not left since.
    over: bool,
}

impl Budget {
    pub(super) const fn new(bound: usize) -> Self {
        Self {
            bound,
            spent: VecDeque::new(),
            over: false,
        }
    }

    /// Spends one; `true` when it crosses the bound.
    pub(super) fn spend(&mut self, now: i64) -> bool {
        while self.spent.front().is_some_and(|at| !is_recent(*at, now)) {
            self.spent.pop_front();
        }
        self.spent.push_back(now);
        let was_over = self.over;
        self.over = self.spent.len() > self.bound;
        self.over && !was_over
    }

    pub(super) fn spent(&self, now: i64) -> usize {
        self.spent.iter().filter(|at| is_recent(**at, now)).count()
    }
}

const fn is_recent(at: i64, now: i64) -> bool {
    now - at < limits::INVALID_WINDOW_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_crossed_once_and_again_only_after_ten_quiet_minutes() {
        let mut budget = Budget::new(2);
        let crossed: Vec<bool> = (0..4).map(|at| budget.spend(at)).collect();
        assert_eq!(crossed, [false, false, true, false]);
        assert_eq!(budget.spent(600_001), 2);
        let later = 700_000;
        let crossed: Vec<bool> = (0..3).map(|at| budget.spend(later + at)).collect();
        assert_eq!(crossed, [false, false, true]);
    }
}
