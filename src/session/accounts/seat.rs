//! Gives a session its account, and another one if its own takes no more.

use std::sync::Arc;

use super::{
    carry::carry,
    choose::{Candidate, Choice, choose},
    health::AccountHealth,
};
use crate::{
    session::{
        Engine, SessionError,
        again::{A_LITTLE, Pause, Why},
        sentences,
    },
    store::{RunRow, SessionRow},
    words::{Alert, SlotId},
};

/// What an account is taken to have left that has told nothing.
const UNTOLD: f64 = 0.5;

/// Whether a run may begin with the account of its session.
pub(in crate::session) enum Seated {
    /// It may.
    Here,
    /// It waits.
    Waits(Pause),
}

impl Engine {
    /// Gives a session the account with which its next run begins. It keeps the one of its first run, unless that takes
    /// no more and the settings let it move.
    pub(in crate::session) async fn seat(
        &self,
        run: &RunRow,
        session: &SessionRow,
    ) -> Result<Seated, SessionError> {
        let own = session.slot.is_some().then(|| session.account());
        let is_there = |slot: &SlotId| self.agents.runtimes().with(slot).is_some();
        match own.filter(is_there) {
            None => self.take_first(session).await,
            Some(own) => self.stay_or_move(run, session, own).await,
        }
    }

    /// A session without an account, or with one that the settings do not have any more.
    async fn take_first(&self, session: &SessionRow) -> Result<Seated, SessionError> {
        Ok(match choose(&self.candidates(session, None)) {
            Choice::Take(slot) => {
                let mut tx = self.store.write().await?;
                tx.pin_session(session.id, &slot.name).await?;
                tx.commit().await?;
                Seated::Here
            }
            Choice::Wait(until) => Seated::Waits(limited(until)),
            // Its start says that there is no such program.
            Choice::None => Seated::Here,
        })
    }

    async fn stay_or_move(
        &self,
        run: &RunRow,
        session: &SessionRow,
        own: SlotId,
    ) -> Result<Seated, SessionError> {
        let Some(until) = self.accounts.of(&own).limited_until(self.clock.now()) else {
            return Ok(Seated::Here);
        };
        let others = if self.limits.failover {
            choose(&self.candidates(session, Some(&own)))
        } else {
            Choice::None
        };
        let until = match others {
            Choice::Take(other) if !self.needs_login(&other) => {
                if self.moved(run, session, (&own, &other)).await? {
                    return Ok(Seated::Here);
                }
                until
            }
            // It is asked again when the first of them is free.
            Choice::Wait(other) => until.min(other),
            Choice::Take(_) | Choice::None => until,
        };
        Ok(Seated::Waits(limited(until)))
    }

    /// Whether a session can go on with another account than its own now.
    pub(in crate::session) fn may_move(&self, session: &SessionRow) -> bool {
        let own = session.account();
        self.limits.failover
            && matches!(
                choose(&self.candidates(session, Some(&own))),
                Choice::Take(other) if !self.needs_login(&other)
            )
    }

    fn candidates(&self, session: &SessionRow, but: Option<&SlotId>) -> Vec<Candidate> {
        let now = self.clock.now();
        let accounts = self.agents.runtimes().accounts(session.runtime);
        let others = accounts.filter(|slot| Some(*slot) != but);
        let candidate = |slot: &SlotId| {
            let account = self.accounts.of(slot);
            Candidate {
                slot: slot.clone(),
                needs_login: self.needs_login(slot),
                fails: matches!(account.health(None, now), AccountHealth::Fails(_)),
                limited_until: account.limited_until(now),
                headroom: account.headroom(now).unwrap_or(UNTOLD),
            }
        };
        others.map(candidate).collect()
    }

    fn needs_login(&self, slot: &SlotId) -> bool {
        let has_login = self.kept.status(slot).and_then(|status| status.has_login);
        let health = self.accounts.of(slot).health(has_login, self.clock.now());
        matches!(health, AccountHealth::LoginNeeded(_))
    }

    /// Takes a conversation to another account; says whether it is there. Its agent has ended, or is ended.
    async fn moved(
        &self,
        run: &RunRow,
        session: &SessionRow,
        (from, to): (&SlotId, &SlotId),
    ) -> Result<bool, SessionError> {
        let runtimes = self.agents.runtimes();
        let (Some(source), Some(target)) = (runtimes.with(from), runtimes.with(to)) else {
            return Ok(false);
        };
        self.agents.end_of_session(session.id).await;
        if session.agent_acknowledged {
            let Some(project) = self.projects.named(&session.project) else {
                return Ok(false);
            };
            let (source, home) = (Arc::clone(source), target.home());
            let (conversation, directory) = (session.agent_session, project.directory.clone());
            let carried = tokio::task::spawn_blocking(move || {
                carry(source.memory(conversation, &directory), home)
            });
            let carried = carried.await;
            match carried {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) | Err(_) => return Ok(false),
                Ok(Err(error)) => {
                    tracing::warn!(%error, session = %session.id, %from, %to, "a conversation could not be carried over");
                    return Ok(false);
                }
            }
        }
        let key = format!("moved:{}:{}:{to}", run.id, run.attempt);
        let mut tx = self.store.write().await?;
        tx.pin_session(session.id, &to.name).await?;
        self.notice(
            &mut tx,
            key,
            session.id,
            session.thread_id,
            sentences::moved(from, to),
        )
        .await?;
        let alert = Alert::FailedOver {
            from: from.clone(),
            to: to.clone(),
        };
        tx.raise(self.clock.now(), &alert).await?;
        tx.audit(
            self.clock.now(),
            None,
            "session_moved",
            &format!("session {}", session.id),
            &format!("{from} → {to}"),
        )
        .await?;
        tx.commit().await?;
        self.outbox.wake();
        tracing::info!(session = %session.id, %from, %to, "a conversation goes on with another account");
        Ok(true)
    }
}

fn limited(until: crate::clock::Millis) -> Pause {
    let why = Why::Limit {
        window: None,
        is_told: true,
    };
    Pause {
        until: until.after(A_LITTLE),
        why,
    }
}
