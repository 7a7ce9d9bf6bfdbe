//! The agent programs of a server.

use std::sync::Arc;

use super::{Runtime, codex};
use crate::words::{RuntimeKind, SlotId};

/// Tools that no agent of a program ever has, by the names of rules, with the reason. Asked before there is a
/// [`Runtime`]: settings that count on such a tool are refused.
pub const fn lacks(kind: RuntimeKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        RuntimeKind::Claude => &[],
        RuntimeKind::Codex => &codex::LACKS,
    }
}

/// The agent programs that a server has, each with each of its accounts; in the order of the settings.
#[derive(Clone, Default)]
pub struct Runtimes(Vec<(SlotId, Arc<dyn Runtime>)>);

impl Runtimes {
    /// These.
    pub fn new(all: impl IntoIterator<Item = (SlotId, Arc<dyn Runtime>)>) -> Self {
        Self(all.into_iter().collect())
    }

    /// The one with this account; `None` if this server does not have it.
    pub fn with(&self, account: &SlotId) -> Option<&Arc<dyn Runtime>> {
        let mut all = self.0.iter();
        all.find(|(id, _)| id == account).map(|(_, one)| one)
    }

    /// The one of a kind with its first account; `None` if this server does not have it.
    pub fn of(&self, kind: RuntimeKind) -> Option<&Arc<dyn Runtime>> {
        let first = self.accounts(kind).next()?;
        self.with(first)
    }

    /// The accounts of a kind.
    pub fn accounts(&self, kind: RuntimeKind) -> impl Iterator<Item = &SlotId> {
        let all = self.0.iter().map(|(id, _)| id);
        all.filter(move |id| id.runtime == kind)
    }

    /// All accounts.
    pub fn all_accounts(&self) -> Vec<SlotId> {
        self.0.iter().map(|(id, _)| id.clone()).collect()
    }

    /// The kinds that there are, in one order always.
    pub fn kinds(&self) -> Vec<RuntimeKind> {
        let all = RuntimeKind::ALL.iter().copied();
        all.filter(|kind| self.of(*kind).is_some()).collect()
    }
}
