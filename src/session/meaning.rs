//! What it means for a run that its turn is over: that it ends, begins anew, or goes on later.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Engine, ProjectAgent, SessionError,
    again::{Again, Pause},
    agent::{Agent, Warmth},
    drive::{Anew, End, Later, Next},
    finish::{Account, Outcome, failed, failure, took_too_long},
    sentences,
    turn::{Ending, Stop, Watched},
};
use crate::{
    runtime::{ErrorClass, TurnEnd, TurnOutcome},
    store::{Counts, RunRow, SessionRow},
    words::SlotId,
};

/// Whose turn is over.
#[derive(Clone, Copy)]
pub(super) struct Over<'a> {
    pub(super) run: &'a RunRow,
    pub(super) session: &'a SessionRow,
    pub(super) project: &'a ProjectAgent,
    pub(super) cancel: &'a CancellationToken,
}

/// What a turn means that ended without the agent's word.
enum Meaning {
    End(Outcome),
    /// It is worth another start.
    Again(Counts, &'static str),
}

/// What a turn means that the agent has ended.
pub(super) enum Said {
    End(Outcome),
    /// It is worth another start.
    Again(Counts, &'static str),
    /// It goes on later.
    Later(Pause),
}

/// Whether somebody wished the end of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Ends,
    GoesOn,
}

impl Wish {
    pub(super) const fn of(ends: bool) -> Self {
        if ends { Self::Ends } else { Self::GoesOn }
    }
}

impl Engine {
    /// A turn is over, one way or another.
    pub(super) async fn over(
        self: &Arc<Self>,
        over: Over<'_>,
        agent: Agent,
        watched: Watched,
    ) -> Result<Next, SessionError> {
        match &watched.ending {
            Ending::NotStarted { class, .. } | Ending::Refused(class) => {
                self.note_failure(&over.session.account(), *class).await;
            }
            Ending::Turn(_)
            | Ending::Disobeyed
            | Ending::TookTooLong
            | Ending::TooMuch(_)
            | Ending::TooLong(_)
            | Ending::Unkept(_)
            | Ending::Ended { .. }
            | Ending::Killed => {}
        }
        let account = |turn| Account {
            runner: agent.runner,
            seq: agent.seq,
            turn,
        };
        if let Ending::Turn(end) = &watched.ending {
            let end = end.clone();
            let account = account(Some(end.clone()));
            return self.turn_ended(over, agent, account, &end, &watched).await;
        }
        let account = account(None);
        self.broke_off(over, agent, watched, account).await
    }

    async fn note_account(&self, slot: &SlotId, outcome: &TurnOutcome, stop: Option<Stop>) {
        match outcome {
            TurnOutcome::Answered(_) => self.note_answer(slot).await,
            TurnOutcome::Failed { class, .. } => self.note_failure(slot, *class).await,
            TurnOutcome::Stopped => {
                if let Some(Stop::Refused(class)) = stop {
                    self.note_failure(slot, class).await;
                }
            }
        }
    }

    /// What it means for a run that its agent has said how the turn ended, whoever heard it.
    pub(super) async fn meaning_of_end(
        &self,
        run: &RunRow,
        session: &SessionRow,
        end: &TurnEnd,
        watched: &Watched,
        wish: Wish,
    ) -> Result<Said, SessionError> {
        self.note_account(&session.account(), &end.outcome, watched.stop)
            .await;
        Ok(Said::End(match &end.outcome {
            TurnOutcome::Answered(text) => Outcome::Answered(text.clone()),
            TurnOutcome::Stopped => match (watched.stop, wish) {
                (Some(Stop::Overdue), Wish::GoesOn) => took_too_long(),
                (Some(Stop::Refused(class)), Wish::GoesOn) => refused(class),
                (Some(_) | None, _) => Outcome::Cancelled,
            },
            TurnOutcome::Failed {
                class: ErrorClass::UnknownConversation,
                ..
            } => {
                self.forget_conversation(session).await?;
                return Ok(Said::Again(Counts::Not, "its conversation was unknown"));
            }
            TurnOutcome::Failed { class, detail } => {
                if watched.stop.is_none() && wish == Wish::GoesOn {
                    let limit = watched.limit.as_ref();
                    let again = self.again_after(run, session, *class, watched.tool_calls, limit);
                    match again.await {
                        Some(Again::AtOnce) => {
                            return Ok(Said::Again(Counts::AsRetry, "its turn failed"));
                        }
                        Some(Again::Later(pause)) => return Ok(Said::Later(pause)),
                        None => {}
                    }
                }
                if *class == ErrorClass::EndedForAnother {
                    Outcome::Interrupted(class.sentence())
                } else {
                    failure(*class, detail)
                }
            }
        }))
    }

