//! What kind of thing an event tells of.

use crate::runtime::{ErrorClass, Policy, RunEvent};

/// At which attempt an account that is refused is not waited for any more. The agent program tries on for
/// minutes, and no attempt mends a login (measured: the third is 2 s after the first).
const HOPELESS: u32 = 3;

/// The account's trouble, if an event tells of some that no further attempt mends.
pub(super) fn is_hopeless(event: &RunEvent) -> Option<ErrorClass> {
    let RunEvent::Retrying { attempt, class } = event else {
        return None;
    };
    let is_refused = class.policy() == Policy::LoginNeeded
        || matches!(class, ErrorClass::Forbidden | ErrorClass::OrgBlocks);
    (*attempt >= HOPELESS && is_refused).then_some(*class)
}

/// Whether an event tells of a turn, and not of the agent whatever it does. A question is answered
/// whenever it was asked: the agent waits.
pub(super) const fn is_of_a_turn(event: &RunEvent) -> bool {
    match event {
        RunEvent::Ready
        | RunEvent::StartFailed { .. }
        | RunEvent::SessionNamed(_)
        | RunEvent::Limit(_)
        | RunEvent::Asked(_)
        | RunEvent::AskedUnreadably(_)
        | RunEvent::TaskBegan(_)
        | RunEvent::TaskEnded { .. }
        | RunEvent::Tuned { .. }
        | RunEvent::NotUnderstood
        | RunEvent::AskWithdrawn(_) => false,
        RunEvent::Acknowledged(_)
        | RunEvent::TextDelta { .. }
        | RunEvent::Text { .. }
        | RunEvent::TextDropped(_)
        | RunEvent::Thinking
        | RunEvent::ToolStarted { .. }
        | RunEvent::ToolEnded { .. }
        | RunEvent::Retrying { .. }
        | RunEvent::TurnEnded(_)
        | RunEvent::OwnTurnEnded(_) => true,
    }
}

/// Whether a turn is over with an event.
pub(super) const fn ends_a_turn(event: &RunEvent) -> bool {
    matches!(event, RunEvent::TurnEnded(_) | RunEvent::OwnTurnEnded(_))
}

/// Whether an event shows that an agent does something. What is left of a turn that is over does not.
pub(in crate::session) const fn is_work(event: &RunEvent) -> bool {
    match event {
        RunEvent::TextDelta { .. }
        | RunEvent::Text { .. }
        | RunEvent::Thinking
        | RunEvent::ToolStarted { .. }
        | RunEvent::Asked(_)
        | RunEvent::AskedUnreadably(_)
        | RunEvent::Retrying { .. }
        | RunEvent::TurnEnded(_)
        | RunEvent::OwnTurnEnded(_) => true,
        RunEvent::Ready
        | RunEvent::StartFailed { .. }
        | RunEvent::SessionNamed(_)
        | RunEvent::Acknowledged(_)
        | RunEvent::TextDropped(_)
        | RunEvent::ToolEnded { .. }
        | RunEvent::AskWithdrawn(_)
        | RunEvent::TaskBegan(_)
        | RunEvent::TaskEnded { .. }
        | RunEvent::Tuned { .. }
        | RunEvent::Limit(_)
        | RunEvent::NotUnderstood => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_refused_three_times_is_not_waited_for_and_a_service_in_trouble_is() {
        let hopeless = |class: &ErrorClass| {
            let attempt = |attempt| {
                let class = *class;
                is_hopeless(&RunEvent::Retrying { attempt, class })
            };
            assert_eq!(attempt(HOPELESS - 1), None, "{class:?}");
            attempt(HOPELESS).is_some()
        };
        let found: Vec<ErrorClass> = ErrorClass::ALL.into_iter().filter(hopeless).collect();
        assert_eq!(
            found,
            [
                ErrorClass::LoginNeeded,
                ErrorClass::LoginDead,
                ErrorClass::BadApiKey,
                ErrorClass::Forbidden,
                ErrorClass::OrgBlocks,
            ]
        );
    }
}
