//! One turn: what the agent does from the prompt to the end, and what Baton answers meanwhile.

mod calls;
mod course;
mod ending;
mod kinds;
mod origin;
mod recall;
mod stopping;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use course::Course;
pub(super) use ending::{Ending, Stop, Watched};
use kinds::is_hopeless;
pub(super) use kinds::is_work;
pub(super) use origin::Origin;

use super::{
    Engine, LiveRun, ProgressState, ProjectAgent, SessionError, Shown,
    again::Prompt,
    agent::{Agent, Happening, Left, Warmth},
    insist::until_stored,
    join::{Joined, Line},
    progress::Progress,
    questions::{Questions, Standing},
};
use crate::{
    runtime::{ErrorClass, Limit, LimitState, RunEvent, TurnEnd},
    store::{RunRow, SessionRow},
    words::{RunId, SessionId},
};

/// One turn in progress.
pub(super) struct Turn {
    engine: Arc<Engine>,
    run: RunId,
    prompt: Prompt,
    session: SessionId,
    /// What the agent calls the conversation, as far as is known.
    named: Uuid,
    /// What the agent asks before its tools run.
    questions: Questions,
    /// How long it may take, if not as long as everywhere.
    longest: Option<Duration>,
    progress: watch::Sender<Progress>,
    /// How far the agent is with the prompt.
    course: Course,
    ready: bool,
    /// Until when it is waited for, and why, if the agent was told to stop. Then nothing is allowed to
    /// it any more.
    told_to_stop: Option<(Instant, Stop)>,
    /// What has joined the turn, and what says that something did.
    joined: Joined,
    joins: Arc<Notify>,
    /// The limit that was reached, if one was.
    limit: Option<Limit>,
}

impl Turn {
    /// A turn that is about to begin, or to be taken up again; announced to whoever shows it.
    pub(super) fn new(
        engine: &Arc<Engine>,
        run: &RunRow,
        session: &SessionRow,
        project: &Arc<ProjectAgent>,
        origin: Origin,
    ) -> Self {
        let (progress, shown) = watch::channel(Progress::new(engine.clock.now()));
        let live = LiveRun {
            run: run.id,
            session: session.id,
            channel: session.post_channel_id,
            progress: shown,
        };
        // Nobody showing it is fine.
        let _ = engine.live.send(Shown::Run(live));
        let prompt = Prompt::of(run);
        Self {
            engine: Arc::clone(engine),
            run: run.id,
            course: Course::of(origin, prompt.uuid),
            prompt,
            session: session.id,
            named: session.agent_session,
            questions: Questions::new(engine, run, session, project, progress.clone()),
            longest: project.bounds.turn,
            progress,
            ready: false,
            told_to_stop: None,
            joined: Joined::default(),
            joins: engine.joins_of(run.id),
            limit: None,
        }
    }

    /// Gives the agent what has joined its turn. Whoever ends the turn does not wait until Discord has said who may
    /// still ask.
    async fn give_joined(
        &mut self,
        engine: &Engine,
        agent: &Agent,
        cancel: &CancellationToken,
    ) -> Result<(), SessionError> {
        let gives = self.joined.give(engine, self.run, agent);
        cancel.run_until_cancelled(gives).await.unwrap_or(Ok(()))
    }

