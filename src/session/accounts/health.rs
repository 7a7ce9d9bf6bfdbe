//! Whether one account works, as its turns tell.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;

use crate::{
    clock::Millis,
    runtime::{ErrorClass, Limit, Policy},
};

/// How long a limit is believed in without asking. The operator may log in with another account.
const BELIEVED: Duration = Duration::from_mins(15);

/// How an account is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountHealth {
    /// No turn has told yet.
    #[default]
    Unknown,
    /// The last turn that told was answered.
    Works,
    /// It takes no more before this time.
    LimitedUntil(Millis),
    /// Somebody has to log in; what its turns were refused for, if one was.
    LoginNeeded(Option<ErrorClass>),
    /// The last turn that told was refused for another reason.
    Fails(ErrorClass),
}

/// What turns have told last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AccountState {
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
    /// When the limit that was reached is reset, and when that was heard.
    limit: Option<(Millis, Millis)>,
    /// How much of each limit is used, 0 to 1, and when that one starts anew.
    used: BTreeMap<String, (f64, Option<Millis>)>,
}

impl Account {
    /// A turn was answered. Says whether a limit was known that is none any more.
    pub(in crate::session) fn answered(&self) -> bool {
        let mut known = self.0.lock();
        known.state = AccountState::Works;
        known.limit.take().is_some()
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

    /// How it is, with what is known of its login: whether there is one.
    pub(in crate::session) fn health(&self, has_login: Option<bool>, now: Millis) -> AccountHealth {
        let known = self.0.lock();
        let limit = known.limit.filter(|(until, _)| *until > now);
        match (limit, known.state) {
            (Some((until, _)), _) => AccountHealth::LimitedUntil(until),
            (None, AccountState::Fails(class)) if class.policy() == Policy::LoginNeeded => {
                AccountHealth::LoginNeeded(Some(class))
            }
            (None, _) if has_login == Some(false) => AccountHealth::LoginNeeded(None),
            (None, AccountState::Unknown) => AccountHealth::Unknown,
            (None, AccountState::Works) => AccountHealth::Works,
            // It was reset meanwhile.
            (None, AccountState::Fails(ErrorClass::LimitReached)) if known.limit.is_some() => {
                AccountHealth::Unknown
            }
            (None, AccountState::Fails(class)) => AccountHealth::Fails(class),
        }
    }

    /// How much of a limit is used was told.
    pub(in crate::session) fn used(&self, limit: &Limit) {
        if let Some(used) = limit.used {
            let window = limit.window.clone().unwrap_or_default();
            let mut known = self.0.lock();
            known.used.insert(window, (used, limit.resets_at));
        }
    }

    /// What is left of its narrowest limit, 0 to 1; `None` if nothing was told.
    pub(in crate::session) fn headroom(&self, now: Millis) -> Option<f64> {
        let known = self.0.lock();
        if known.limit.is_some_and(|(until, _)| until > now) {
            return Some(0.0);
        }
        let now_used = known.used.values().map(|(used, resets)| {
            if resets.is_some_and(|at| at <= now) {
                0.0
            } else {
                *used
            }
        });
        now_used.reduce(f64::max).map(|used| (1.0 - used).max(0.0))
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
    use crate::runtime::LimitState;

    const NOW: Millis = Millis::new(0);

    #[test]
    fn what_turns_tell_of_the_account_is_known_until_another_tells_otherwise() {
        let account = Account::default();
        let health = || account.health(None, NOW);
        assert_eq!(health(), AccountHealth::Unknown);
        assert!(!account.failed(ErrorClass::ServiceDown));
        assert_eq!(health(), AccountHealth::Unknown);
        assert!(account.failed(ErrorClass::LoginDead));
        assert!(!account.failed(ErrorClass::ServiceDown));
        assert!(!account.failed(ErrorClass::LoginNeeded), "known already");
        let refused = AccountHealth::LoginNeeded(Some(ErrorClass::LoginNeeded));
        assert_eq!(health(), refused);
        account.answered();
        assert_eq!(health(), AccountHealth::Works);
        assert!(!account.failed(ErrorClass::LimitReached));
        assert_eq!(health(), AccountHealth::Fails(ErrorClass::LimitReached));
        assert!(account.failed(ErrorClass::BadApiKey));
        let empty = Account::default().health(Some(false), NOW);
        assert_eq!(empty, AccountHealth::LoginNeeded(None));
    }

    #[test]
    fn who_has_met_a_limit_has_nothing_left_until_it_is_reset() {
        let account = Account::default();
        let at = |minutes| NOW.after(Duration::from_mins(minutes));
        let used = |window: &str, used, minutes| Limit {
            state: LimitState::Near,
            window: Some(window.to_owned()),
            resets_at: Some(at(minutes)),
            used: Some(used),
        };
        assert_eq!(account.headroom(NOW), None);
        account.used(&used("seven_day", 0.25, 90));
        account.used(&used("five_hour", 0.5, 30));
        assert_eq!(account.headroom(NOW), Some(0.5));
        assert_eq!(account.headroom(at(30)), Some(0.75));
        account.failed(ErrorClass::LimitReached);
        account.limited(at(60), NOW);
        let told = [59, 60].map(|minutes| account.health(None, at(minutes)));
        let reset = [AccountHealth::LimitedUntil(at(60)), AccountHealth::Unknown];
        assert_eq!(told, reset);
        let left = [59, 60].map(|minutes| account.headroom(at(minutes)));
        assert_eq!(left, [Some(0.0), Some(0.75)]);
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
