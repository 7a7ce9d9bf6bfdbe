//! What a person is told about a failed turn, and what to do next.

use super::ErrorClass;

impl ErrorClass {
    /// One or two sentences for the person who asked; the agent program's own words go beside it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::LoginNeeded => {
                "The agent is not logged in. The operator has to log it in again on the machine, Codex also with \
                 `/login codex`; then send your message once more."
            }
            Self::LoginDead => {
                "The model service does not accept the agent's login any more. It may be renewed just now: send \
                 your message once more in a minute. If the same comes again, the operator has to log it in \
                 again on the machine, Codex also with `/login codex`."
            }
            Self::BadApiKey => {
                "The model service does not accept the agent's API key. The operator has to replace \
                 it; then send your message once more."
            }
            Self::Forbidden => {
                "The agent's account is not permitted to do this. The operator has to check the \
                 account's access."
            }
            Self::OrgBlocks => {
                "The organization of the agent's account does not permit its use here. The operator \
                 has to ask its administrator, or to use another account."
            }
            Self::LimitReached => {
                "The agent's subscription limit is reached. Send a message when it has been reset, and it \
                 goes on."
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
            Self::ImageUnusable => {
                "An image is too large for the model, or none that it can read. Send a smaller one; if \
                 the same comes again, go on in a new thread."
            }
            Self::RequestTooLarge => {
                "This is more than the model service takes at once. Send smaller files, or fewer of \
                 them."
            }
            Self::UnknownModel => {
                "The model that is set does not exist or is not open to the account. Choose another with \
                 `/session model`, or have the operator change `model` in the project's settings; then \
                 send your message once more."
            }
            Self::PolicyRefusal => {
                "The model refused by its usage policy. Put the request differently, or start a new \
                 thread."
            }
            Self::BadRequest => {
                "The model service did not accept what the agent sent. Put the request differently; if \
                 the same comes again, go on in a new thread."
            }
            Self::ServiceDown => {
                "The model service is overloaded or broken at the moment. Try again in a few minutes."
            }
            Self::Unreachable => {
                "The model service cannot be reached. Try again in a few minutes; if it lasts, the \
                 operator has to check the machine's network."
            }
            Self::TurnsUsedUp => {
                "The agent has used up the steps that one message may take. Send another message to let \
                 it go on."
            }
            Self::BudgetUsedUp => {
                "The agent has used up the money that is set for it. Ask the operator for a higher \
                 limit."
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
            Self::Crashed => "The agent ended before it answered. Send a message to go on.",
            Self::EndedForAnother => {
                "⚠️ The agent program serves several conversations, and had to be ended because another one could not be \
                 stopped. What was done here so far stays in its memory: send a message to go on."
            }
            Self::Other => "The agent failed. Send your message again; its own words may say why.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_own_sentence() {
        let told: Vec<String> = ErrorClass::ALL
            .iter()
            .map(|class| format!("{class:?}: {}", class.sentence()))
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
