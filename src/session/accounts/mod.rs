//! The accounts of the agent programs: how each is, which session works with which, and what happens when one takes no
//! more.

mod carry;
mod choose;
mod health;
mod seat;

use std::collections::BTreeMap;

pub use health::AccountState;
pub(super) use health::Account;
pub(super) use seat::Seated;

use crate::{store::AccountLimit, words::SlotId};

/// All accounts of the server.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    all: BTreeMap<SlotId, Account>,
    /// Stands for accounts that the settings do not have any more.
    other: Account,
}

impl Accounts {
    pub(super) fn new(all: impl IntoIterator<Item = SlotId>) -> Self {
        let all = all.into_iter().map(|id| (id, Account::default()));
        Self {
            all: all.collect(),
            other: Account::default(),
        }
    }

    pub(super) fn of(&self, slot: &SlotId) -> &Account {
        self.all.get(slot).unwrap_or(&self.other)
    }

    /// What an earlier server has heard.
    pub(super) fn recall(&self, limits: &[AccountLimit]) {
        for limit in limits {
            if let Some(account) = self.all.get(&limit.slot) {
                account.limited(limit.until, limit.heard);
            }
        }
    }
}
