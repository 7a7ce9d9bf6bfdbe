//! Going on where an earlier server stopped.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    Engine, SessionError,
    again::Prompt,
    agent::Agent,
    finish::Outcome,
    insist::until_stored,
    leftover::{Ended, Remains},
    meaning::{Said, Wish},
    parked::ticket_of,
    slot::AtWork,
};
use crate::{
    runtime::{
        ErrorClass,
        runner::{Record, RecordKind, Seq},
    },
    store::{Counts, RunRow, RunnerRow, SessionRow},
    words::{RunState, RunnerId},
};

/// Runs by which it is estimated how long one takes.
const LAST_RUNS: u32 = 50;

impl Engine {
    /// Takes up everything that is open: runs at work, runs that wait, messages whose run was never
    /// made, agents that are warm. Returns when all of it is under way.
    pub async fn recover(self: &Arc<Self>) -> Result<(), SessionError> {
        let runners = self.store.runners().await?;
        tracing::info!(
            runners = runners.len(),
            "taking up what an earlier server left"
        );
        let limits = self.store.account_limits(self.clock.now()).await?;
        self.accounts.recall(&limits);
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
            let ticket = ticket_of(&run, &session);
            match run.state {
                // Nobody gets a slot before those have theirs again who had one: see the end.
                // One that somebody has ended waits for nothing more.
                RunState::Parked if run.is_wished_to_end() => {
                    self.parked.put(ticket, self.clock.now());
                }
                RunState::Parked => {
                    let until = run.parked_until.unwrap_or(run.queued_at);
                    self.parked.put(ticket, until);
                }
                RunState::Queued => {
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
            let waits = |run: &RunRow| matches!(run.state, RunState::Queued | RunState::Parked);
            let at_work = runs
                .iter()
                .any(|run| run.session_id == row.session_id && !waits(run));
            if at_work {
                continue;
            }
            let session = self.store.session(row.session_id).await?;
            match self.agents.attach(&session, row).await {
                Some(mut agent) if self.is_up_to_date(&agent, &session) => {
                    self.recall_what_it_left(&session, &mut agent).await;
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
    fn is_up_to_date(&self, agent: &Agent, session: &SessionRow) -> bool {
        self.project_of(session)
            .is_ok_and(|project| self.agents.is_up_to_date(agent, session, &project))
    }

    /// Recalls what goes on in an agent beside its turns, where its project lets anything.
    async fn recall_what_it_left(&self, session: &SessionRow, agent: &mut Agent) {
        let project = self.project_of(session);
        if project.is_ok_and(|project| !project.background.is_empty()) {
            self.agents.recall_tasks(agent).await;
        }
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
        let (session, runner) = until_stored("whose run is taken up", || async {
            let session = self.store.session(row.session_id).await?;
            Ok((session, self.store.runner_of(row.session_id).await?))
        })
        .await?;
        let Some(runner) = runner else {
            // Its runner was given up, or none had been started yet.
            return self.begin_anew_or_interrupt(row).await;
        };
        if row.state == RunState::Starting {
            // The prompt comes after the move to `running`: the agent, if it was started, is idle.
            if let Some(mut agent) = self.agents.attach(&session, &runner).await {
                self.recall_what_it_left(&session, &mut agent).await;
                self.agents.put_back(session.id, agent).await;
            }
            return Ok(false);
        }
        let project = self.project_of(&session).map(drop);
        if let Err(error) = project.and(self.agents.runtime_of(&session).map(drop)) {
            // Nobody can use its agent any more, or understand what it has written.
            self.agents.bury(runner.id).await?;
            return Err(error);
        }
        if let Some(agent) = self.agents.attach_at_work(&session, &runner).await {
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
        match self.prompted_at(row, agent.runner).await {
            Ok(Some(prompt)) => {
                agent.skip_to(prompt);
                self.recall_what_it_left(session, &mut agent).await;
                self.follow_to_end(row.id, session, agent, cancel).await
            }
            Ok(None) => {
                // Before the agent is given back, which may end it: a server after this one would take a run
                // at work without a runner for one whose agent has died.
                if let Err(error) = self.step_before_the_prompt(row).await {
                    self.agents.end(agent).await;
                    return Err(error);
                }
                self.recall_what_it_left(session, &mut agent).await;
                self.agents.put_back(session.id, agent).await;
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
    async fn prompted_at(
        &self,
        run: &RunRow,
        runner: RunnerId,
    ) -> Result<Option<Seq>, SessionError> {
        if let Some(follow_up) = self.follow_up_of(run.id).await? {
            return Ok((follow_up.runner == runner).then(|| Seq::new(follow_up.after)));
        }
        let prompt = Prompt::of(run).id;
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
        let told = self.read_leftover(row, session, runner).await?;
        // Only when the old tree is proved gone may another agent touch the conversation, and only
        // when what the journal tells is stored may it go.
        match told {
            Remains::NotPrompted => {
                // Before the runner is forgotten: a server after this one would take a run at work
                // without a runner for one whose agent has died.
                self.step_before_the_prompt(row).await?;
                self.agents.bury(runner.id).await?;
                Ok(false)
            }
            Remains::CutOff { tool_calls } => {
                if self.begins_anew(row, session, tool_calls).await {
                    let why = "its agent died while nobody watched";
                    self.begin_anew(row, Counts::AsRetry, why).await?;
                    self.agents.bury(runner.id).await?;
                    return Ok(false);
                }
                self.agents.bury(runner.id).await?;
                self.finish_at_last(row.id, session.id, cut_off(row), None)
                    .await;
                Ok(true)
            }
            Remains::Ended(ended) => {
                let is_through = self.ended_unwatched(row, session, *ended).await?;
                self.agents.bury(runner.id).await?;
                Ok(is_through)
            }
        }
    }

    /// A run at work whose agent never got the prompt stands before that again.
    async fn step_before_the_prompt(&self, row: &RunRow) -> Result<bool, SessionError> {
        until_stored("that a run was not prompted", || {
            self.move_run(row.id, RunState::Running, RunState::Starting)
        })
        .await
    }

    async fn begin_anew(
        &self,
        row: &RunRow,
        counts: Counts,
        why: &str,
    ) -> Result<(), SessionError> {
        until_stored("that a run begins anew", || {
            self.start_again(row.id, counts, why)
        })
        .await
    }

    /// Whether a run begins anew whose agent died while nobody watched, after so many tool calls.
    async fn begins_anew(
        &self,
        row: &RunRow,
        session: &SessionRow,
        tool_calls: Option<u32>,
    ) -> bool {
        match tool_calls.filter(|_| !row.is_wished_to_end()) {
            Some(calls) => {
                let again = self.again_after(row, session, ErrorClass::Crashed, calls, None);
                again.await.is_some()
            }
            None => false,
        }
    }

    /// A turn came to its end while nobody watched. Says whether the run has been seen through; if not,
    /// it begins anew.
    async fn ended_unwatched(
        self: &Arc<Self>,
        row: &RunRow,
        session: &SessionRow,
        ended: Ended,
    ) -> Result<bool, SessionError> {
        let Ended {
            end,
            account,
            watched,
        } = ended;
        let wish = Wish::of(row.is_wished_to_end());
        let said = self.meaning_of_end(row, session, &end, &watched, wish);
        let outcome = match said.await? {
            Said::End(outcome) => outcome,
            Said::Again(counts, why) => {
                self.begin_anew(row, counts, why).await?;
                return Ok(false);
            }
            Said::Later(pause) => {
                let parked = until_stored("that a run is parked", || {
                    self.park(row, session, &pause, Some(&account))
                });
                if parked.await? {
                    return Ok(true);
                }
                Outcome::Cancelled
            }
        };
        self.finish_at_last(row.id, session.id, outcome, Some(&account))
            .await;
        Ok(true)
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
        Outcome::Interrupted(super::sentences::INTERRUPTED)
    }
}