    /// Follows the agent until the turn is over, one way or another.
    pub(super) async fn watch(
        mut self,
        agent: &mut Agent,
        cancel: &CancellationToken,
    ) -> Result<Watched, SessionError> {
        let engine = Arc::clone(&self.engine);
        let limits = engine.limits;
        let longest = self.longest.unwrap_or(limits.turn);
        let mut began = Instant::now();
        self.ready = agent.warmth != Warmth::Cold;
        // An agent at work is taken up behind its prompt.
        if agent.warmth == Warmth::AtWork {
            self.recall(agent).await?;
            let (run, runner) = (self.run, agent.runner);
            self.joined.recall(&engine, run, runner).await?;
        }
        let joins = Arc::clone(&self.joins);
        if self.course.is_prompted() {
            self.questions.recall(agent.runner).await?;
            self.give_joined(&engine, agent, cancel).await?;
        }
        let mut asks_since = None;
        let ending = loop {
            // What people take to decide is not the agent's time.
            let asks = self.questions.are_open();
            asks_since = match asks_since {
                Some(since) if !asks => {
                    began += Instant::now() - since;
                    None
                }
                None if asks => Some(Instant::now()),
                unchanged => unchanged,
            };
            let deadline = match &self.told_to_stop {
                Some((at, _)) => Some(*at),
                None if asks => None,
                None if self.ready => Some(began + longest),
                None => Some(began + limits.start),
            };
            tokio::select! {
                happening = agent.next() => {
                    let was_ready = self.ready;
                    if let Some(ending) = self.take(agent, happening).await? {
                        break ending;
                    }
                    if self.ready && !was_ready {
                        // The start had a time of its own.
                        began = Instant::now();
                    }
                }
                () = self.questions.until_one_ends(), if asks => {
                    let standing = self.standing();
                    if let Some(ending) = self.questions.answer_ended(agent, standing).await? {
                        break ending;
                    }
                }
                () = joins.notified(), if self.course.is_prompted() && self.told_to_stop.is_none() => {
                    self.give_joined(&engine, agent, cancel).await?;
                }
                () = cancel.cancelled(), if self.told_to_stop.is_none() => {
                    self.tell_to_stop(agent, Stop::Wished).await?;
                }
                () = sleep_until(deadline) => match self.told_to_stop {
                    Some((_, Stop::Wished)) => break Ending::Disobeyed,
                    Some((_, Stop::Overdue)) => break Ending::TookTooLong,
                    Some((_, Stop::Refused(class))) => break Ending::Refused(class),
                    None if self.ready => {
                        self.tell_to_stop(agent, Stop::Overdue).await?;
                    }
                    None => break Ending::NotStarted {
                        class: ErrorClass::BadStart,
                        detail: format!("no word from it within {:?}", limits.start),
                    },
                },
            }
        };
        let stop = self.told_to_stop.map(|(_, stop)| stop);
        let (runner, seq) = (agent.runner, agent.seq);
        self.calls_are_over(Line { runner, seq }).await?;
        if self.joined.has_unheard() {
            agent.left = Left::Messages;
        }
        Ok(Watched {
            stop,
            ..self.over(ending)
        })
    }

    const fn standing(&self) -> Standing {
        match (&self.told_to_stop, self.course.is_prompted()) {
            (Some(_), _) => Standing::Stopped,
            // What it was at by itself when it got the prompt has none of the rights of who asks now.
            (None, true) if !self.course.is_beside() => Standing::Within,
            (None, _) => Standing::Before,
        }
    }

    /// The turn is over.
    pub(super) fn over(self, ending: Ending) -> Watched {
        self.progress
            .send_modify(|progress| progress.state = ProgressState::Ended);
        let tool_calls = self.progress.borrow().tool_calls;
        Watched {
            ending,
            stop: None,
            acknowledged: self.course.is_taken_up(),
            tool_calls,
            limit: self.limit,
        }
    }

    /// Takes in what happened; says how the turn ended, if it did.
    async fn take(
        &mut self,
        agent: &Agent,
        happening: Happening,
    ) -> Result<Option<Ending>, SessionError> {
        let events = match happening {
            Happening::Events(events) => events,
            Happening::Given(id) => {
                self.given(&id);
                return Ok(None);
            }
            Happening::NotStarted(_)
            | Happening::TooLong(_)
            | Happening::TooMuch(_)
            | Happening::Unkept(_)
            | Happening::Ended { .. }
            | Happening::Lost => return Ok(self.ending_of(agent, happening)),
        };
        let line = Line {
            runner: agent.runner,
            seq: agent.seq,
        };
        for event in events {
            self.look_at_call(line, &event).await?;
            if self.course.precedes(&event) {
                continue;
            }
            if let RunEvent::Asked(ask) = &event {
                let standing = self.standing();
                if let Some(ending) = self.questions.take(agent, ask, standing).await? {
                    return Ok(Some(ending));
                }
            }
            if let RunEvent::AskedUnreadably(ask) = &event
                && let Some(ending) = self.questions.refuse_unreadable(agent, ask).await?
            {
                return Ok(Some(ending));
            }
            if let RunEvent::AskWithdrawn(ask) = &event {
                self.questions.withdraw(ask).await?;
            }
            let refused = is_hopeless(&event);
            if let Some(ending) = self.note(line, event).await? {
                return Ok(Some(ending));
            }
            if let Some(class) = refused.filter(|_| self.told_to_stop.is_none()) {
                self.tell_to_stop(agent, Stop::Refused(class)).await?;
            }
        }
        Ok(None)
    }

