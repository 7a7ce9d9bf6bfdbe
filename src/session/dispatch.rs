//! When a run gets its turn: who of its writers may still ask.

use std::time::Duration;

use super::{Engine, SessionError, sentences};
use crate::{
    access::{Permit, Refusal},
    delivery::{ChatError, Standing},
    store::{RequestRow, SessionRow},
    words::{Person, RequestState, RunId, SessionId, Tier},
};

/// How long the roles hold that a person had when he was accepted.
const FRESH: Duration = Duration::from_mins(1);

/// How often the chat service is asked for somebody's roles, and the pause after the first time.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Requests whose people may still ask, each with the proof of it. Nothing else reaches an agent.
#[derive(Default)]
pub(super) struct Permitted {
    requests: Vec<RequestRow>,
    permits: Vec<Permit>,
}

impl Permitted {
    fn add(&mut self, request: RequestRow, permit: Permit) {
        self.requests.push(request);
        self.permits.push(permit);
    }

    /// In the order of acceptance.
    pub(super) fn requests(&self) -> &[RequestRow] {
        &self.requests
    }

    /// What the least of them is; `None` if there is nobody.
    fn tier(&self) -> Option<Tier> {
        let tiers = self.permits.iter().map(Permit::tier);
        tiers.min_by_key(|tier| tier.rank())
    }
}

impl Engine {
    /// The requests of a run whose persons may still ask. The others get their outcome now. A run
    /// acts with no more than the least of them could now; `None` if nobody is left.
    pub(super) async fn still_permitted(
        &self,
        run: RunId,
        session: SessionId,
    ) -> Result<Option<Permitted>, SessionError> {
        let session = self.store.session(session).await?;
        let mut permitted = Permitted::default();
        for request in self.store.requests_of(run).await? {
            if request.state != RequestState::Taken {
                continue;
            }
            match self.may_still(&request, &session).await? {
                Ok(permit) => permitted.add(request, permit),
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
        let Some(tier) = permitted.tier() else {
            return Ok(None);
        };
        if tier.rank() < self.store.run(run).await?.tier.rank() {
            let mut tx = self.store.write().await?;
            tx.lower_run(run, tier).await?;
            tx.commit().await?;
        }
        Ok(Some(permitted))
    }

    /// Asks the gate again, with the roles of the last minute.
    async fn may_still(
        &self,
        request: &RequestRow,
        session: &SessionRow,
    ) -> Result<Result<Permit, Refusal>, SessionError> {
        let person = match self.person_now(request).await {
            Ok(Some(person)) => person,
            // Who has left is nobody here, not even a guest.
            Ok(None) => return Ok(Err(Refusal::NotAMember)),
            // Whether a block of a role is meant for him cannot be known.
            Err(_) if self.store.has_role_blocks().await? => return Ok(Err(Refusal::Blocked)),
            Err(_) => Person {
                roles: Vec::new(),
                ..request.person.clone()
            },
        };
        self.authorize(&person, session.place(), self.asking_in(session))
            .await
    }

    /// Whether who asked is known to be blocked where his conversation is.
    pub(super) async fn is_blocked_now(
        &self,
        request: &RequestRow,
        session: &SessionRow,
    ) -> Result<bool, SessionError> {
        let person = match self.person_now(request).await {
            Ok(Some(person)) => person,
            // What he was when he asked is all that is known.
            Ok(None) | Err(_) => request.person.clone(),
        };
        let action = self.asking_in(session);
        let decision = self.authorize(&person, session.place(), action).await?;
        Ok(decision.is_err_and(|refusal| refusal == Refusal::Blocked))
    }

    /// Who asked, with the roles of the last minute; `None` if he has left.
    async fn person_now(&self, request: &RequestRow) -> Result<Option<Person>, ChatError> {
        if self.clock.now().since(request.accepted_at) <= FRESH {
            return Ok(Some(request.person.clone()));
        }
        Ok(match self.standing_of(&request.person).await? {
            Standing::Member(roles) => Some(Person {
                roles,
                ..request.person.clone()
            }),
            Standing::Stranger => None,
        })
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
