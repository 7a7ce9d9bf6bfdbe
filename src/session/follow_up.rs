//! What an agent goes on with by itself, when something that it left in the background has ended or a time
//! has come that it has set: a run of its own, with the rights of those who asked for what caused it.
//!
//! The agent is never held up by this: it works, its journal keeps what it does, and its tools wait at the
//! gate until the run has its slot.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Engine, SessionError,
    drive::{End, Next},
    finish::Outcome,
    insist::until_stored,
    sentences,
    turn::Origin,
};
use crate::{
    admission::Ticket,
    runtime::runner::Seq,
    store::{FollowUp, NewRun, Payload, RunEnd, RunRow, SessionRow, StoreError, Tx},
    words::{RequestState, RunId, RunState, RunnerId, SessionId},
};

/// An agent without work goes on by itself.
#[derive(Clone, Debug)]
pub(super) struct GoesOn {
    /// Its session.
    pub(super) session: SessionId,
    /// Its runner.
    pub(super) runner: RunnerId,
    /// The last record that does not belong to it.
    pub(super) after: Seq,
    /// The call that has brought it to do so, if it told.
    pub(super) call: Option<String>,
}

impl Engine {
    /// Queues a run for an agent that goes on by itself.
    pub(super) async fn goes_on(self: Arc<Self>, sign: GoesOn) {
        let queued = until_stored("that an agent goes on by itself", || {
            self.queue_follow_up(&sign)
        });
        let stop = self.stop.clone();
        tokio::select! {
            // The next server hears it again.
            () = stop.cancelled() => {}
            // What cannot be stored is in the log.
            _ = queued => {}
        }
    }

    async fn queue_follow_up(self: &Arc<Self>, sign: &GoesOn) -> Result<(), SessionError> {
        let session = self.store.session(sign.session).await?;
        let may = self
            .project_of(&session)
            .is_ok_and(|project| !project.background.is_empty());
        if !may || session.has_ended() {
            // Nothing is allowed to it, and the next turn passes over what it did.
            return Ok(());
        }
        if !self.agents.still_goes_on(sign)
            && let Some(lives) = self.store.runner_of(session.id).await?
            && lives.id == sign.runner
        {
            // Another turn has taken it up with that.
            return Ok(());
        }
        let Some(waiting) = self.make_way(&session).await? else {
            // If the agent has nothing to do with that run in the end, this is told again.
            return Ok(());
        };
        let queued = self.store_follow_up(sign, &session, waiting.as_ref()).await;
        match (&queued, waiting) {
            (Ok(Some(ticket)), _) => {
                let ticket = ticket.clone();
                self.turnstile.with(|queue| queue.restore_waiting(ticket));
            }
            (_, Some(ticket)) => self.turnstile.with(|queue| queue.come_back(ticket)),
            (_, None) => {}
        }
        self.pump();
        self.outbox.wake();
        queued.map(|_| ())
    }

    /// Takes a run that waits for its slot out of the queue: what the agent does comes before what it is
    /// asked next. The outer `None` if a run has begun, which the agent has to do with, or does not make way:
    /// nobody waits for more than one thing that his agent goes on with by itself, however much it has.
    async fn make_way(&self, session: &SessionRow) -> Result<Option<Option<Ticket>>, SessionError> {
        let Some(open) = self.store.open_run_of(session.id).await? else {
            return Ok(Some(None));
        };
        if self.store.follow_up(open.id).await?.is_some() {
            return Ok(None);
        }
        if open.attempt > 0 {
            // Part of it may be answered.
            return Ok(None);
        }
        if self.store.has_made_way(open.id).await? {
            tracing::info!(run = %open.id, session = %session.id, "an agent goes on by itself, and who waits goes first");
            return Ok(None);
        }
        let withdrawn = self.turnstile.with(|queue| queue.withdraw(open.id));
        Ok(withdrawn.map(Some))
    }

