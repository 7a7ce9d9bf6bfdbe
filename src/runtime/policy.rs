//! What is done about a failed turn: one policy for each class of failure.

use std::time::Duration;

use super::ErrorClass;

/// How long a service that is in trouble is left alone before it is asked once more. The agent program
/// has asked it several times by itself, within seconds.
const TROUBLE: Duration = Duration::from_secs(30);

/// What is done about a failed turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It is tried once more after this pause, if the agent had done nothing yet.
    Retry(Duration),
    /// It waits until the account's limit is reset, and goes on by itself.
    ParkUntil,
    /// The operator has to log the agent in; until then every turn fails.
    LoginNeeded,
    /// Who asked has to ask differently.
    FixRequest,
    /// The agent begins with another conversation than it was told to, by itself.
    BeginAnew,
    /// The run ends; what helps is in its sentence.
    GiveUp,
}

impl ErrorClass {
    /// What is done about it.
    pub const fn policy(self) -> Policy {
        match self {
            Self::LoginNeeded | Self::LoginDead | Self::BadApiKey => Policy::LoginNeeded,
            Self::LimitReached => Policy::ParkUntil,
            Self::Throttled | Self::ServiceDown | Self::Unreachable => Policy::Retry(TROUBLE),
            // Its conversation is on disk, and a new process takes it up.
            Self::Crashed | Self::EndedForAnother => Policy::Retry(Duration::ZERO),
            Self::TooLong
            | Self::ImageUnusable
            | Self::RequestTooLarge
            | Self::UnknownModel
            | Self::PolicyRefusal
            | Self::BadRequest
            | Self::TurnsUsedUp => Policy::FixRequest,
            Self::UnknownConversation | Self::ConversationExists => Policy::BeginAnew,
            Self::Forbidden
            | Self::OrgBlocks
            | Self::NoCredit
            | Self::BudgetUsedUp
            | Self::BadStart
            | Self::Other => Policy::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_policy() {
        let told: Vec<String> = ErrorClass::ALL
            .iter()
            .map(|class| format!("{class:?}: {:?}", class.policy()))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
