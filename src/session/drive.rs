//! Driving a run from its slot to its end.

use std::{ops::ControlFlow, panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::{
    Engine, ProjectAgent, SessionError,
    agent::{Agent, Warmth},
    dispatch::{Allowed, Worked},
    finish::{Account, Outcome, failure, took_too_long},
    prompt, sentences,
    slot::AtWork,
    turn::{Ending, Stop, Turn, Watched},
};
use crate::{
    runtime::{
        ErrorClass, TurnEnd, TurnOutcome,
        runner::{LinkError, Written},
    },
    store::SessionRow,
    words::{RunId, RunState},
};

/// Starts of an agent for one run: a conversation that turned out to exist, or not to, and a warm
/// agent that turned out to be dead are each worth another.
const STARTS: usize = 3;

/// What to do about a turn that did not come to an end of its own.
enum Next {
    /// The run ends so.
    End(Box<End>),
    /// It is worth another start, without this agent.
    StartAgain(Agent),
}

/// How a run ends, and what is left of its turn.
struct End {
    outcome: Outcome,
    account: Option<Account>,
    /// The agent, if it is fit for the next turn. It is given up only when the end is stored: its
    /// journal is what a server after this one would read the end from.
    agent: Option<Agent>,
}

impl Engine {
    /// Works on a run that has a slot, until it has ended and its slot is free again.
    pub(super) async fn drive(self: Arc<Self>, at_work: AtWork) {
        let (run, session) = (at_work.ticket().run, at_work.ticket().session);
        let work = AssertUnwindSafe(self.work(run, session, &at_work.cancel)).catch_unwind();
        // The next turn of the session clears up after an agent that a panic left behind.
        match work.await.unwrap_or(Err(SessionError::Panicked)) {
            Ok(Worked::Through) => {}
            Ok(Worked::NotYet(pause)) => {
                at_work.set_aside();
                self.come_back_to(run, pause);
            }
            Err(error) => self.give_up(run, session, &error).await,
        }
    }

    /// Ends a run that Baton itself could not see through.
    async fn give_up(
        self: &Arc<Self>,
        run: RunId,
        session: crate::words::SessionId,
        error: &SessionError,
    ) {
        let reference = error.log("a run could not be seen through");
        let sentence = sentences::failed(&error.sentence(), &reference.to_string());
        let outcome = Outcome::Failed {
            sentence,
            cause: error.to_string(),
        };
        self.finish_at_last(run, session, outcome, None).await;
    }

    async fn work(
        self: &Arc<Self>,
        run: RunId,
        session: crate::words::SessionId,
        cancel: &CancellationToken,
    ) -> Result<Worked, SessionError> {
        let row = self.store.run(run).await?;
        if row.cancelled_by.is_some() || row.broken_off_at.is_some() {
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
        let allowed = match self.begin(&row, state, cancel).await? {
            ControlFlow::Continue(allowed) => allowed,
            ControlFlow::Break(worked) => return Ok(worked),
        };
        for _ in 0..STARTS {
            if cancel.is_cancelled() {
                self.finish_at_last(run, session, Outcome::Cancelled, None)
                    .await;
                return Ok(Worked::Through);
            }
            match self.attempt(run, session, &allowed, cancel).await? {
                Next::End(end) => {
                    self.conclude(run, session, *end).await;
                    return Ok(Worked::Through);
                }
                Next::StartAgain(agent) => self.step_back(run, agent).await?,
            }
        }
        let outcome = failure(
            ErrorClass::BadStart,
            "it did not start after several attempts",
        );
        self.finish_at_last(run, session, outcome, None).await;
        Ok(Worked::Through)
    }

    /// Nothing of a run was done, so it begins anew. That is stored before its agent is given up, or a
    /// server after this one would take it for a run whose agent has died at work.
    async fn step_back(&self, run: RunId, agent: Agent) -> Result<(), SessionError> {
        let stored = self
            .move_run(run, RunState::Running, RunState::Starting)
            .await;
        self.agents.end(agent).await;
        stored.map(drop)
    }

    /// Stores the end of a run; then its agent is free for the next one.
    async fn conclude(self: &Arc<Self>, run: RunId, session: crate::words::SessionId, end: End) {
        self.finish_at_last(run, session, end.outcome, end.account.as_ref())
            .await;
        if let Some(agent) = end.agent {
            if let Err(error) = agent.handle.consumed(agent.seq).await {
                tracing::debug!(%run, %error, "a runner was gone after its turn");
            }
            self.agents.put_back(session, agent).await;
        }
        self.let_go_if_ended(session).await;
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
        let agent = self.agents.obtain(&session, &project).await?;
        // Before the prompt: if this server dies after it was given, the next one knows that the
        // agent may be at work.
        self.move_run(run, RunState::Starting, RunState::Running)
            .await?;
        let text = prompt::compose(&context, requests);
        match self.give_prompt(&agent, run, &text).await {
            Ok(_) => {}
            // It has ended already; what it leaves says why.
            Err(SessionError::Link(LinkError::Ended)) if agent.warmth == Warmth::Cold => {}
            Err(error) => {
                tracing::info!(%run, %error, "the agent was gone before it got its turn");
                return Ok(Next::StartAgain(agent));
            }
        }
        self.follow(run, &session, &project, agent, cancel).await
    }

    async fn give_prompt(
        &self,
        agent: &Agent,
        run: RunId,
        text: &str,
    ) -> Result<Written, SessionError> {
        let line = self.runtime.prompt(run.uuid(), text);
        Ok(agent.handle.input(&prompt_id(run), &line).await?)
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
            Next::StartAgain(agent) => {
                self.step_back(run, agent).await?;
                Ok(false)
            }
        }
    }

    async fn follow(
        self: &Arc<Self>,
        run: RunId,
        session: &SessionRow,
        project: &Arc<ProjectAgent>,
        mut agent: Agent,
        cancel: &CancellationToken,
    ) -> Result<Next, SessionError> {
        let tier = match self.store.run(run).await {
            Ok(row) => row.tier,
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error.into());
            }
        };
        let turn = Turn::new(self, run, tier, session, project);
        let watched = match turn.watch(&mut agent, cancel).await {
            Ok(watched) => watched,
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error);
            }
        };
        let account = |turn| Account {
            runner: agent.runner,
            seq: agent.seq,
            turn,
        };
        if let Ending::Turn(end) = &watched.ending {
            let account = account(Some(end.clone()));
            let stop = watched.stop;
            return self
                .turn_ended(session, agent, account, end, stop, cancel)
                .await;
        }
        let account = account(None);
        self.broke_off(session, project, agent, watched, account, cancel)
            .await
    }

    /// The agent said how the turn ended.
    async fn turn_ended(
        &self,
        session: &SessionRow,
        agent: Agent,
        account: Account,
        end: &TurnEnd,
        stop: Option<Stop>,
        cancel: &CancellationToken,
    ) -> Result<Next, SessionError> {
        let outcome = match &end.outcome {
            TurnOutcome::Answered(text) => Outcome::Answered(text.clone()),
            TurnOutcome::Stopped if stop == Some(Stop::Overdue) && !cancel.is_cancelled() => {
                took_too_long()
            }
            TurnOutcome::Stopped => Outcome::Cancelled,
            TurnOutcome::Failed {
                class: ErrorClass::UnknownConversation,
                ..
            } => {
                if let Err(error) = self.forget_conversation(session).await {
                    self.agents.end(agent).await;
                    return Err(error);
                }
                return Ok(Next::StartAgain(agent));
            }
            TurnOutcome::Failed { class, detail } => failure(*class, detail),
        };
        if stop.is_some() || cancel.is_cancelled() {
            // What the agent's tools left running ends with the turn that was stopped.
            if let Err(error) = agent.handle.sweep().await {
                tracing::warn!(%error, "an agent's tree could not be swept; ending it whole");
                self.agents.end(agent).await;
                return Ok(Next::End(Box::new(End {
                    outcome,
                    account: Some(account),
                    agent: None,
                })));
            }
        }
        Ok(Next::End(Box::new(End {
            outcome,
            account: Some(account),
            agent: Some(agent),
        })))
    }

    /// The turn ended without the agent's word. Its process is ended, whatever state it is in.
    async fn broke_off(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
        agent: Agent,
        watched: Watched,
        account: Account,
        cancel: &CancellationToken,
    ) -> Result<Next, SessionError> {
        let outcome = if cancel.is_cancelled() {
            Ok(Some(Outcome::Cancelled))
        } else {
            self.meaning(session, project, agent.warmth, watched).await
        };
        match outcome {
            Ok(None) => Ok(Next::StartAgain(agent)),
            Ok(Some(outcome)) => {
                self.agents.end(agent).await;
                Ok(Next::End(Box::new(End {
                    outcome,
                    account: Some(account),
                    agent: None,
                })))
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

/// The id under which a run's prompt is given to its agent: once, however often it is sent.
pub(super) fn prompt_id(run: RunId) -> String {
    format!("prompt:{run}")
}
