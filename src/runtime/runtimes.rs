//! The agent programs of a server.

use std::{collections::HashMap, sync::Arc};

use super::{Runtime, codex};
use crate::words::RuntimeKind;

/// Tools that no agent of a program ever has, by the names of rules, with the reason. Asked before there is a
/// [`Runtime`]: settings that count on such a tool are refused.
pub const fn lacks(kind: RuntimeKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        RuntimeKind::Claude => &[],
        RuntimeKind::Codex => &codex::LACKS,
    }
}

/// The agent programs that a server has, each by its kind. Every session has its own.
#[derive(Clone, Default)]
pub struct Runtimes(HashMap<RuntimeKind, Arc<dyn Runtime>>);

impl Runtimes {
    /// These, one of each kind.
    pub fn new(all: impl IntoIterator<Item = (RuntimeKind, Arc<dyn Runtime>)>) -> Self {
        Self(all.into_iter().collect())
    }

    /// The one of a kind; `None` if this server does not have it.
    pub fn of(&self, kind: RuntimeKind) -> Option<&Arc<dyn Runtime>> {
        self.0.get(&kind)
    }

    /// The kinds that there are, in one order always.
    pub fn kinds(&self) -> Vec<RuntimeKind> {
        let all = RuntimeKind::ALL.iter().copied();
        all.filter(|kind| self.0.contains_key(kind)).collect()
    }
}
