//! One turn: what the agent does from the prompt to the end, and what Baton answers meanwhile.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    Engine, LiveRun, ProgressState, ProjectAgent, SessionError, Shown,
    agent::{Agent, Happening, Warmth},
    drive::prompt_id,
    insist::until_stored,
    kept::kept,
    progress::Progress,
};
use crate::{
    approval::ToolPolicy,
    runtime::{
        Ask, ErrorClass, RunEvent, TurnEnd,
        runner::{Exit, LinkError, Seq},
    },
    store::SessionRow,
    words::{RunId, SessionId, Tier},
};

/// How long an agent may take to obey an interrupt. Measured: 9 to 20 ms.
const OBEYS: Duration = Duration::from_secs(5);

/// How the agent's part of a turn ended.
pub(super) enum Ending {
    /// It said that the turn is over.
    Turn(TurnEnd),
    /// It was told to stop and did not say so in time.
    Disobeyed,
    /// It took longer than a turn may take, and did not stop when told.
    TookTooLong,
    /// It could not be started.
    NotStarted { class: ErrorClass, detail: String },
    /// It wrote a line that is too long to be read.
    TooLong(u64),
    /// What it does cannot be written down any more.
    Unkept(String),
    /// It has ended by itself.
    Ended { exit: Exit, stderr: String },
    /// It or its runner was killed.
    Killed,
}

/// Why an agent was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A person wished it.
    Wished,
    /// The turn took longer than a turn may take.
    Overdue,
}

/// A turn as it was watched.
pub(super) struct Watched {
    pub(super) ending: Ending,
    /// Why the agent was told to stop, if it was.
    pub(super) stop: Option<Stop>,
    /// Whether the agent had taken up the prompt.
    pub(super) acknowledged: bool,
}

/// One turn in progress.
pub(super) struct Turn {
    engine: Arc<Engine>,
    run: RunId,
    session: SessionId,
    project: Arc<ProjectAgent>,
    /// What decides on its tool calls.
    policy: ToolPolicy,
    progress: watch::Sender<Progress>,
    acknowledged: bool,
    ready: bool,
    /// Whether what happens is after the prompt. What an agent did before belongs to another turn,
    /// or to none.
    prompted: bool,
}

impl Turn {
    /// A turn that is about to begin, or to be taken up again; announced to whoever shows it.
    pub(super) fn new(
        engine: &Arc<Engine>,
        run: RunId,
        tier: Tier,
        session: &SessionRow,
        project: &Arc<ProjectAgent>,
    ) -> Self {
        let (progress, shown) = watch::channel(Progress::new(engine.clock.now()));
        let live = LiveRun {
            run,
            session: session.id,
            channel: session.post_channel_id,
            progress: shown,
        };
        // Nobody showing it is fine.
        let _ = engine.live.send(Shown::Run(live));
        Self {
            engine: Arc::clone(engine),
            run,
            session: session.id,
            policy: project.policy_for(session.circle, tier),
            project: Arc::clone(project),
            progress,
            acknowledged: false,
            ready: false,
            prompted: false,
        }
    }

    /// Follows the agent until the turn is over, one way or another.
    pub(super) async fn watch(
        mut self,
        agent: &mut Agent,
        cancel: &CancellationToken,
    ) -> Result<Watched, SessionError> {
        let engine = Arc::clone(&self.engine);
        let limits = engine.limits;
        let mut began = Instant::now();
        self.ready = agent.warmth != Warmth::Cold;
        // An agent at work is taken up behind its prompt.
        self.prompted = agent.warmth == Warmth::AtWork;
        let mut asked_to_stop: Option<(Instant, Stop)> = None;
        let ending = loop {
            let deadline = match &asked_to_stop {
                Some((at, _)) => *at,
                None if self.ready => began + limits.turn,
                None => began + limits.start,
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
                () = cancel.cancelled(), if asked_to_stop.is_none() => {
                    asked_to_stop = Some((self.interrupt(agent).await, Stop::Wished));
                }
                () = tokio::time::sleep_until(deadline) => match asked_to_stop {
                    Some((_, Stop::Wished)) => break Ending::Disobeyed,
                    Some((_, Stop::Overdue)) => break Ending::TookTooLong,
                    None if self.ready => {
                        asked_to_stop = Some((self.interrupt(agent).await, Stop::Overdue));
                    }
                    None => break Ending::NotStarted {
                        class: ErrorClass::BadStart,
                        detail: format!("no word from it within {:?}", limits.start),
                    },
                },
            }
        };
        let stop = asked_to_stop.map(|(_, stop)| stop);
        Ok(Watched {
            stop,
            ..self.over(ending)
        })
    }

