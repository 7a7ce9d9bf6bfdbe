//! What is counted, each at the place where it happens, for Prometheus. Labels are words of the house
//! only: nothing here grows with people, places or projects.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::words::{RunState, words};

words! {
    /// What became of a message that was for Baton.
    Heed {
        /// It is stored and will be answered.
        Accepted = "accepted",
        /// Its author may not ask.
        NotPermitted = "not_permitted",
        /// Its author asks too often.
        TooFast = "too_fast",
        /// There is no room for a run.
        QueueFull = "queue_full",
        /// There is no room in its conversation.
        MailboxFull = "mailbox_full",
        /// It is longer than a request may be.
        TooLong = "too_long",
        /// It says nothing.
        Empty = "empty",
    }
}

words! {
    /// What became of something that was to go to Discord.
    Passage {
        /// Discord has it.
        Sent = "sent",
        /// Discord will not have it.
        Refused = "refused",
        /// Discord was not asked for it, to be sparing.
        LeftOut = "left_out",
    }
}

words! {
    /// What became of a connection to the health page.
    Visit {
        /// It was served, or asked for nothing.
        Served = "served",
        /// There were too many.
        TurnedAway = "turned_away",
        /// It took too long, or spoke no HTTP.
        BrokenOff = "broken_off",
        /// Baton has a fault.
        Failed = "failed",
    }
}

/// The only label of a family.
type Labels = [(&'static str, &'static str); 1];

/// The bounds of waits and of work, in seconds: from a tenth to two hours, the longest turn by default.
const SECONDS: [f64; 14] = [
    0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0,
];

/// Everything that is counted. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Labels, Counter>,
    runs: Family<Labels, Counter>,
    waited: Histogram,
    worked: Histogram,
    deliveries: Family<Labels, Counter>,
    visits: Family<Labels, Counter>,
    transcript_lines: Counter,
    transcript_failures: Counter,
    not_understood: Counter,
}

impl Default for Metrics {
    /// Everything that can be counted stands at zero, so that the first time is seen as a change.
    fn default() -> Self {
        let metrics = Self {
            requests: Family::default(),
            runs: Family::default(),
            waited: Histogram::new(SECONDS),
            worked: Histogram::new(SECONDS),
            deliveries: Family::default(),
            visits: Family::default(),
            transcript_lines: Counter::default(),
            transcript_failures: Counter::default(),
            not_understood: Counter::default(),
        };
        for heed in Heed::ALL {
            drop(
                metrics
                    .requests
                    .get_or_create(&[("outcome", heed.as_str())]),
            );
        }
        for state in RunState::ALL.iter().filter(|state| state.is_final()) {
            drop(metrics.runs.get_or_create(&[("state", state.as_str())]));
        }
        for passage in Passage::ALL {
            drop(
                metrics
                    .deliveries
                    .get_or_create(&[("outcome", passage.as_str())]),
            );
        }
        for visit in Visit::ALL {
            drop(metrics.visits.get_or_create(&[("outcome", visit.as_str())]));
        }
        metrics
    }
}

impl Metrics {
    /// A message was for Baton.
    pub fn request(&self, heed: Heed) {
        self.requests
            .get_or_create(&[("outcome", heed.as_str())])
            .inc();
    }

    /// A run's turn came after this time.
    pub fn admitted(&self, waited: Duration) {
        self.waited.observe(waited.as_secs_f64());
    }

    /// A run has ended; `worked` is how long after its turn came, if it did.
    pub fn run_ended(&self, state: RunState, worked: Option<Duration>) {
        self.runs.get_or_create(&[("state", state.as_str())]).inc();
        if let Some(worked) = worked {
            self.worked.observe(worked.as_secs_f64());
        }
    }

    /// A delivery has ended.
    pub fn delivery(&self, passage: Passage) {
        self.deliveries
            .get_or_create(&[("outcome", passage.as_str())])
            .inc();
    }

    /// A connection to the health page has ended.
    pub fn visit(&self, visit: Visit) {
        self.visits
            .get_or_create(&[("outcome", visit.as_str())])
            .inc();
    }

    /// How many connections to the health page have ended so.
    pub fn visits(&self, visit: Visit) -> u64 {
        self.visits
            .get_or_create(&[("outcome", visit.as_str())])
            .get()
    }

    /// Lines were added to transcripts.
    pub fn transcribed(&self, lines: u64) {
        self.transcript_lines.inc_by(lines);
    }

    /// A transcript could not be written.
    pub fn transcript_failed(&self) {
        self.transcript_failures.inc();
    }

    /// An agent wrote a line that means nothing to Baton.
    pub fn not_understood(&self) {
        self.not_understood.inc();
    }

    /// Shows everything to a registry whose names begin with `baton`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "requests",
            "Messages for Baton, by what became of them",
            self.requests.clone(),
        );
        registry.register(
            "runs_ended",
            "Runs that have ended, by how",
            self.runs.clone(),
        );
        registry.register_with_unit(
            "admission_wait",
            "How long runs waited for their turn",
            Unit::Seconds,
            self.waited.clone(),
        );
        registry.register_with_unit(
            "run_duration",
            "How long runs worked, from their turn to their end",
            Unit::Seconds,
            self.worked.clone(),
        );
        registry.register(
            "deliveries",
            "Messages and signs to Discord that have ended, by how",
            self.deliveries.clone(),
        );
        registry.register(
            "http_connections",
            "Connections to this page that have ended, by how",
            self.visits.clone(),
        );
        registry.register(
            "transcript_lines",
            "Lines added to transcripts",
            self.transcript_lines.clone(),
        );
        registry.register(
            "transcript_failures",
            "Times that transcripts could not be written",
            self.transcript_failures.clone(),
        );
        registry.register(
            "agent_lines_not_understood",
            "Lines of agents that Baton knows nothing to do with: a new version of the program, if many",
            self.not_understood.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics) -> String {
        let mut registry = Registry::with_prefix("baton");
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn what_never_happened_stands_at_zero_and_what_happens_is_counted_by_kind() {
        let metrics = Metrics::default();
        assert!(text(&metrics).contains("baton_runs_ended_total{state=\"interrupted\"} 0\n"));
        metrics.run_ended(RunState::Completed, Some(Duration::from_secs(3)));
        metrics.clone().run_ended(RunState::Completed, None);
        metrics.request(Heed::TooFast);
        metrics.delivery(Passage::Sent);
        metrics.admitted(Duration::from_millis(200));
        let text = text(&metrics);
        for line in [
            "baton_runs_ended_total{state=\"completed\"} 2\n",
            "baton_requests_total{outcome=\"too_fast\"} 1\n",
            "baton_deliveries_total{outcome=\"sent\"} 1\n",
            "baton_run_duration_seconds_bucket{le=\"5.0\"} 1\n",
            "baton_run_duration_seconds_count 1\n",
            "baton_admission_wait_seconds_bucket{le=\"0.1\"} 0\n",
            "baton_admission_wait_seconds_bucket{le=\"0.5\"} 1\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn no_state_that_is_open_is_told_as_an_end() {
        let text = text(&Metrics::default());
        assert!(
            !text.contains("queued\"") && !text.contains("running"),
            "{text}"
        );
    }
}
