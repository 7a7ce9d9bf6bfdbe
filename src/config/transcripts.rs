//! `[transcripts]`: what was asked, decided and answered, in files for operators.

use super::{section::Section, values};

/// `[transcripts]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcripts {
    /// Whether they are kept.
    pub enabled: bool,
    /// How large a file may grow before another one is begun, in bytes.
    pub max_size: u64,
    /// How many full files of one conversation are kept beside the newest.
    pub keep: usize,
}

impl Transcripts {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let enabled = section.or("enabled", true, values::yes_or_no);
        let max_size = section.or("max_size", "10 MiB", values::bytes(4 << 10..=1 << 40));
        let keep = section.or("keep", 5, values::count(0..=1_000));
        section.finish();
        Some(Self {
            enabled: enabled?,
            max_size: max_size?,
            keep: keep?,
        })
    }
}