    /// The turn is over.
    pub(super) fn over(self, ending: Ending) -> Watched {
        self.progress
            .send_modify(|progress| progress.state = ProgressState::Ended);
        Watched {
            ending,
            stop: None,
            acknowledged: self.acknowledged,
        }
    }

    /// Tells the agent to stop; answers until when it is waited for.
    async fn interrupt(&self, agent: &Agent) -> Instant {
        let id = format!("interrupt:{}", self.run);
        let line = self.engine.runtime.interrupt(&id);
        let told = agent.handle.input(&id, &line).await;
        if let Err(error) = &told {
            tracing::debug!(run = %self.run, %error, "an agent was gone before it was interrupted");
        }
        match told {
            // Nothing more may ever come from a runner that does not answer.
            Err(LinkError::Lost) => Instant::now(),
            Ok(_) | Err(LinkError::Ended | LinkError::Refused(_)) => Instant::now() + OBEYS,
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
                self.prompted |= id == prompt_id(self.run);
                return Ok(None);
            }
            Happening::NotStarted(_)
            | Happening::TooLong(_)
            | Happening::Unkept(_)
            | Happening::Ended { .. }
            | Happening::Lost => return Ok(self.ending_of(happening)),
        };
        for event in events {
            if !self.prompted && is_of_a_turn(&event) {
                continue;
            }
            if let RunEvent::Asked(ask) = &event
                && let Some(ending) = self.answer(agent, ask).await?
            {
                return Ok(Some(ending));
            }
            if let Some(ending) = self.note(event).await {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// How a turn ended that ended without the agent's word.
    pub(super) fn ending_of(&self, happening: Happening) -> Option<Ending> {
        match happening {
            Happening::Events(_) | Happening::Given(_) => None,
            Happening::TooLong(_) if !self.prompted => None,
            Happening::NotStarted(detail) => Some(Ending::NotStarted {
                class: ErrorClass::BadStart,
                detail,
            }),
            Happening::Unkept(why) => Some(Ending::Unkept(why)),
            Happening::TooLong(bytes) => Some(Ending::TooLong(bytes)),
            Happening::Lost
            | Happening::Ended {
                exit: Exit::Signal(_),
                ..
            } => Some(Ending::Killed),
            Happening::Ended { exit, stderr } if !self.ready => {
                let class = self.engine.runtime.explain_exit(&exit.to_string(), &stderr);
                Some(Ending::NotStarted {
                    class,
                    detail: format!("{exit}: {stderr}"),
                })
            }
            Happening::Ended { exit, stderr } => Some(Ending::Ended { exit, stderr }),
        }
    }

    /// Takes in an event; says how the turn ended, if it did.
    pub(super) async fn note(&mut self, event: RunEvent) -> Option<Ending> {
        self.progress
            .send_if_modified(|progress| progress.take(&event));
        match event {
            RunEvent::Ready => self.ready = true,
            RunEvent::Acknowledged(prompt) if prompt == self.run.uuid() => {
                self.acknowledged().await;
            }
            RunEvent::SessionNamed(name) => self.renamed(name).await,
            RunEvent::Limit(limit) if limit.refused => {
                tracing::warn!(run = %self.run, ?limit, "the account's limit is reached");
            }
            RunEvent::Retrying { attempt, class } => {
                tracing::warn!(run = %self.run, attempt, ?class, "the model service failed");
            }
            RunEvent::StartFailed { class, detail } => {
                return Some(Ending::NotStarted { class, detail });
            }
            RunEvent::TurnEnded(end) => return Some(Ending::Turn(end)),
            RunEvent::Acknowledged(_)
            | RunEvent::Limit(_)
            | RunEvent::TextDelta { .. }
            | RunEvent::Text { .. }
            | RunEvent::TextDropped(_)
            | RunEvent::Thinking
            | RunEvent::ToolStarted { .. }
            | RunEvent::ToolEnded { .. }
            | RunEvent::Asked(_)
            | RunEvent::AskWithdrawn(_)
            | RunEvent::OwnTurnEnded(_) => {}
        }
        None
    }

    async fn acknowledged(&mut self) {
        self.ready = true;
        self.acknowledged = true;
        until_stored("an acknowledgement", || async {
            let mut tx = self.engine.store.write().await?;
            tx.acknowledge_session(self.session, self.run).await?;
            Ok(tx.commit().await?)
        })
        .await;
    }

    async fn renamed(&self, name: uuid::Uuid) {
        until_stored("the name of a conversation", || async {
            let mut tx = self.engine.store.write().await?;
            tx.rename_agent_session(self.session, name, true).await?;
            Ok(tx.commit().await?)
        })
        .await;
    }

    /// Answers a question of the agent by the project's rules. The decision is stored with the rule
    /// that made it before the agent gets it. Says how the turn ended, if it did.
    async fn answer(&self, agent: &Agent, ask: &Ask) -> Result<Option<Ending>, SessionError> {
        let decision = self.policy.decide(ask, &self.project.directory);
        let (input, cut) = kept(&ask.input);
        let data = json!({
            "ask": ask.id, "gate": format!("{:?}", ask.kind), "tool": ask.tool,
            "input": input, "cut": cut, "verdict": format!("{:?}", decision.verdict), "rule": decision.rule.to_string(),
        });
        self.decided(agent.runner, agent.seq, &data).await;
        let line = self.engine.runtime.answer(ask, &decision.verdict);
        // The id makes it harmless that a server after this one may answer again.
        let id = format!("answer:{}", ask.id);
        match agent.handle.input(&id, &line).await {
            Ok(_) => Ok(None),
            // What comes next tells how.
            Err(error @ LinkError::Ended) => {
                tracing::debug!(run = %self.run, %error, "an agent was gone before it was answered");
                Ok(None)
            }
            // Its runner has died or does not answer: an agent that waits says nothing more.
            Err(error @ LinkError::Lost) => {
                tracing::debug!(run = %self.run, %error, "an agent was lost before it was answered");
                Ok(Some(Ending::Killed))
            }
            Err(error @ LinkError::Refused(_)) => Err(error.into()),
        }
    }

    async fn decided(&self, runner: crate::words::RunnerId, seq: Seq, data: &serde_json::Value) {
        until_stored("a decision", || async {
            let mut tx = self.engine.store.write().await?;
            tx.run_event(self.run, self.engine.clock.now(), "tool_decided", data)
                .await?;
            // The mark moves to before this question, not past it: a server that dies between this
            // commit and the answer leaves the question for the next one.
            tx.apply_up_to(runner, seq.get().saturating_sub(1)).await?;
            Ok(tx.commit().await?)
        })
        .await;
    }
}

/// Whether an event tells of a turn, and not of the agent whatever it does. A question is answered
/// whenever it was asked: the agent waits.
const fn is_of_a_turn(event: &RunEvent) -> bool {
    match event {
        RunEvent::Ready
        | RunEvent::StartFailed { .. }
        | RunEvent::SessionNamed(_)
        | RunEvent::Limit(_)
        | RunEvent::Asked(_)
        | RunEvent::AskWithdrawn(_) => false,
        RunEvent::Acknowledged(_)
        | RunEvent::TextDelta { .. }
        | RunEvent::Text { .. }
        | RunEvent::TextDropped(_)
        | RunEvent::Thinking
        | RunEvent::ToolStarted { .. }
        | RunEvent::ToolEnded { .. }
        | RunEvent::Retrying { .. }
        | RunEvent::TurnEnded(_)
        | RunEvent::OwnTurnEnded(_) => true,
    }
}