    /// The agent said how the turn ended.
    async fn turn_ended(
        &self,
        over: Over<'_>,
        agent: Agent,
        account: Account,
        end: &TurnEnd,
        watched: &Watched,
    ) -> Result<Next, SessionError> {
        let wish = Wish::of(over.cancel.is_cancelled());
        let said = self.meaning_of_end(over.run, over.session, end, watched, wish);
        let outcome = match said.await {
            Ok(Said::End(outcome)) => outcome,
            Ok(Said::Again(counts, why)) => return Ok(anew(agent, counts, why)),
            Ok(Said::Later(pause)) => {
                return Ok(Next::Park(Box::new(Later {
                    pause,
                    account,
                    agent,
                })));
            }
            Err(error) => {
                self.agents.end(agent).await;
                return Err(error);
            }
        };
        let mut end = End {
            outcome,
            account: Some(account),
            agent: None,
        };
        if watched.stop.is_some() || wish == Wish::Ends {
            // What the agent's tools left running ends with the turn that was stopped. An agent that may go
            // on by itself would do so about that.
            if !over.project.background.is_empty() {
                self.agents.end(agent).await;
                return Ok(Next::End(Box::new(end)));
            }
            if let Err(error) = agent.handle.sweep().await {
                tracing::warn!(%error, "an agent's tree could not be swept; ending it whole");
                self.agents.end(agent).await;
                return Ok(Next::End(Box::new(end)));
            }
        }
        end.agent = Some(agent);
        Ok(Next::End(Box::new(end)))
    }

    /// The turn ended without the agent's word. Its process is ended, whatever state it is in.
    async fn broke_off(
        &self,
        over: Over<'_>,
        agent: Agent,
        watched: Watched,
        account: Account,
    ) -> Result<Next, SessionError> {
        let meaning = if over.cancel.is_cancelled() {
            Ok(Meaning::End(Outcome::Cancelled))
        } else {
            self.meaning(over, agent.warmth, watched).await
        };
        match meaning {
            Ok(Meaning::Again(counts, why)) => Ok(anew(agent, counts, why)),
            Ok(Meaning::End(outcome)) => {
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

    async fn meaning(
        &self,
        over: Over<'_>,
        warmth: Warmth,
        watched: Watched,
    ) -> Result<Meaning, SessionError> {
        let session = over.session;
        let died = matches!(watched.ending, Ending::Ended { .. } | Ending::Killed);
        let was_idle = warmth == Warmth::Warm && !watched.acknowledged;
        if died && !was_idle {
            let class = ErrorClass::Crashed;
            let again = self
                .again_after(over.run, session, class, watched.tool_calls, None)
                .await;
            if again.is_some() {
                return Ok(Meaning::Again(Counts::AsRetry, "its agent died at work"));
            }
        }
        Ok(Meaning::End(match watched.ending {
            Ending::NotStarted {
                class: ErrorClass::ConversationExists,
                ..
            } => {
                let mut tx = self.store.write().await?;
                tx.rename_agent_session(session.id, session.agent_session, true)
                    .await?;
                tx.commit().await?;
                return Ok(Meaning::Again(Counts::Not, "its conversation had begun"));
            }
            Ending::NotStarted {
                class: ErrorClass::UnknownConversation,
                ..
            } => {
                self.forget_conversation(session).await?;
                return Ok(Meaning::Again(Counts::Not, "its conversation was unknown"));
            }
            Ending::NotStarted { detail, .. } if !over.project.directory.is_dir() => failed(
                "The project's directory is not there. The operator has to bring it back, or to change \
                 `directory` in the project's settings.",
                &detail,
            ),
            Ending::NotStarted { class, detail } => failure(class, &detail),
            Ending::Refused(class) => refused(class),
            Ending::TooLong(bytes) => failed(
                &format!(
                    "The agent wrote a line of {} MB, more than Baton reads, so it was ended. Send a \
                     message to go on.",
                    bytes >> 20
                ),
                "a line was too long",
            ),
            Ending::TooMuch(bytes) => failed(
                &format!(
                    "The agent wrote {} MB in one turn, more than this project allows, so it was ended. \
                     Ask for less at once, or send a message to go on.",
                    bytes >> 20
                ),
                "a turn wrote too much",
            ),
            Ending::TookTooLong => took_too_long(),
            Ending::Ended { .. } | Ending::Killed | Ending::Unkept(_) if was_idle => {
                return Ok(Meaning::Again(
                    Counts::Not,
                    "its agent had died while it was idle",
                ));
            }
            Ending::Ended { exit, stderr } => failed(
                &format!("The agent ended before it answered ({exit}). Send a message to go on."),
                &format!("{exit}: {stderr}"),
            ),
            Ending::Unkept(why) => failed(sentences::UNKEPT, &why),
            Ending::Killed => Outcome::Interrupted(sentences::INTERRUPTED),
            Ending::Disobeyed | Ending::Turn(_) => Outcome::Cancelled,
        }))
    }

    /// The agent does not know its conversation any more: the session begins a new one.
    pub(super) async fn forget_conversation(
        &self,
        session: &SessionRow,
    ) -> Result<(), SessionError> {
        let fresh = Uuid::new_v4();
        let mut tx = self.store.write().await?;
        tx.rename_agent_session(session.id, fresh, false).await?;
        if session.agent_acknowledged {
            let text = sentences::MEMORY_LOST.to_owned();
            let key = format!("memory-lost:{fresh}");
            self.notice(&mut tx, key, session.id, session.thread_id, text)
                .await?;
        }
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}

fn anew(agent: Agent, counts: Counts, why: &str) -> Next {
    Next::StartAgain(Box::new(Anew {
        agent,
        counts,
        why: why.to_owned(),
    }))
}

/// The account was refused again and again.
fn refused(class: ErrorClass) -> Outcome {
    failure(class, "the agent was told to ask no more")
}