    /// Takes in an event of a line; says how the turn ended, if it did.
    pub(super) async fn note(
        &mut self,
        line: Line,
        event: RunEvent,
    ) -> Result<Option<Ending>, SessionError> {
        self.progress
            .send_if_modified(|progress| progress.take(&event));
        let ends = self.course.ends_with(&event);
        match event {
            RunEvent::Ready => self.ready = true,
            RunEvent::Acknowledged(prompt) => self.taken_up(prompt).await?,
            // A name that it was given says nothing of its memory: that has nothing in it yet.
            RunEvent::SessionNamed(name) if name == self.named => {}
            RunEvent::SessionNamed(name) => self.renamed(name).await?,
            RunEvent::Limit(limit) => match limit.state {
                LimitState::Open => self.engine.note_headroom(self.session, &limit).await,
                LimitState::Near => {
                    self.engine.note_headroom(self.session, &limit).await;
                    self.engine.warn_of_limit(self.session, &limit).await;
                }
                LimitState::Reached => {
                    tracing::warn!(run = %self.run, ?limit, "the account's limit is reached");
                    self.limit = Some(limit);
                }
            },
            RunEvent::Retrying { attempt, class } => {
                tracing::warn!(run = %self.run, attempt, ?class, "the model service failed");
            }
            RunEvent::StartFailed { class, detail } => {
                return Ok(Some(Ending::NotStarted { class, detail }));
            }
            RunEvent::TurnEnded(end) | RunEvent::OwnTurnEnded(end) if ends => {
                return self.ended(line, end).await;
            }
            RunEvent::NotUnderstood | RunEvent::AskedUnreadably(_) => {
                self.engine.metrics.not_understood();
            }
            RunEvent::TurnEnded(_)
            | RunEvent::OwnTurnEnded(_)
            | RunEvent::TextDelta { .. }
            | RunEvent::Text { .. }
            | RunEvent::TextDropped(_)
            | RunEvent::Thinking
            | RunEvent::ToolStarted { .. }
            | RunEvent::ToolEnded { .. }
            | RunEvent::Asked(_)
            | RunEvent::AskWithdrawn(_)
            | RunEvent::TaskBegan(_)
            | RunEvent::TaskEnded { .. }
            | RunEvent::Tuned { .. } => {}
        }
        Ok(None)
    }

    /// The agent has ended a turn; says how all of it ended, if it did.
    async fn ended(&mut self, line: Line, end: TurnEnd) -> Result<Option<Ending>, SessionError> {
        let ended = self.joined.ended(&self.engine, self.run, line, end);
        Ok(ended.await?.map(Ending::Turn))
    }

    /// The agent has taken up its prompt, or something that has joined that.
    async fn taken_up(&mut self, prompt: Uuid) -> Result<(), SessionError> {
        if !self.course.takes_up(prompt) {
            let engine = Arc::clone(&self.engine);
            return self.joined.heard(&engine, prompt).await;
        }
        self.ready = true;
        until_stored("an acknowledgement", || async {
            let mut tx = self.engine.store.write().await?;
            tx.acknowledge_session(self.session, self.run).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    async fn renamed(&mut self, name: Uuid) -> Result<(), SessionError> {
        self.named = name;
        until_stored("the name of a conversation", || async {
            let mut tx = self.engine.store.write().await?;
            tx.rename_agent_session(self.session, name, true).await?;
            Ok(tx.commit().await?)
        })
        .await
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
