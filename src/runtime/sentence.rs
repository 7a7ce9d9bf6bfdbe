//! What a person is told about a failed turn, and what to do next.

use super::ErrorClass;

impl ErrorClass {
    /// One or two sentences for the person who asked; the agent program's own words go beside it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::LoginNeeded => {
                "The agent is not logged in. The operator has to log it in again on the machine; \
                 then send your message once more."
            }
            Self::Forbidden => {
                "The agent's account is not permitted to do this. The operator has to check the \
                 account's access."
            }
            Self::LimitReached => {
                "The agent's subscription limit is reached. Send your message again after the limit \
                 has been reset."
            }
            Self::Throttled => {
                "The model service takes no more requests at the moment. Try again in a minute."
            }
            Self::NoCredit => {
                "The agent's account has no credit left. The operator has to top it up."
            }
            Self::TooLong => {
                "This conversation has become too long for the model. Go on in a new thread, or send \
                 less at once."
            }
            Self::UnknownModel => {
                "The model set for this project does not exist or is not open to the account. The \
                 operator has to change `model` in the project's settings."
            }
            Self::PolicyRefusal => {
                "The model refused by its usage policy. Put the request differently, or start a new \
                 thread."
            }
            Self::ServiceDown => {
                "The model service is overloaded or broken at the moment. Try again in a few minutes."
            }
            Self::Unreachable => {
                "The model service cannot be reached. Try again in a few minutes; if it lasts, the \
                 operator has to check the machine's network."
            }
            Self::BudgetUsedUp => {
                "The agent has used up the turns or the money given to it. Send another message to \
                 let it go on, or ask the operator for a higher limit."
            }
            Self::UnknownConversation => {
                "The agent has lost its memory of this thread. Start a new thread, and repeat what it \
                 has to know."
            }
            Self::ConversationExists => {
                "The agent has a conversation of this name already. Send your message again; if that \
                 does not help, start a new thread."
            }
            Self::BadStart => {
                "The agent program did not start with these settings. The operator has to check the \
                 project's settings and the program's version."
            }
            Self::Other => "The agent failed. Send your message again; its own words may say why.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ErrorClass; 15] = [
        ErrorClass::LoginNeeded,
        ErrorClass::Forbidden,
        ErrorClass::LimitReached,
        ErrorClass::Throttled,
        ErrorClass::NoCredit,
        ErrorClass::TooLong,
        ErrorClass::UnknownModel,
        ErrorClass::PolicyRefusal,
        ErrorClass::ServiceDown,
        ErrorClass::Unreachable,
        ErrorClass::BudgetUsedUp,
        ErrorClass::UnknownConversation,
        ErrorClass::ConversationExists,
        ErrorClass::BadStart,
        ErrorClass::Other,
    ];

    #[test]
    fn every_failure_has_its_own_sentence() {
        let told: Vec<String> = ALL
            .iter()
            .map(|class| format!("{class:?}: {}", class.sentence()))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
