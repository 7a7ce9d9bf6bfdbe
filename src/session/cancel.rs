//! Ending what an agent does, because a person said so.

use std::sync::Arc;

use super::{Engine, SessionError, engine::permit_for, finish::Outcome, settle::STOPPED};
use crate::{
    access::{Action, Permit},
    clock::Millis,
    store::RunRow,
    words::{ApprovalState, MessageId, RunId, SessionId},
};

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// Nothing was going on there.
    Nothing,
    /// The run had not begun; it is gone.
    Withdrawn,
    /// The agent is being stopped; the place will say when it has.
    Stopping,
}

impl Engine {
    /// Cancels the run of the session that is or posts at the permit's place. Messages in the mailbox
    /// stay: each is somebody's own.
    pub async fn cancel(self: &Arc<Self>, permit: &Permit) -> Result<Cancelled, SessionError> {
        permit_for(permit, Action::Cancel)?;
        match self.open_run_at(permit).await? {
            Some(run) => self.cancel_run(permit, &run).await,
            None => Ok(Cancelled::Nothing),
        }
    }

    /// The same for a wish that comes late: where something was asked for after it, or an agent went on by itself,
    /// that is another thing, and goes on.
    pub async fn cancel_what_was(
        self: &Arc<Self>,
        permit: &Permit,
        asked: MessageId,
    ) -> Result<Cancelled, SessionError> {
        permit_for(permit, Action::Cancel)?;
        match self.open_run_at(permit).await? {
            Some(run) if !self.is_after(&run, asked).await? => self.cancel_run(permit, &run).await,
            Some(_) | None => Ok(Cancelled::Nothing),
        }
    }

    async fn open_run_at(&self, permit: &Permit) -> Result<Option<RunRow>, SessionError> {
        let place = permit.place().post_channel();
        let Some(session) = self.store.session_at(place).await? else {
            return Ok(None);
        };
        Ok(self.store.open_run_of(session.id).await?)
    }

    /// Whether a run has come after a moment of Discord's.
    async fn is_after(&self, run: &RunRow, moment: MessageId) -> Result<bool, SessionError> {
        if self.store.follow_up(run.id).await?.is_some() {
            // Nobody has written a message for it.
            return Ok(run.queued_at > Millis::new(moment.created_ms()));
        }
        let requests = self.store.requests_of(run.id).await?;
        Ok(requests.iter().any(|request| request.message_id > moment))
    }

    /// Cancels this run and no other: if it has ended since it was looked up, that was its end.
    async fn cancel_run(
        self: &Arc<Self>,
        permit: &Permit,
        run: &RunRow,
    ) -> Result<Cancelled, SessionError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        tx.note_cancel(run.id, permit.person(), now).await?;
        // Who decides from now on is too late, whatever the agent is doing.
        self.end_questions(&mut tx, run.id, ApprovalState::Cancelled, STOPPED)
            .await?;
        tx.audit(
            now,
            Some(permit.person()),
            "cancel",
            &format!("run {}", run.id),
            "",
        )
        .await?;
        tx.commit().await?;
        self.outbox.wake();
        self.stop_or_withdraw(run.id, run.session_id).await
    }

    /// Carries out a wish to cancel that is stored.
    pub(super) async fn stop_or_withdraw(
        self: &Arc<Self>,
        run: RunId,
        session: SessionId,
    ) -> Result<Cancelled, SessionError> {
        if self.cancel_parked(run).await? {
            return Ok(Cancelled::Stopping);
        }
        let withdrawn = self.turnstile.with(|queue| queue.withdraw(run));
        if let Some(ticket) = withdrawn {
            let ended = self.finish(run, session, Outcome::Withdrawn, None).await;
            if ended.is_err() {
                // The wish is in its row, and it ends so when its turn comes.
                self.turnstile.with(|queue| queue.come_back(ticket));
            } else {
                self.let_go_if_ended(session).await;
            }
            self.pump();
            return ended.map(|()| Cancelled::Withdrawn);
        }
        if self.stop_run(run) {
            return Ok(Cancelled::Stopping);
        }
        // It ended between the look and the wish, or is on its way into the queue or out of it: then
        // it finds the wish in its row before it begins.
        let still = self.store.open_run_of(session).await?;
        Ok(match still {
            Some(open) if open.id == run => Cancelled::Stopping,
            Some(_) | None => Cancelled::Nothing,
        })
    }

    /// Tells a run at work to stop; says whether it is at work.
    pub(super) fn stop_run(&self, run: RunId) -> bool {
        let at_work = self.at_work.lock();
        let reins = at_work.get(&run);
        reins.inspect(|reins| reins.cancel.cancel()).is_some()
    }
}
