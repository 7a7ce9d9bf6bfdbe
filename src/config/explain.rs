//! What each setting is, and why.

use super::{Settings, Source};

/// One setting, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name, such as `http.listen`.
    pub key: String,
    /// Its value as it was written, on one line; a secret is masked.
    pub value: String,
    /// Where the value came from.
    pub source: Source,
}

impl Settings {
    /// All settings with their values and sources, in the order of the sections.
    pub fn explain(&self) -> &[Explained] {
        &self.explained
    }
}
