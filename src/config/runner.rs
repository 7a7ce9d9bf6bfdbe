//! `[runner]`: the processes that own the agents.

use std::time::Duration;

use super::{problem::Complaint, section::Section, values};

/// `[runner]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The longest line of an agent that is kept, in bytes.
    pub line_limit: u64,
    /// How large the journal of one runner may grow, in bytes; always larger than a line.
    pub journal_limit: u64,
    /// How long a runner goes on without hearing from a server.
    pub orphan_timeout: Duration,
}

impl Runner {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        // A line must hold at least a question of the agent, and fit into memory at most.
        let line_limit = section.or("line_limit", "16 MiB", values::bytes(4 << 10..=1 << 30));
        let source = section.source("journal_limit");
        let journal_limit =
            section.or("journal_limit", "256 MiB", values::bytes(1 << 20..=1 << 40));
        let orphan_timeout = section.or("orphan_timeout", "6h", values::span(values::UP_TO_A_WEEK));
        if let (Some(line), Some(journal)) = (line_limit, journal_limit)
            && journal <= line
        {
            section.report(
                "journal_limit",
                source,
                Complaint::new(
                    format!("A journal of {journal} bytes cannot hold a line of {line} bytes."),
                    "Write more for `journal_limit` than for `line_limit`; sixteen times as much \
                     is a good measure.",
                ),
            );
        }
        section.finish();
        Some(Self {
            line_limit: line_limit?,
            journal_limit: journal_limit?,
            orphan_timeout: orphan_timeout?,
        })
    }
}