    async fn store_follow_up(
        &self,
        sign: &GoesOn,
        session: &SessionRow,
        waiting: Option<&Ticket>,
    ) -> Result<Option<Ticket>, SessionError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        if !tx.is_session_open(session.id).await?
            || !self.is_room(&mut tx, session, waiting).await?
        {
            return Ok(None);
        }
        let call = sign.call.as_deref();
        let Some(cause) = tx.cause_of(session.id, sign.runner, call).await? else {
            tracing::warn!(session = %session.id, "an agent goes on by itself that has worked for nobody");
            return Ok(None);
        };
        if let Some(waiting) = waiting {
            self.put_back(&mut tx, waiting.run, session).await?;
        }
        let run = NewRun {
            id: RunId::fresh(),
            session: session.id,
            principal: cause.principal,
            tier: cause.tier,
            expires_at: now.after(self.limits.expiry),
        };
        tx.insert_run(&run, now).await?;
        let follow_up = FollowUp {
            caused_by: cause.run,
            runner: sign.runner,
            after: sign.after.get(),
        };
        tx.insert_follow_up(run.id, follow_up).await?;
        tx.commit().await?;
        tracing::info!(run = %run.id, cause = %cause.run, session = %session.id, "an agent goes on by itself");
        Ok(Some(Ticket {
            run: run.id,
            session: session.id,
            person: run.principal,
            channel: session.channel_id,
            project: Arc::from(session.project.as_str()),
            expires_at: run.expires_at,
        }))
    }

    /// Whether nothing is open in a session but the run that was taken out of the queue, and that nobody has
    /// cancelled since. Nothing else is written meanwhile.
    async fn is_room(
        &self,
        tx: &mut Tx,
        session: &SessionRow,
        waiting: Option<&Ticket>,
    ) -> Result<bool, SessionError> {
        let open = tx.open_run_in(session.id).await?;
        let (Some(open), Some(waiting)) = (open, waiting) else {
            return Ok(open.is_none());
        };
        let row = self.store.run(open).await?;
        let is_queued = row.state == RunState::Queued && !row.is_wished_to_end();
        Ok(open == waiting.run && is_queued)
    }

    /// Ends a run that has not begun; what it had taken waits in the mailbox again.
    async fn put_back(
        &self,
        tx: &mut Tx,
        run: RunId,
        session: &SessionRow,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        self.waits.forget(run);
        self.settle_wait(tx, run, session, None).await?;
        tx.put_back_requests(run).await?;
        let end = RunEnd::unused(
            RunState::Cancelled,
            RequestState::Cancelled,
            Some("the agent went on by itself first".to_owned()),
        );
        tx.end_run(run, &end, now).await?;
        Ok(())
    }

    /// What makes the agent of a run work.
    pub(super) async fn origin_of(&self, run: RunId) -> Result<Origin, SessionError> {
        Ok(match self.follow_up_of(run).await? {
            Some(_) => Origin::ByItself,
            None => Origin::Asked,
        })
    }

    /// What a run goes on with by itself, if it does, of a run whose agent may be at work: what cannot be read now is
    /// no reason to give that up.
    pub(super) async fn follow_up_of(&self, run: RunId) -> Result<Option<FollowUp>, SessionError> {
        until_stored("what a run goes on with", || async {
            Ok(self.store.follow_up(run).await?)
        })
        .await
    }

    /// What a place is shown at the end of a run that nobody asked for.
    pub(super) async fn shown_of(
        &self,
        follow_up: &FollowUp,
        outcome: Outcome,
        session: &SessionRow,
        footer: String,
    ) -> Result<Option<Payload>, StoreError> {
        let text = match outcome {
            // It has looked, and has nothing to say.
            Outcome::Answered(markdown) if markdown.trim().is_empty() => return Ok(None),
            Outcome::Answered(markdown) => {
                let asked = self.store.requests_of(follow_up.caused_by).await?;
                let name = asked.first().map_or("somebody", |one| &one.person.name);
                let markdown = format!("{}\n{markdown}", sentences::follow_up(name));
                return Ok(Some(Payload::Answer { markdown, footer }));
            }
            Outcome::Expired => sentences::FOLLOW_UP_EXPIRED,
            Outcome::Refused => sentences::FOLLOW_UP_REFUSED,
            other @ (Outcome::Failed { .. }
            | Outcome::Cancelled
            | Outcome::Withdrawn
            | Outcome::Interrupted(_)
            | Outcome::BrokenOff) => return Ok(other.payload(session, footer)),
        };
        Ok(Some(Payload::Notice {
            channel: None,
            reply_to: None,
            text: text.to_owned(),
        }))
    }

    /// Follows an agent that has gone on by itself, if it is still there.
    pub(super) async fn attempt_follow_up(
        self: &Arc<Self>,
        row: &RunRow,
        follow_up: &FollowUp,
        cancel: &CancellationToken,
    ) -> Result<Next, SessionError> {
        let session = self.store.session(row.session_id).await?;
        let project = self.project_of(&session)?;
        let after = Seq::new(follow_up.after);
        let Some(agent) = self.agents.take_idle(session.id, follow_up.runner, after) else {
            // It is gone, or another turn has taken it up with that.
            let lives = self.store.runner_of(session.id).await?;
            let outcome = match lives {
                Some(row) if row.id == follow_up.runner => Outcome::Answered(String::new()),
                Some(_) | None => Outcome::Interrupted(sentences::INTERRUPTED),
            };
            return Ok(Next::End(Box::new(End {
                outcome,
                account: None,
                agent: None,
            })));
        };
        // What it did by itself it does not do again.
        let moved = until_stored("that an agent goes on by itself", || {
            self.move_run(row.id, RunState::Starting, RunState::Running)
        });
        if let Err(error) = moved.await {
            self.agents.end(agent).await;
            return Err(error);
        }
        self.follow(row.id, &session, &project, agent, cancel).await
    }
}
