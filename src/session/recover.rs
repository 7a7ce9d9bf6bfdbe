//! Going on where an earlier server stopped.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Engine, SessionError,
    agent::{Agent, Happening, understand},
    drive::prompt_id,
    finish::{Account, Outcome},
    slot::AtWork,
    turn::{Ending, Turn},
};
use crate::{
    admission::Ticket,
    runtime::{
        TurnEnd, TurnOutcome,
        runner::{Record, RecordKind, Seq},
    },
    store::{RunRow, RunnerRow, SessionRow},
    words::{RunId, RunState, RunnerId, SessionId},
};

/// Runs by which it is estimated how long one takes.
const LAST_RUNS: u32 = 50;

/// What the journal of a runner that is gone tells of a run.
enum Told {
    /// The agent never got the prompt.
    NotPrompted,
    /// It got the prompt, and what came then is not in the journal.
    CutOff,
    /// It ended the turn.
    Ended(TurnEnd, Account),
}

impl Engine {
    /// Takes up everything that is open: runs at work, runs that wait, messages whose run was never
    /// made, agents that are warm. Returns when all of it is under way.
    pub async fn recover(self: &Arc<Self>) -> Result<(), SessionError> {
        let runners = self.store.runners().await?;
        tracing::info!(
            runners = runners.len(),
            "taking up what an earlier server left"
        );
        let known: Vec<RunnerId> = runners.iter().map(|runner| runner.id).collect();
        self.agents.bury_strangers(&known).await?;
        let runs = self.store.open_runs().await?;
        self.adopt_idle(&runners, &runs).await?;
        let mut at_work = Vec::new();
        for span in self
            .store
            .recent_durations(LAST_RUNS)
            .await?
            .into_iter()
            .rev()
        {
            self.turnstile.with(|queue| queue.took(span));
        }
        for run in runs {
            let session = self.store.session(run.session_id).await?;
            let ticket = Ticket {
                run: run.id,
                session: run.session_id,
                person: run.principal_id,
                channel: session.channel_id,
                project: Arc::from(session.project.as_str()),
                expires_at: run.expires_at,
            };
            match run.state {
                // Nobody gets a slot before those have theirs again who had one: see the end.
                RunState::Queued | RunState::Parked => {
                    self.turnstile.with(|queue| queue.restore_waiting(ticket));
                }
                RunState::Starting | RunState::Running | RunState::Waiting => {
                    at_work.push(AtWork::of(self, self.turnstile.resume(ticket)));
                }
                RunState::Completed
                | RunState::Failed
                | RunState::Cancelled
                | RunState::Expired
                | RunState::Interrupted => {}
            }
        }
        for work in at_work {
            self.start(work);
        }
        self.queue_stranded().await?;
        self.pump();
        self.tell_waiting().await;
        self.outbox.wake();
        Ok(())
    }

