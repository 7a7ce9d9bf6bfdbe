//! Whether one account works, as its turns tell.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;

use crate::{
    clock::Millis,
    runtime::{ErrorClass, Limit, Policy},
};

/// How long a limit is believed in without asking. The operator may log in with another account.
const BELIEVED: Duration = Duration::from_mins(15);

/// What is known of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountState {
    /// No turn has told yet.
    #[default]
    Unknown,
    /// The last turn that told was answered.
    Works,
    /// The last turn that told was refused for the account's sake.
    Fails(ErrorClass),
}

/// What turns have told of an account.
#[derive(Debug, Default)]
pub(in crate::session) struct Account(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    state: AccountState,
    /// Turns that were refused because nobody is logged in.
    refused: u64,
    /// When the limit that was reached is reset, and when that was heard.
    limit: Option<(Millis, Millis)>,
    /// How much of each limit is used, 0 to 1, and when that one starts anew.
    used: BTreeMap<String, (f64, Option<Millis>)>,
}

impl Account {
    /// A turn was answered.
    pub(in crate::session) fn answered(&self) {
        let mut known = self.0.lock();
        known.state = AccountState::Works;
        known.limit = None;
    }

    /// A turn failed. Most failures tell nothing of the account. Says whether somebody has to log in, and
    /// that is news.
    pub(in crate::session) fn failed(&self, class: ErrorClass) -> bool {
        let mut known = self.0.lock();
        let is_lost = class.policy() == Policy::LoginNeeded;
        let was_lost = match known.state {
            AccountState::Fails(before) => before.policy() == Policy::LoginNeeded,
            AccountState::Unknown | AccountState::Works => false,
        };
        if is_lost {
            known.refused += 1;
        }
        if is_lost || is_of_account(class) {
            known.state = AccountState::Fails(class);
        }
        is_lost && !was_lost
    }

    /// The account takes no more before `until`.
    pub(in crate::session) fn limited(&self, until: Millis, now: Millis) {
        self.0.lock().limit = Some((until, now));
    }

    /// Until when the account takes no more, if it has said so a moment ago.
    pub(in crate::session) fn limited_until(&self, now: Millis) -> Option<Millis> {
        let (until, said) = self.0.lock().limit?;
        (until > now && now.since(said) < BELIEVED).then_some(until)
    }

    /// How much of a limit is used was told.
    pub(in crate::session) fn used(&self, limit: &Limit) {
        if let Some(used) = limit.used {
            let window = limit.window.clone().unwrap_or_default();
            let mut known = self.0.lock();
            known.used.insert(window, (used, limit.resets_at));
        }
    }

    /// What is left of its narrowest limit, 0 to 1; half of it if nothing was told.
    pub(in crate::session) fn headroom(&self, now: Millis) -> f64 {
        let known = self.0.lock();
        let now_used = known.used.values().map(|(used, resets)| {
            if resets.is_some_and(|at| at <= now) { 0.0 } else { *used }
        });
        now_used.reduce(f64::max).map_or(0.5, |used| 1.0 - used)
    }

    /// What is known, and how many turns were refused because nobody is logged in.
    pub(in crate::session) fn known(&self) -> (AccountState, u64) {
        let known = self.0.lock();
        (known.state, known.refused)
    }
}

/// Whether a failure that no login mends is the account's all the same.
const fn is_of_account(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Forbidden
        | ErrorClass::OrgBlocks
        | ErrorClass::LimitReached
        | ErrorClass::NoCredit => true,
        ErrorClass::LoginNeeded
        | ErrorClass::LoginDead
        | ErrorClass::BadApiKey
        | ErrorClass::Throttled
        | ErrorClass::TooLong
        | ErrorClass::ImageUnusable
        | ErrorClass::RequestTooLarge
        | ErrorClass::UnknownModel
        | ErrorClass::PolicyRefusal
        | ErrorClass::BadRequest
        | ErrorClass::ServiceDown
        | ErrorClass::Unreachable
        | ErrorClass::TurnsUsedUp
        | ErrorClass::BudgetUsedUp
        | ErrorClass::UnknownConversation
        | ErrorClass::ConversationExists
        | ErrorClass::BadStart
        | ErrorClass::Crashed
        | ErrorClass::EndedForAnother
        | ErrorClass::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_tell_of_the_account_is_known_until_another_tells_otherwise() {
        let account = Account::default();
        assert_eq!(account.known(), (AccountState::Unknown, 0));
        assert!(!account.failed(ErrorClass::ServiceDown));
        assert_eq!(account.known(), (AccountState::Unknown, 0));
        assert!(account.failed(ErrorClass::LoginDead));
        assert!(!account.failed(ErrorClass::ServiceDown));
        assert!(!account.failed(ErrorClass::LoginNeeded), "known already");
        let refused = AccountState::Fails(ErrorClass::LoginNeeded);
        assert_eq!(account.known(), (refused, 2));
        account.answered();
        assert_eq!(account.known(), (AccountState::Works, 2));
        assert!(!account.failed(ErrorClass::LimitReached));
        let limit = AccountState::Fails(ErrorClass::LimitReached);
        assert_eq!(account.known(), (limit, 2));
        assert!(account.failed(ErrorClass::BadApiKey));
    }

    #[test]
    fn a_limit_is_believed_in_for_a_while_and_not_past_its_end() {
        let account = Account::default();
        let at = |minutes| Millis::new(0).after(Duration::from_mins(minutes));
        account.limited(at(20), at(0));
        let known = [0, 14, 15, 21].map(|minutes| account.limited_until(at(minutes)));
        assert_eq!(known, [Some(at(20)), Some(at(20)), None, None]);
        account.limited(at(22), at(15));
        let known = [21, 22].map(|minutes| account.limited_until(at(minutes)));
        assert_eq!(known, [Some(at(22)), None]);
        account.limited(at(40), at(23));
        account.answered();
        assert_eq!(account.limited_until(at(23)), None);
    }
}
