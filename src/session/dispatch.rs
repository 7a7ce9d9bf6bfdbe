//! When a run gets its turn: who of its writers may still ask.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Engine, SessionError, accounts::Seated, finish::Outcome, join::MayJoin, sentences};
use crate::{
    access::{Permit, Refusal},
    clock::Millis,
    delivery::{ChatError, Standing},
    store::{RequestRow, RunRow, SessionRow},
    words::{Person, RequestState, RoleId, RunId, RunState, Tier},
};

/// How long the roles hold that a person had when he wrote.
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

/// Requests whose people may still ask, each with the proof of it. Nothing else reaches an agent.
#[derive(Default)]
pub(super) struct Allowed {
    requests: Vec<RequestRow>,
    permits: Vec<Permit>,
}

impl Allowed {
    fn add(&mut self, request: RequestRow, permit: Permit) {
        self.requests.push(request);
        self.permits.push(permit);
    }

    /// In the order of acceptance.
    pub(super) fn requests(&self) -> &[RequestRow] {
        &self.requests
    }

    /// What the least of their people is; `None` if there is nobody.
    fn tier(&self) -> Option<Tier> {
        let tiers = self.permits.iter().map(Permit::tier);
        tiers.min_by_key(|tier| tier.rank())
    }
}

/// Who of a run's writers may still ask.
enum Permitted {
    /// These; the others have got their outcome.
    These(Allowed),
    /// Nobody: they have got their outcomes.
    Nobody,
    /// That of somebody nobody knows: the chat service does not answer.
    Unknown,
}

