//! Answers to interactions, where an answer of Discord's may be lost.
//!
//! The first one has to come within three seconds and may come once. Whoever is not told whether it has
//! arrived tries again while there is time, and is glad to hear that there is one already; after that he
//! goes on as if it had. What comes later changes what stands there, which does no harm twice.

use std::time::Duration;

use serenity::{all as sn, builder::Builder as _, http::Http};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    arrivals::Arrivals,
    failure::{ALREADY_ANSWERED, meaning},
    rest::within,
};
use crate::{delivery::ChatError, observe::Secrets};

/// How long it is waited before a first answer is tried again, and the time in which that has to succeed.
const PAUSE: Duration = Duration::from_millis(200);
const TRY: Duration = Duration::from_secs(1);

/// In less time no first answer is sent: nobody would know whether it was.
const LEAST: Duration = Duration::from_millis(250);

/// How long it is waited before something that is told later is tried again: the first time, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// How long that is tried. The token lives for 15 minutes (interactions/receiving-and-responding), but nobody
/// looks at what he did for so long.
const PATIENCE: Duration = Duration::from_mins(3);

/// Where an answer goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket<'a> {
    /// For what comes after the first answer.
    pub(super) http: &'a Http,
    pub(super) id: sn::InteractionId,
    pub(super) token: &'a str,
}

impl Ticket<'_> {
    /// Gives the first answer. An error says that there is none, and that nothing is to be done: somebody else
    /// has answered, or it is too late, and the person knows that it did not work.
    pub(super) async fn answer(
        self,
        arrivals: &Arrivals,
        answer: &sn::CreateInteractionResponse,
    ) -> Result<(), ChatError> {
        let answer = clean(&arrivals.secrets, answer);
        let left = arrivals.time_left(self.id);
        if left < LEAST {
            return Err(ChatError::NotSent("it is too late".to_owned()));
        }
        let until = Instant::now() + left;
        let mut is_in_doubt = false;
        let mut pause = PAUSE;
        loop {
            let tried =
                arrivals
                    .http
                    .create_interaction_response(self.id, self.token, &answer, Vec::new());
            let error = match timeout_at(until, tried).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => meaning(&error),
                Err(_) => ChatError::Unknown("no answer in time".to_owned()),
            };
            match &error {
                ChatError::Unknown(_) => is_in_doubt = true,
                ChatError::NotSent(_) => {}
                ChatError::Throttled(wait) => pause = *wait,
                ChatError::Refused { .. } if is_in_doubt && error.is_code(ALREADY_ANSWERED) => {
                    return Ok(());
                }
                ChatError::Refused { .. } | ChatError::Unauthorized => return Err(error),
            }
            if Instant::now() + pause + TRY > until {
                return if is_in_doubt { Ok(()) } else { Err(error) };
            }
            tracing::debug!(%error, interaction = %self.id, "a first answer is tried again");
            sleep(pause).await;
            pause *= 2;
        }
    }

    /// Shows "thinking…" to the person alone.
    pub(super) async fn think(self, arrivals: &Arrivals) -> Result<(), ChatError> {
        let message = sn::CreateInteractionResponseMessage::new().ephemeral(true);
        let answer = sn::CreateInteractionResponse::Defer(message);
        self.answer(arrivals, &answer).await
    }

    /// Puts something in the place of "thinking…", or of what stands there.
    pub(super) async fn tell(self, told: sn::EditInteractionResponse) -> Result<(), ChatError> {
        tell(self.http, self.token, told).await
    }
}

/// An answer without secrets. It has no files, and ids that we gave out ourselves.
fn clean(secrets: &Secrets, answer: &sn::CreateInteractionResponse) -> serde_json::Value {
    // What serenity can send is JSON.
    let written = serde_json::to_value(answer).unwrap_or_default();
    secrets.redact_json(&written)
}

/// The same for who has nothing but the token.
pub(super) async fn tell(
    http: &Http,
    token: &str,
    told: sn::EditInteractionResponse,
) -> Result<(), ChatError> {
    let until = Instant::now() + PATIENCE;
    let (mut pause, longest) = PAUSES;
    loop {
        let Err(error) = within(told.clone().execute(http, token)).await else {
            return Ok(());
        };
        let wait = match &error {
            ChatError::Unknown(_) | ChatError::NotSent(_) => pause,
            // Who asks sooner is told to wait again.
            ChatError::Throttled(told) => pause.max(*told),
            ChatError::Refused { .. } | ChatError::Unauthorized => return Err(error),
        };
        if Instant::now() + wait >= until {
            return Err(error);
        }
        tracing::debug!(%error, "what somebody alone is told is tried again");
        sleep(wait).await;
        pause = (pause * 2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_first_answer_has_a_secret_wherever_it_stands() {
        let secrets = Secrets::new(["correct-horse".into()]);
        let label = "a correct-horse";
        let field = sn::CreateInputText::new(sn::InputTextStyle::Short, label, "field")
            .placeholder(label)
            .value(label);
        let rows = vec![sn::CreateActionRow::InputText(field)];
        let form = sn::CreateModal::new("form", label).components(rows);
        let said = sn::CreateInteractionResponseMessage::new().content(label);
        for answer in [
            sn::CreateInteractionResponse::Modal(form),
            sn::CreateInteractionResponse::Message(said),
        ] {
            let sent = clean(&secrets, &answer).to_string();
            assert!(sent.contains("a [redacted]"), "{sent}");
            assert!(!sent.contains("horse"), "{sent}");
            // It is what serenity would have sent in all else.
            let whole = serde_json::to_value(&answer).unwrap();
            assert_eq!(clean(&Secrets::default(), &answer), whole);
        }
    }
}
