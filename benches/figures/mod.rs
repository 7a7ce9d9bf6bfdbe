//! Samples and what is said of them.

#![allow(dead_code, reason = "each bench uses a part of it")]

use std::{str::FromStr, time::Duration};

/// Durations of the same thing, measured many times.
#[derive(Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Adds one.
    pub fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The sample that `share` (0 to 1) of all are not above.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a few thousand samples"
        )]
        let at = ((sorted.len() as f64 - 1.0) * share).round() as usize;
        sorted[at]
    }

    /// What half of them are not above.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    /// How much longer each took than what was measured right beside it.
    pub fn beyond(&self, others: &Self) -> Self {
        let pairs = self.0.iter().zip(&others.0);
        Self(
            pairs
                .map(|(one, other)| one.saturating_sub(*other))
                .collect(),
        )
    }

    /// How many times as long as others it took: the median of the ratios, pair by pair.
    pub fn times(&self, others: &Self) -> f64 {
        let pairs = self.0.iter().zip(&others.0);
        let ratios = pairs.map(|(one, other)| one.as_secs_f64() / other.as_secs_f64());
        middle(ratios.collect())
    }

    /// A row of a Markdown table: what, how many, median, 99th percentile.
    pub fn row(&self, what: &str) -> String {
        let at = |share| shown(self.quantile(share));
        format!("| {what} | {} | {} | {} |", self.0.len(), at(0.5), at(0.99))
    }
}

/// The head of the table of [`Samples::row`].
pub const HEAD: &str = "| what | samples | median | p99 |\n|---|---|---|---|";

/// What half of some numbers are not above.
pub fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// How often something is measured: as often as said, or with `--quick` (after `--`) a twentieth of that,
/// for a look whether it works.
pub fn times(usual: usize) -> usize {
    if std::env::args().any(|argument| argument == "--quick") {
        (usual / 20).max(2)
    } else {
        usual
    }
}

/// Which of these something is measured with: those that are named (after `--`), or each.
pub fn chosen<T: FromStr + Clone>(all: &[T]) -> Vec<T> {
    let named: Vec<T> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    if named.is_empty() {
        all.to_vec()
    } else {
        named
    }
}

fn shown(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if span < Duration::from_micros(100) {
        format!("{:.1} µs", seconds * 1e6)
    } else {
        format!("{:.2} ms", seconds * 1e3)
    }
}
