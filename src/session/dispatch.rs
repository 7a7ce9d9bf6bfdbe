//! When a run gets its turn: who of its writers may still ask.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Engine, SessionError, finish::Outcome, sentences};
use crate::{
    access::{Action, Refusal},
    delivery::{ChatError, Standing},
    store::{RequestRow, RunRow, SessionRow},
    words::{Person, RequestState, RunId, RunState},
};

/// How long the roles hold that a person had when he was accepted.
const FRESH: Duration = Duration::from_mins(1);

/// How often the chat service is asked for somebody's roles, and the pause after the first time.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// How soon, and how late at the most, a run is come back to whose writers' roles could not be had.
const SOON: Duration = Duration::from_secs(2);
const LATE: Duration = Duration::from_secs(30);

/// How far a driver came with a run.
pub(super) enum Worked {
    /// The run has ended.
    Through,
    /// It cannot begin yet, and is worth another look after this time.
    NotYet(Duration),
}

/// Who of a run's writers may still ask.
enum Permitted {
    /// These; the others have got their outcome.
    These(Vec<RequestRow>),
    /// Nobody: they have got their outcomes.
    Nobody,
    /// That of somebody nobody knows: the chat service does not answer.
    Unknown,
}

/// Whether somebody may still ask.
enum Still {
    May,
    MayNot(Refusal),
    Unknown,
}

impl Engine {
    /// Begins a run that has a slot and stands so in the database, with those of its requests that may
    /// still be asked.
    pub(super) async fn begin(
        self: &Arc<Self>,
        run: &RunRow,
        state: RunState,
        cancel: &CancellationToken,
    ) -> Result<ControlFlow<Worked, Vec<RequestRow>>, SessionError> {
        let requests = match self.still_permitted(run).await? {
            Permitted::These(requests) => requests,
            Permitted::Nobody => return Ok(self.end_before(run, Outcome::Refused).await),
            Permitted::Unknown if cancel.is_cancelled() => {
                return Ok(self.end_before(run, Outcome::Withdrawn).await);
            }
            Permitted::Unknown => {
                if state == RunState::Starting {
                    self.move_run(run.id, state, RunState::Queued).await?;
                }
                let waited = self.clock.now().since(run.queued_at);
                return Ok(ControlFlow::Break(Worked::NotYet(pause_after(waited))));
            }
        };
        let begins = state != RunState::Queued || self.take_turn(run).await?;
        Ok(if begins {
            ControlFlow::Continue(requests)
        } else {
            ControlFlow::Break(Worked::Through)
        })
    }

    /// Ends a run that has not begun.
    async fn end_before<T>(
        self: &Arc<Self>,
        run: &RunRow,
        outcome: Outcome,
    ) -> ControlFlow<Worked, T> {
        self.finish_at_last(run.id, run.session_id, outcome, None)
            .await;
        ControlFlow::Break(Worked::Through)
    }

    /// Lets a run that was set aside have a slot again after a pause.
    pub(super) fn come_back_to(self: &Arc<Self>, run: RunId, pause: Duration) {
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            let stop = engine.stop.clone();
            tokio::select! {
                // It is stored as waiting; the next server begins with it.
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {
                    engine.turnstile.with(|queue| queue.confirm(run));
                    engine.pump();
                }
            }
        });
    }

    /// The requests of a run whose persons may still ask. Those that certainly may not get their
    /// outcome now.
    async fn still_permitted(&self, run: &RunRow) -> Result<Permitted, SessionError> {
        let session = self.store.session(run.session_id).await?;
        let mut permitted = Vec::new();
        let mut is_known = true;
        for request in self.store.requests_of(run.id).await? {
            if request.state != RequestState::Taken {
                continue;
            }
            match self.may_still(&request, &session).await? {
                Still::May => permitted.push(request),
                Still::Unknown => is_known = false,
                Still::MayNot(refusal) => {
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
        Ok(match permitted.is_empty() {
            // What was written first must not be answered without what was.
            _ if !is_known => Permitted::Unknown,
            true => Permitted::Nobody,
            false => Permitted::These(permitted),
        })
    }

    /// Asks the gate again, with the roles of the last minute.
    async fn may_still(
        &self,
        request: &RequestRow,
        session: &SessionRow,
    ) -> Result<Still, SessionError> {
        let age = self.clock.now().since(request.accepted_at);
        if age <= FRESH {
            return self.judge(&request.person, session).await;
        }
        let with = |roles| Person {
            roles,
            ..request.person.clone()
        };
        match self.standing_of(&request.person).await {
            Ok(Standing::Member(roles)) => self.judge(&with(roles), session).await,
            // Who has left is a guest, and a guest has no agent work.
            Ok(Standing::Stranger) => Ok(Still::MayNot(Refusal::NotAMember)),
            // A role may give him what he is not in his own right, or block him.
            Err(_) => Ok(match self.judge(&with(Vec::new()), session).await? {
                blocked @ Still::MayNot(Refusal::Blocked) => blocked,
                Still::May if !self.store.has_role_blocks().await? => Still::May,
                Still::May | Still::MayNot(_) | Still::Unknown => Still::Unknown,
            }),
        }
    }

    async fn judge(&self, person: &Person, session: &SessionRow) -> Result<Still, SessionError> {
        let decision = self.authorize(person, session.place(), Action::Ask).await?;
        Ok(match decision {
            Ok(_) => Still::May,
            Err(refusal) => Still::MayNot(refusal),
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

/// How long a run that has waited so long waits again: longer and longer.
fn pause_after(waited: Duration) -> Duration {
    (waited / 4).clamp(SOON, LATE)
}
