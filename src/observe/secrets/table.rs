//! Which values are known, until when, and what finds them.

use std::time::Duration;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{SHORTEST, forms};

/// How long a value is known that nobody uses any more. Access tokens of today live for up to ten days, but one that
/// was renewed is not written down anywhere afterwards.
pub(super) const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// The values.
#[derive(Default)]
pub(super) struct Known(Vec<Entry>);

struct Entry {
    value: SecretString,
    stays: Stays,
}

/// How long a value is known.
#[derive(Clone, Copy)]
enum Stays {
    ForGood,
    /// As long as so many use it.
    Used(usize),
    /// Nobody does.
    Until(Instant),
}

impl Known {
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes a value for a secret for good.
    pub(super) fn keep(&mut self, value: SecretString) {
        if value.expose_secret().len() < SHORTEST {
            return;
        }
        if let Some(entry) = self.find(&value) {
            entry.stays = Stays::ForGood;
        } else {
            self.0.push(Entry {
                value,
                stays: Stays::ForGood,
            });
        }
    }

    /// Counts one more who uses these values, and forgets those whose time is over. Says whether there is anything else
    /// to be looked for now.
    pub(super) fn learn(&mut self, values: &[SecretString]) -> bool {
        let mut is_news = false;
        for value in values {
            if value.expose_secret().len() < SHORTEST {
                continue;
            }
            if let Some(entry) = self.find(value) {
                entry.stays = match entry.stays {
                    Stays::ForGood => Stays::ForGood,
                    Stays::Used(by) => Stays::Used(by + 1),
                    Stays::Until(_) => Stays::Used(1),
                };
            } else {
                self.0.push(Entry {
                    value: value.clone(),
                    stays: Stays::Used(1),
                });
                is_news = true;
            }
        }
        let before = self.0.len();
        let now = Instant::now();
        self.0
            .retain(|entry| !matches!(entry.stays, Stays::Until(end) if end <= now));
        is_news || self.0.len() < before
    }

    /// Counts one less.
    pub(super) fn release(&mut self, values: &[SecretString]) {
        for value in values {
            let Some(entry) = self.find(value) else {
                continue;
            };
            if let Stays::Used(by) = entry.stays {
                entry.stays = match by {
                    0 | 1 => Stays::Until(Instant::now() + FORGOTTEN_AFTER),
                    more => Stays::Used(more - 1),
                };
            }
        }
    }

    fn find(&mut self, value: &SecretString) -> Option<&mut Entry> {
        let value = value.expose_secret();
        let mut all = self.0.iter_mut();
        all.find(|entry| entry.value.expose_secret() == value)
    }

    /// What finds all of them.
    pub(super) fn table(&self) -> Table {
        let values = self.0.iter();
        let forms = values.flat_map(|entry| forms::of(entry.value.expose_secret()));
        let forms: Vec<SecretString> = forms.map(SecretString::from).collect();
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            // The fastest one takes megabytes for a long key.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(forms.iter().map(ExposeSecret::expose_secret));
        Table {
            // It fails only for more than 2 GiB of values, of which no environment has so many.
            finder: finder.ok().filter(|_| !self.0.is_empty()),
            forms,
        }
    }
}

/// What is looked for.
#[derive(Default)]
pub(super) struct Table {
    /// Finds every form of every value in one pass; `None` if there are no values.
    pub(super) finder: Option<AhoCorasick>,
    forms: Vec<SecretString>,
}

impl Table {
    /// Where one of them begins in this text that does not end there: its last `fewest` bytes or more are the beginning
    /// of a form.
    pub(super) fn begun(&self, text: &str, fewest: usize) -> Option<usize> {
        let begun = |form: &SecretString| {
            let form = form.expose_secret().as_bytes();
            let most = form.len().saturating_sub(1).min(text.len());
            (fewest..=most)
                .rev()
                .find(|length| text.as_bytes().ends_with(&form[..*length]))
        };
        let longest = self.forms.iter().filter_map(begun).max()?;
        Some(text.floor_char_boundary(text.len() - longest))
    }

    /// The length of the longest form.
    pub(super) fn longest(&self) -> usize {
        let finder = self.finder.as_ref();
        finder.map_or(0, AhoCorasick::max_pattern_len)
    }
}