/// Whether somebody may still ask.
enum Still {
    May(Permit),
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
    ) -> Result<ControlFlow<Worked, Allowed>, SessionError> {
        let allowed = match self.still_permitted(run).await? {
            Permitted::These(allowed) => allowed,
            Permitted::Nobody => return Ok(self.end_before(run, Outcome::Refused).await),
            Permitted::Unknown if cancel.is_cancelled() => {
                return Ok(self.end_before(run, Outcome::Withdrawn).await);
            }
            Permitted::Unknown => {
                if state == RunState::Starting {
                    self.move_run(run.id, state, RunState::Queued).await?;
                }
                let waited = self.clock.now().since(run.waits_since());
                return Ok(ControlFlow::Break(Worked::NotYet(pause_after(waited))));
            }
        };
        let session = self.store.session(run.session_id).await?;
        if !cancel.is_cancelled()
            && let Seated::Waits(pause) = self.seat(run, &session).await?
        {
            if self.park(run, &session, &pause, None).await? {
                return Ok(ControlFlow::Break(Worked::Through));
            }
            return Ok(self.end_before(run, Outcome::Withdrawn).await);
        }
        let begins = state != RunState::Queued || self.take_turn(run).await?;
        Ok(if begins {
            ControlFlow::Continue(allowed)
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
    /// outcome now. A run acts with no more than the least of its persons is now.
    async fn still_permitted(&self, run: &RunRow) -> Result<Permitted, SessionError> {
        let session = self.store.session(run.session_id).await?;
        let mut allowed = Allowed::default();
        let mut is_known = true;
        for request in self.store.requests_behind(run.id).await? {
            match self.may_still(&request, &session).await? {
                Still::May(permit) => allowed.add(request, permit),
                Still::Unknown => is_known = false,
                Still::MayNot(refusal) => {
                    self.refuse_meanwhile(&request, &session, refusal).await?;
                }
            }
        }
        if !is_known {
            // What was written first must not be answered without what was.
            return Ok(Permitted::Unknown);
        }
        let Some(tier) = allowed.tier() else {
            return Ok(Permitted::Nobody);
        };
        if tier.rank() < run.tier.rank() {
            let mut tx = self.store.write().await?;
            tx.lower_run(run.id, tier, self.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(Permitted::These(allowed))
    }

    /// Gives a request its outcome that was accepted and may not be asked any more, if it has none.
    async fn refuse_meanwhile(
        &self,
        request: &RequestRow,
        session: &SessionRow,
        refusal: Refusal,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        if !tx
            .end_request(request.id, RequestState::Refused, now)
            .await?
        {
            return Ok(());
        }
        let key = format!("refused:{}", request.message_id);
        let text = sentences::refused_meanwhile(refusal);
        self.notice(&mut tx, key, session.id, session.thread_id, text)
            .await?;
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }

    /// Whether what has joined a run may be given to its agent now. Who may not ask any more has got his outcome;
    /// of whom nobody knows, or who has become less than the run works with, waits for a turn of his own.
    pub(super) async fn may_join(
        &self,
        request: &RequestRow,
        run: RunId,
    ) -> Result<MayJoin, SessionError> {
        let run = self.store.run(run).await?;
        let session = self.store.session(run.session_id).await?;
        Ok(match self.may_still(request, &session).await? {
            Still::May(permit) if permit.tier().rank() >= run.tier.rank() => MayJoin::Now,
            Still::May(_) | Still::Unknown => MayJoin::NotNow,
            Still::MayNot(refusal) => {
                self.refuse_meanwhile(request, &session, refusal).await?;
                MayJoin::Never
            }
        })
    }

    /// Asks the gate again, with the roles of the last minute.
    async fn may_still(
        &self,
        request: &RequestRow,
        session: &SessionRow,
    ) -> Result<Still, SessionError> {
        if self.is_fresh(request) {
            return self.judge(&request.person, session).await;
        }
        let with = |roles| Person {
            roles,
            ..request.person.clone()
        };
        match self.standing_of(&request.person).await {
            Ok(Standing::Member(roles)) => self.judge(&with(roles), session).await,
            // Who has left is a guest, unless he is something in his own right. What he may be by a
            // role that he had is not known any more, so that role blocks hold.
            Ok(Standing::Stranger) if self.store.has_role_blocks().await? => {
                Ok(Still::MayNot(Refusal::NotAMember))
            }
            Ok(Standing::Stranger) => self.judge(&with(Vec::new()), session).await,
            // A role may give him what he is not in his own right, or block him.
            Err(_) => Ok(match self.judge(&with(Vec::new()), session).await? {
                blocked @ Still::MayNot(Refusal::Blocked) => blocked,
                Still::May(permit) if !self.store.has_role_blocks().await? => Still::May(permit),
                Still::May(_) | Still::MayNot(_) | Still::Unknown => Still::Unknown,
            }),
        }
    }

    async fn judge(&self, person: &Person, session: &SessionRow) -> Result<Still, SessionError> {
        let action = self.asking_in(session);
        let decision = self.authorize(person, session.place(), action).await?;
        Ok(match decision {
            Ok(permit) => Still::May(permit),
            Err(refusal) => Still::MayNot(refusal),
        })
    }

    /// Whether who asked is known to be blocked where his conversation is.
    pub(super) async fn is_blocked_now(
        &self,
        request: &RequestRow,
        session: &SessionRow,
    ) -> Result<bool, SessionError> {
        let is_blocked = async |roles: Vec<RoleId>| {
            let person = Person {
                roles,
                ..request.person.clone()
            };
            let still = self.judge(&person, session).await?;
            Ok::<_, SessionError>(matches!(still, Still::MayNot(Refusal::Blocked)))
        };
        // A block of his own needs nobody's word but the database's.
        if is_blocked(Vec::new()).await? {
            return Ok(true);
        }
        if !self.store.has_role_blocks().await? {
            return Ok(false);
        }
        // What he was when he asked is all that is known if he has left or cannot be looked up.
        let roles = if self.is_fresh(request) {
            request.person.roles.clone()
        } else {
            match self.standing_of(&request.person).await {
                Ok(Standing::Member(roles)) => roles,
                Ok(Standing::Stranger) | Err(_) => request.person.roles.clone(),
            }
        };
        is_blocked(roles).await
    }

    /// Whether the roles that he was accepted with are of the last minute: at the earliest they are
    /// those of the moment when he wrote.
    fn is_fresh(&self, request: &RequestRow) -> bool {
        let written = Millis::new(request.message_id.created_ms());
        self.clock.now().since(written.min(request.accepted_at)) <= FRESH
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
