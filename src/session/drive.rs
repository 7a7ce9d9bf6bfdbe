//! Driving a run from its slot to its end.

mod failed;
mod next;

use std::{ops::ControlFlow, panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use failed::DATABASE_AGAIN;
pub(super) use next::{Anew, End, Later, Next};

use super::{
    Engine, ProjectAgent, SessionError,
    again::Prompt,
    agent::{Agent, Warmth},
    dispatch::{Allowed, Worked},
    finish::{Outcome, failure},
    insist::until_stored,
    meaning::Over,
    prompt,
    settle::AGENT_GONE,
    slot::AtWork,
    turn::Turn,
};
use crate::{
    runtime::{
        ErrorClass,
        runner::{LinkError, Written},
    },
    store::{Counts, RunRow, SessionRow},
    words::{ApprovalState, RunId, RunState},
};

/// Starts of an agent for one run: a conversation that turned out to exist, or not to, a warm agent that
/// turned out to be dead, and one that died at work are each worth another.
const STARTS: usize = 4;

impl Engine {
    /// Works on a run that has a slot, until it has ended and its slot is free again.
    pub(super) async fn drive(self: Arc<Self>, at_work: AtWork) {
        let (run, session) = (at_work.ticket().run, at_work.ticket().session);
        let work = AssertUnwindSafe(self.work(run, session, &at_work.cancel)).catch_unwind();
        // The next turn of the session clears up after an agent that a panic left behind.
        match work.await.unwrap_or(Err(SessionError::Panicked)) {
            Ok(Worked::Through) => self.let_go_if_ended(session).await,
            Ok(Worked::NotYet(pause)) => {
                at_work.set_aside();
                self.come_back_to(run, pause);
            }
            Err(error) if error.may_pass() && self.is_back_in_line(run, &error).await => {
                at_work.set_aside();
                self.come_back_to(run, DATABASE_AGAIN);
            }
            Err(error) => self.give_up(run, session, &error).await,
        }
    }

    async fn work(
        self: &Arc<Self>,
        run: RunId,
        session: crate::words::SessionId,
        cancel: &CancellationToken,
    ) -> Result<Worked, SessionError> {
        // Its agent may be at work: what cannot be read now is no reason to give that up.
        let (row, has_ended) = until_stored("a run whose turn has come", || async {
            let row = self.store.run(run).await?;
            Ok((row, self.store.session(session).await?.has_ended()))
        })
        .await?;
        if row.is_wished_to_end() || has_ended {
            cancel.cancel();
        }
        let state = match row.state {
            RunState::Queued => RunState::Queued,
            RunState::Starting | RunState::Running | RunState::Waiting => {
                if self.take_up(&row, cancel).await? {
                    return Ok(Worked::Through);
                }
                RunState::Starting
            }
            RunState::Parked
            | RunState::Completed
            | RunState::Failed
            | RunState::Cancelled
            | RunState::Expired
            | RunState::Interrupted => return Ok(Worked::Through),
        };
        let follow_up = self.store.follow_up(run).await?;
        let (mut row, mut state) = (row, state);
        for _ in 0..STARTS {
            let allowed = match self.begin(&row, state, cancel).await? {
                ControlFlow::Continue(allowed) => allowed,
                ControlFlow::Break(worked) => return Ok(worked),
            };
            if cancel.is_cancelled() {
                self.finish_at_last(run, session, Outcome::Cancelled, None)
                    .await;
                return Ok(Worked::Through);
            }
            let next = match &follow_up {
                Some(follow_up) => self.attempt_follow_up(&row, follow_up, cancel).await?,
                None => self.attempt(run, session, &allowed, cancel).await?,
            };
            match next {
                Next::End(end) => {
                    self.conclude(run, session, *end).await;
                    return Ok(Worked::Through);
                }
                Next::StartAgain(anew) => self.step_back(run, *anew).await?,
                Next::Park(later) => {
                    self.park_at_last(run, session, *later).await?;
                    return Ok(Worked::Through);
                }
            }
            // What has joined it meanwhile is asked again with the rest.
            row = self.store.run(run).await?;
            state = RunState::Starting;
        }
        let outcome = failure(
            ErrorClass::BadStart,
            "it did not start after several attempts",
        );
        self.finish_at_last(run, session, outcome, None).await;
        Ok(Worked::Through)
    }

    /// A run begins anew. That is stored before its agent is given up, or a server after this one would
    /// take it for a run whose agent has died at work.
    async fn step_back(&self, run: RunId, anew: Anew) -> Result<(), SessionError> {
        tracing::info!(%run, why = %anew.why, "a run begins anew");
        let stored = until_stored("that a run begins anew", || {
            self.start_again(run, anew.counts, &anew.why)
        });
        let stored = stored.await;
        self.agents.end(anew.agent).await;
        stored
    }

    /// Stores that a run at work begins anew.
    pub(super) async fn start_again(
        &self,
        run: RunId,
        counts: Counts,
        why: &str,
    ) -> Result<(), SessionError> {
        let mut tx = self.store.write().await?;
        // What its agent has asked people, that one does not wait for any more.
        self.end_questions(&mut tx, run, ApprovalState::Lost, AGENT_GONE)
            .await?;
        tx.start_again(run, counts, why, self.clock.now()).await?;
        tx.commit().await?;
        self.tell_of_ends();
        Ok(())
    }

    /// Parks a run, whatever the database says at first, unless somebody wished its end meanwhile.
    async fn park_at_last(
        self: &Arc<Self>,
        run: RunId,
        session: crate::words::SessionId,
        later: Later,
    ) -> Result<(), SessionError> {
        let Later {
            pause,
            account,
            agent,
        } = later;
        let parked = until_stored("that a run is parked", || async {
            let row = self.store.run(run).await?;
            let session = self.store.session(session).await?;
            self.park(&row, &session, &pause, Some(&account)).await
        });
        let parked = match parked.await {
            Ok(parked) => parked,
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error);
            }
        };
        if !parked {
            let end = End {
                outcome: Outcome::Cancelled,
                account: Some(account),
                agent: Some(agent),
            };
            self.conclude(run, session, end).await;
            return Ok(());
        }
        if pause.keeps_agent() {
            self.keep_warm(run, session, agent).await;
        } else {
            self.agents.end(agent).await;
        }
        self.let_go_if_ended(session).await;
        Ok(())
    }

    /// Stores the end of a run; then its agent is free for the next one.
    async fn conclude(self: &Arc<Self>, run: RunId, session: crate::words::SessionId, end: End) {
        self.finish_at_last(run, session, end.outcome, end.account.as_ref())
            .await;
        if let Some(agent) = end.agent {
            self.keep_warm(run, session, agent).await;
        }
        self.let_go_if_ended(session).await;
    }

    /// Keeps an agent for the next turn, whose last one is stored.
    async fn keep_warm(&self, run: RunId, session: crate::words::SessionId, agent: Agent) {
        if let Err(error) = agent.handle.consumed(agent.seq).await {
            tracing::debug!(%run, %error, "a runner was gone after its turn");
        }
        self.agents.put_back(session, agent).await;
    }

    /// Gets an agent, gives it the turn and follows it.
    async fn attempt(
        self: &Arc<Self>,
        run: RunId,
        session: crate::words::SessionId,
        allowed: &Allowed,
        cancel: &CancellationToken,
    ) -> Result<Next, SessionError> {
        let session = self.store.session(session).await?;
        let project = self.project_of(&session)?;
        let requests = allowed.requests();
        let context = self.context(&session, requests).await?;
        self.take_in_joined(run).await?;
        let agent = self.agents.obtain(&session, &project).await?;
        // Before the prompt: if this server dies after it was given, the next one knows that the
        // agent may be at work.
        self.move_run(run, RunState::Starting, RunState::Running)
            .await?;
        // Getting so far may have taken long: somebody who was blocked meanwhile reaches nothing.
        if cancel.is_cancelled() {
            let outcome = Outcome::Cancelled;
            return Ok(Next::End(Box::new(End {
                outcome,
                account: None,
                agent: Some(agent),
            })));
        }
        let mut text = prompt::in_mode(session.mode, prompt::compose(&context, requests));
        let row = until_stored("a run that is about to begin", || async {
            Ok(self.store.run(run).await?)
        });
        let row = match row.await {
            Ok(row) => row,
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error);
            }
        };
        if row.attempt > 0 && self.has_acted(run).await {
            text = prompt::once_more(&text);
        }
        match self.give_prompt(&agent, &row, &text).await {
            Ok(_) => {}
            // It has ended already; what it leaves says why.
            Err(SessionError::Link(LinkError::Ended)) if agent.warmth == Warmth::Cold => {}
            Err(error) => {
                tracing::info!(%run, %error, "the agent was gone before it got its turn");
                return Ok(Next::StartAgain(Box::new(Anew {
                    agent,
                    counts: Counts::Not,
                    why: error.to_string(),
                })));
            }
        }
        self.follow(run, &session, &project, agent, cancel).await
    }

    async fn give_prompt(
        &self,
        agent: &Agent,
        run: &RunRow,
        text: &str,
    ) -> Result<Written, SessionError> {
        let prompt = Prompt::of(run);
        let line = agent.runtime().prompt(prompt.uuid, text);
        Ok(agent.handle.input(&prompt.id, &line).await?)
    }

    /// Follows an agent that has its turn, and decides what its ending means.
    pub(super) async fn follow_to_end(
        self: &Arc<Self>,
        run: RunId,
        session: &SessionRow,
        agent: Agent,
        cancel: &CancellationToken,
    ) -> Result<bool, SessionError> {
        let project = self.project_of(session)?;
        match self.follow(run, session, &project, agent, cancel).await? {
            Next::End(end) => {
                self.conclude(run, session.id, *end).await;
                Ok(true)
            }
            Next::StartAgain(anew) => {
                self.step_back(run, *anew).await?;
                Ok(false)
            }
            Next::Park(later) => {
                self.park_at_last(run, session.id, *later).await?;
                Ok(true)
            }
        }
    }

    pub(super) async fn follow(
        self: &Arc<Self>,
        run: RunId,
        session: &SessionRow,
        project: &Arc<ProjectAgent>,
        mut agent: Agent,
        cancel: &CancellationToken,
    ) -> Result<Next, SessionError> {
        // It may have its answer already, in its journal.
        let row = until_stored("a run whose agent is at work", || async {
            Ok(self.store.run(run).await?)
        });
        let row = match row.await {
            Ok(row) => row,
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error);
            }
        };
        agent.most_output = project.bounds.output;
        let origin = match self.origin_of(run).await {
            Ok(origin) => origin,
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error);
            }
        };
        let turn = Turn::new(self, &row, session, project, origin);
        match turn.watch(&mut agent, cancel).await {
            Ok(watched) => {
                let over = Over {
                    run: &row,
                    session,
                    project,
                    cancel,
                };
                self.over(over, agent, watched).await
            }
            Err(error) => {
                self.agents.end(agent).await;
                Err(error)
            }
        }
    }

    pub(super) fn project_of(
        &self,
        session: &SessionRow,
    ) -> Result<Arc<ProjectAgent>, SessionError> {
        self.projects
            .named(&session.project)
            .cloned()
            .ok_or_else(|| SessionError::ProjectGone(session.project.clone()))
    }

    pub(super) async fn move_run(
        &self,
        run: RunId,
        from: RunState,
        to: RunState,
    ) -> Result<bool, SessionError> {
        let mut tx = self.store.write().await?;
        let moved = tx.move_run(run, from, to, self.clock.now()).await?;
        tx.commit().await?;
        Ok(moved)
    }
}
