//! When a run gets its turn: who of its writers may still ask.

use std::time::Duration;

use super::{Engine, SessionError, sentences};
use crate::{
    access::{Action, Refusal},
    delivery::{ChatError, Standing},
    store::{RequestRow, SessionRow},
    words::{Person, RequestState, RunId, SessionId},
};

/// How long the roles hold that a person had when he was accepted.
const FRESH: Duration = Duration::from_mins(1);

/// How often the chat service is asked for somebody's roles, and the pause after the first time.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// The requests of a run whose persons may still ask. The others get their outcome now.
    pub(super) async fn still_permitted(
        &self,
        run: RunId,
        session: SessionId,
    ) -> Result<Vec<RequestRow>, SessionError> {
        let session = self.store.session(session).await?;
        let mut permitted = Vec::new();
        for request in self.store.requests_of(run).await? {
            if request.state != RequestState::Taken {
                continue;
            }
            match self.may_still(&request, &session).await? {
                Ok(()) => permitted.push(request),
                Err(refusal) => {
                    let now = self.clock.now();
                    let mut tx = self.store.write().await?;
                    tx.end_request(request.id, RequestState::Refused, now)
                        .await?;
                    let key = format!("refused:{}", request.message_id);
                    let text = sentences::refused_meanwhile(refusal);
                    self.notice(&mut tx, key, session.id, session.thread_id, text)
                        .await?;
                    tx.commit().await?;
                    self.outbox.wake();
                }
            }
        }
        Ok(permitted)
    }

    /// Asks the gate again, with the roles of the last minute.
    async fn may_still(
        &self,
        request: &RequestRow,
        session: &SessionRow,
    ) -> Result<Result<(), Refusal>, SessionError> {
        let age = self.clock.now().since(request.accepted_at);
        let person = if age <= FRESH {
            request.person.clone()
        } else {
            match self.standing_of(&request.person).await {
                Ok(Standing::Member(roles)) => Person {
                    roles,
                    ..request.person.clone()
                },
                // Who has left is a guest, and a guest has no agent work.
                Ok(Standing::Stranger) => return Ok(Err(Refusal::NotAMember)),
                // Whether a block of a role is meant for him cannot be known.
                Err(_) if self.store.has_role_blocks().await? => return Ok(Err(Refusal::Blocked)),
                Err(_) => Person {
                    roles: Vec::new(),
                    ..request.person.clone()
                },
            }
        };
        let decision = self
            .authorize(&person, session.place(), Action::Ask)
            .await?;
        Ok(decision.map(|_| ()))
    }

    async fn standing_of(&self, person: &Person) -> Result<Standing, ChatError> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            match self.chat.standing(person.id).await {
                Err(error) if attempt == TRIES => {
                    tracing::warn!(person = %person.id, %error, "a person's roles cannot be had");
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(pause).await,
                known @ Ok(_) => return known,
            }
            pause *= 2;
            attempt += 1;
        }
    }
}