    /// Keeps the agents that have no run; gives up those that have died.
    async fn adopt_idle(
        self: &Arc<Self>,
        runners: &[RunnerRow],
        runs: &[RunRow],
    ) -> Result<(), SessionError> {
        for row in runners {
            let at_work = runs
                .iter()
                .any(|run| run.session_id == row.session_id && run.state != RunState::Queued);
            if at_work {
                continue;
            }
            match self.agents.attach(row).await {
                Some(agent) if self.is_up_to_date(&agent, row.session_id).await? => {
                    self.agents.put_back(row.session_id, agent).await;
                    self.let_go_if_ended(row.session_id).await;
                }
                Some(agent) => {
                    tracing::info!(session = %row.session_id, "the settings have changed; an agent is given up");
                    self.agents.end(agent).await;
                }
                None => {
                    if let Err(error) = self.agents.bury(row.id).await {
                        error.log("what is left of a runner could not be removed; trying again at the next turn");
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether an agent was started as it would be by the settings of now.
    async fn is_up_to_date(&self, agent: &Agent, session: SessionId) -> Result<bool, SessionError> {
        let session = self.store.session(session).await?;
        Ok(self
            .project_of(&session)
            .is_ok_and(|project| self.agents.is_up_to_date(agent, &session, &project)))
    }

    /// Queues runs for messages that wait in mailboxes of sessions without one.
    async fn queue_stranded(&self) -> Result<(), SessionError> {
        for session in self.store.sessions_with_stranded_mail().await? {
            let session = self.store.session(session).await?;
            let mut tx = self.store.write().await?;
            let ticket = self.queue_next(&mut tx, &session).await?;
            tx.commit().await?;
            if let Some(ticket) = ticket {
                self.turnstile.with(|queue| queue.restore_waiting(ticket));
            }
        }
        Ok(())
    }

    /// Takes up a run that had a slot when an earlier server ended. Says whether it has been seen
    /// through; if not, nothing of it was done and it begins anew.
    pub(super) async fn take_up(
        self: &Arc<Self>,
        row: &RunRow,
        cancel: &CancellationToken,
    ) -> Result<bool, SessionError> {
        let session = self.store.session(row.session_id).await?;
        let Some(runner) = self.store.runner_of(session.id).await? else {
            // Its runner was given up, or none had been started yet.
            return self.begin_anew_or_interrupt(row).await;
        };
        if row.state == RunState::Starting {
            // The prompt comes after the move to `running`: the agent, if it was started, is idle.
            if let Some(agent) = self.agents.attach(&runner).await {
                self.agents.put_back(session.id, agent).await;
            }
            return Ok(false);
        }
        if let Err(error) = self.project_of(&session) {
            // Nobody can use its agent any more.
            self.agents.bury(runner.id).await?;
            return Err(error);
        }
        if let Some(agent) = self.agents.attach_at_work(&runner).await {
            return self.take_up_agent(row, &session, agent, cancel).await;
        }
        self.take_up_journal(row, &session, &runner).await
    }

    /// The runner lives: its agent is at work, or idle if the prompt did not reach the runner.
    async fn take_up_agent(
        self: &Arc<Self>,
        row: &RunRow,
        session: &SessionRow,
        mut agent: Agent,
        cancel: &CancellationToken,
    ) -> Result<bool, SessionError> {
        match self.prompted_at(row.id, agent.runner).await {
            Ok(Some(prompt)) => {
                agent.skip_to(prompt);
                self.follow_to_end(row.id, session, agent, cancel).await
            }
            Ok(None) => {
                self.agents.put_back(session.id, agent).await;
                self.move_run(row.id, RunState::Running, RunState::Starting)
                    .await?;
                Ok(false)
            }
            Err(error) => {
                // It may be at work, and nobody would follow it.
                self.agents.end(agent).await;
                Err(error)
            }
        }
    }

    /// Where the prompt of a run stands in the journal of a runner that lives, if that has got it.
    async fn prompted_at(&self, run: RunId, runner: RunnerId) -> Result<Option<Seq>, SessionError> {
        let prompt = prompt_id(run);
        let mut leftover = self.agents.leftover(runner);
        while let Some(record) = leftover.recv().await {
            let Record { seq, kind, .. } = record?;
            if matches!(kind, RecordKind::Input { command_id, .. } if command_id == prompt) {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    /// The runner is gone: its journal tells whether the turn came to its end.
    async fn take_up_journal(
        self: &Arc<Self>,
        row: &RunRow,
        session: &SessionRow,
        runner: &RunnerRow,
    ) -> Result<bool, SessionError> {
        let told = self.read_leftover(row.id, session, runner).await?;
        // Only when the old tree is proved gone may another agent touch the conversation, and only
        // when what the journal tells is stored may it go.
        match told {
            Told::NotPrompted => {
                // Before the runner is forgotten: a server after this one would take a run at work
                // without a runner for one whose agent has died.
                self.move_run(row.id, RunState::Running, RunState::Starting)
                    .await?;
                self.agents.bury(runner.id).await?;
                Ok(false)
            }
            Told::CutOff => {
                self.agents.bury(runner.id).await?;
                self.finish_at_last(row.id, session.id, cut_off(row), None)
                    .await;
                Ok(true)
            }
            Told::Ended(end, account) => {
                let outcome = match end.outcome {
                    TurnOutcome::Answered(text) => Outcome::Answered(text),
                    TurnOutcome::Stopped => Outcome::Cancelled,
                    TurnOutcome::Failed { class, detail } => super::finish::failure(class, &detail),
                };
                self.finish_at_last(row.id, session.id, outcome, Some(&account))
                    .await;
                self.agents.bury(runner.id).await?;
                Ok(true)
            }
        }
    }

    async fn read_leftover(
        self: &Arc<Self>,
        run: RunId,
        session: &SessionRow,
        runner: &RunnerRow,
    ) -> Result<Told, SessionError> {
        let Some(project) = self.projects.named(&session.project).cloned() else {
            return Ok(Told::CutOff);
        };
        let tier = self.store.run(run).await?.tier;
        let mut turn = Turn::new(self, run, tier, session, &project);
        let mut reader = self.runtime.reader();
        let mut prompted = false;
        // A journal without anything in it was being removed when a server died: the turn is over.
        let mut begun = false;
        let mut leftover = self.agents.leftover(runner.id);
        while let Some(record) = leftover.recv().await {
            let record = record?;
            begun = true;
            let seq = record.seq;
            if let RecordKind::Input { command_id, .. } = &record.kind {
                prompted |= *command_id == prompt_id(run);
            }
            let Some(Happening::Events(events)) = understand(record, reader.as_mut()) else {
                continue;
            };
            if !prompted {
                continue;
            }
            for event in events {
                if let Some(Ending::Turn(end)) = turn.note(event).await {
                    drop(turn.over(Ending::Killed));
                    let account = Account {
                        runner: runner.id,
                        seq: seq.max(Seq::new(runner.applied_seq)),
                        turn: Some(end.clone()),
                    };
                    return Ok(Told::Ended(end, account));
                }
            }
        }
        drop(turn.over(Ending::Killed));
        Ok(if begun && !prompted {
            Told::NotPrompted
        } else {
            Told::CutOff
        })
    }

    /// No runner is known: a run that had not got its prompt begins anew, another is over.
    async fn begin_anew_or_interrupt(self: &Arc<Self>, row: &RunRow) -> Result<bool, SessionError> {
        if row.state == RunState::Starting {
            return Ok(false);
        }
        self.finish_at_last(row.id, row.session_id, cut_off(row), None)
            .await;
        Ok(true)
    }
}

/// How a run ends whose agent died while nobody watched.
const fn cut_off(row: &RunRow) -> Outcome {
    if row.cancelled_by.is_some() {
        Outcome::Cancelled
    } else {
        Outcome::Interrupted
    }
}
