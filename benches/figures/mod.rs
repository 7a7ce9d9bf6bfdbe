//! Samples and what is said of them.

use std::time::Duration;

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

    /// A row of a Markdown table: what, how many, median, 99th percentile.
    pub fn row(&self, what: &str) -> String {
        let ms = |share| format!("{:.2} ms", self.quantile(share).as_secs_f64() * 1_000.0);
        format!("| {what} | {} | {} | {} |", self.0.len(), ms(0.5), ms(0.99))
    }
}

/// The head of the table of [`Samples::row`].
pub const HEAD: &str = "| what | samples | median | p99 |\n|---|---|---|---|";
