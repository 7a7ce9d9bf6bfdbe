//! The accounts of the agent programs: how each is, which session works with which, and what happens when one takes no
//! more.

mod carry;
mod choose;
mod health;
mod seat;

use std::collections::BTreeMap;

pub(super) use health::Account;
pub use health::AccountHealth;
pub(super) use seat::Seated;

use crate::{store::AccountLimit, words::SlotId};

/// An account, as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountView {
    /// Which.
    pub slot: SlotId,
    /// How it is.
    pub health: AccountHealth,
    /// Whether it has a login or a key; `None` where that cannot be seen.
    pub has_login: Option<bool>,
    /// What is left of its narrowest limit, 0 to 1; `None` if nothing was told.
    pub headroom: Option<f64>,
}

impl AccountView {
    /// What is left, in percent.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is from 0 to 100"
    )]
    pub fn headroom_percent(&self) -> Option<u8> {
        let left = self.headroom?.clamp(0.0, 1.0);
        Some((left * 100.0).round() as u8)
    }
}

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
