//! The end of a session, and its new beginning in the same place.

use std::sync::Arc;

use uuid::Uuid;

use super::{Engine, SessionError, engine::permit_for, hear::apart, sentences, settle::STOPPED};
use crate::{
    access::{Action, Permit},
    store::{NewSession, Payload, RequestRow, SessionRow, Tx},
    words::{ApprovalState, MessageId, RequestState, SessionId},
};

/// What became of the wish to end a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// There is none there.
    Nothing,
    /// It has ended; what it was at work on is being stopped.
    Ended,
}

/// What became of the wish to begin a session anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// There is none there.
    Nothing,
    /// It is at work.
    AtWork,
    /// It knows nothing any more.
    Cleared,
}

impl Engine {
    /// Ends the session that lives at the permit's place: its run is cancelled, every message in its
    /// mailbox gets its outcome, its agent is ended. A server that dies after the commit leaves the
    /// rest to the next one.
    pub async fn stop_session(self: &Arc<Self>, permit: &Permit) -> Result<Stopped, SessionError> {
        permit_for(permit, Action::EndSession)?;
        let place = permit.place().post_channel();
        let (now, person) = (self.clock.now(), permit.person());
        // First: a session whose thread is being opened moves.
        let mut tx = self.store.write().await?;
        let Some(session) = self.store.session_in(place).await? else {
            return Ok(Stopped::Nothing);
        };
        if !tx.end_session(session.id, Some(person), now).await? {
            return Ok(Stopped::Nothing);
        }
        let run = tx.open_run_in(session.id).await?;
        if let Some(run) = run {
            tx.note_cancel(run, person, now).await?;
            self.end_questions(&mut tx, run, ApprovalState::Cancelled, STOPPED)
                .await?;
        }
        let mut waiting = tx.mailbox(session.id).await?;
        if let Some(run) = run {
            // What has joined it and was not heard waits as well.
            waiting.extend(self.store.unheard_of(run).await?);
        }
        for request in &waiting {
            self.turn_away(&mut tx, &session, request).await?;
        }
        let text = sentences::ended(person, waiting.len());
        self.notice(
            &mut tx,
            format!("ended:{}", session.id),
            session.id,
            session.thread_id,
            text,
        )
        .await?;
        let object = format!("session {}", session.id);
        tx.audit(now, Some(person), "session_ended", &object, "")
            .await?;
        tx.commit().await?;
        tracing::info!(session = %session.id, %person, "a session was ended");
        self.outbox.wake();
        match run {
            // What was ended is ended. The wish stands in the run's row, for whoever comes to it next.
            Some(run) => {
                if let Err(error) = self.stop_or_withdraw(run, session.id).await {
                    error.log("the run of a session that was ended could not be stopped at once");
                }
            }
            None => self.let_go(session.id),
        }
        Ok(Stopped::Ended)
    }

    /// Gives a request that waits its outcome, and its message the sign of it.
    pub(super) async fn turn_away(
        &self,
        tx: &mut Tx,
        session: &SessionRow,
        request: &RequestRow,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        tx.end_request(request.id, RequestState::Cancelled, now)
            .await?;
        let sign = Payload::Reaction {
            channel: request.channel_id,
            message: request.message_id,
            emoji: sentences::STOPPED.to_owned(),
            author: Some(request.person.id),
        };
        let mut sign = apart(
            format!("stopped:{}", request.message_id),
            request.message_id,
            sign,
        );
        sign.session = Some(session.id);
        tx.deliver(&sign, now).await?;
        Ok(())
    }

    /// Ends the session of the permit's place and begins one in its stead that has its name and
    /// nothing of its memory. `command` is the id of the wish: nothing from before it is context.
    pub async fn clear_session(
        self: &Arc<Self>,
        permit: &Permit,
        command: MessageId,
    ) -> Result<Cleared, SessionError> {
        permit_for(permit, Action::EndSession)?;
        let place = permit.place().post_channel();
        let (now, person) = (self.clock.now(), permit.person());
        // First: a session whose thread is being opened moves.
        let mut tx = self.store.write().await?;
        let Some(session) = self.store.session_in(place).await? else {
            return Ok(Cleared::Nothing);
        };
        // Every message in a mailbox waits for a run.
        if tx.open_run_in(session.id).await?.is_some() {
            return Ok(Cleared::AtWork);
        }
        if !tx.end_session(session.id, Some(person), now).await? {
            return Ok(Cleared::Nothing);
        }
        let new = anew(&session, command);
        tx.insert_session(&new, now).await?;
        // How it was set is not what was said in it.
        tx.tune_session(new.id, new.model.as_deref(), session.mode)
            .await?;
        if let Some(busy) = tx.busy_of(session.id).await? {
            tx.set_busy(new.id, Some(busy)).await?;
        }
        if session.post_channel_id != session.thread_id {
            tx.post_in_channel(new.thread).await?;
        }
        let text = sentences::cleared(person);
        self.notice(
            &mut tx,
            format!("cleared:{}", new.id),
            new.id,
            new.thread,
            text,
        )
        .await?;
        let object = format!("session {}", session.id);
        let detail = format!("goes on as {}", new.id);
        tx.audit(now, Some(person), "session_cleared", &object, &detail)
            .await?;
        tx.commit().await?;
        tracing::info!(session = %session.id, new = %new.id, %person, "a session was begun anew");
        self.outbox.wake();
        self.let_go(session.id);
        Ok(Cleared::Cleared)
    }

    /// Ends the warm agent of a session that has ended, in its own time.
    pub(super) fn let_go(self: &Arc<Self>, session: SessionId) {
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            let stop = engine.stop.clone();
            tokio::select! {
                // The next server finds the session ended.
                () = stop.cancelled() => {}
                () = engine.agents.end_of_session(session) => {}
            }
        });
    }

    /// The same if it has ended meanwhile: an agent that was just put on the shelf must not stay.
    pub(super) async fn let_go_if_ended(self: &Arc<Self>, session: SessionId) {
        match self.store.session(session).await {
            Ok(row) if row.has_ended() => self.let_go(session),
            Ok(_) => {}
            Err(error) => {
                SessionError::from(error).log(
                    "whether a session has ended cannot be read; its agent stays until it is idle",
                );
            }
        }
    }
}

fn anew(session: &SessionRow, command: MessageId) -> NewSession {
    NewSession {
        id: SessionId::fresh(),
        project: session.project.clone(),
        runtime: session.runtime,
        guild: session.guild_id,
        channel: session.channel_id,
        thread: session.thread_id,
        context_before: None,
        context_after: session.context_after.map(|_| command),
        title: session.title.clone(),
        name: session.name.clone(),
        model: session.model.clone(),
        agent_session: Uuid::new_v4(),
        circle: session.circle,
    }
}
