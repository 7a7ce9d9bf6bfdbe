//! Messages that come while the agent works, where they need not wait: they join its turn, or end it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Engine, SessionError, agent::Agent, engine::permit_for, insist::until_stored, prompt,
    settle::STOPPED,
};
use crate::{
    access::{Action, Permit},
    runtime::{
        TurnEnd, TurnOutcome,
        runner::{LinkError, RecordKind, Seq},
    },
    store::{NewRequest, Part, Tx, Used},
    words::{ApprovalState, Busy, RequestId, RunId, RunnerId},
};

/// What a message does to a turn.
pub(super) enum Joins {
    /// It is part of it.
    Turn(RunId),
    /// It ends it, and waits.
    End(RunId),
}

impl Engine {
    /// Whether a request need not wait for the turn of its session to end. People of a lower tier than
    /// the turn's wait: they may not steer what works with more than they have.
    pub(super) async fn joins(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        request: &NewRequest,
        project: &str,
    ) -> Result<Option<Joins>, SessionError> {
        let of_project = self.projects.named(project).map(|project| project.busy);
        let busy = tx.busy_of(request.session).await?.or(of_project);
        let Some(busy @ (Busy::Steer | Busy::Interrupt)) = busy else {
            return Ok(None);
        };
        let Some((run, tier)) = tx.run_at_work_in(request.session).await? else {
            return Ok(None);
        };
        if permit.tier().rank() < tier.rank() {
            return Ok(None);
        }
        let now = self.clock.now();
        if busy == Busy::Interrupt {
            tx.note_cancel(run, permit.person(), now).await?;
            self.end_questions(tx, run, ApprovalState::Cancelled, STOPPED)
                .await?;
            let object = format!("run {run}");
            tx.audit(
                now,
                Some(permit.person()),
                "cancel",
                &object,
                "by a message",
            )
            .await?;
            return Ok(Some(Joins::End(run)));
        }
        // What was written before goes first; the request itself stands in the mailbox already. And what the
        // agent does by itself is not what anybody wants to steer.
        if tx.is_follow_up(run).await? || tx.mailbox(request.session).await?.len() > 1 {
            return Ok(None);
        }
        let room = self.limits.mailbox;
        let joins = tx.join_request(request.id, run, room, now).await?;
        Ok(joins.then_some(Joins::Turn(run)))
    }

    /// Chooses what messages do in the session at the permit's place that come while its agent works;
    /// `None` for what its project says. Answers what holds now, or `None` if there is no session.
    pub async fn set_busy(
        &self,
        permit: &Permit,
        busy: Option<Busy>,
    ) -> Result<Option<Busy>, SessionError> {
        permit_for(permit, Action::TuneSession)?;
        let place = permit.place().post_channel();
        let mut tx = self.store.write().await?;
        let Some(session) = self.store.session_in(place).await? else {
            return Ok(None);
        };
        tx.set_busy(session.id, busy).await?;
        let object = format!("session {}", session.id);
        let told = format!("busy {}", busy.map_or("as the project", Busy::as_str));
        let (now, person) = (self.clock.now(), permit.person());
        tx.audit(now, Some(person), "session_tuned", &object, &told)
            .await?;
        tx.commit().await?;
        let of_project = self.projects.named(&session.project);
        Ok(busy.or(Some(of_project.map_or(Busy::Queue, |project| project.busy))))
    }

    /// What joined an attempt at a run and was not heard is part of the next attempt's prompt.
    pub(super) async fn take_in_joined(&self, run: RunId) -> Result<(), SessionError> {
        if self.store.unheard_of(run).await?.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        tx.forget_unheard(run).await?;
        Ok(tx.commit().await?)
    }

    /// What says that something has joined a run.
    pub(super) fn joins_of(&self, run: RunId) -> Arc<Notify> {
        let at_work = self.at_work.lock();
        let reins = at_work.get(&run);
        reins.map_or_else(Arc::default, |reins| Arc::clone(&reins.joined))
    }

    /// Carries out what is stored.
    pub(super) fn joined(&self, joins: &Joins) {
        match joins {
            Joins::Turn(run) => {
                if let Some(reins) = self.at_work.lock().get(run) {
                    reins.joined.notify_one();
                }
            }
            // If it has ended meanwhile, the message is its session's next turn already.
            Joins::End(run) => drop(self.stop_run(*run)),
        }
    }
}

/// Whether what has joined a turn may be given to its agent.
pub(super) enum MayJoin {
    Now,
    /// It waits for a turn of its own.
    NotNow,
    /// It has got its outcome.
    Never,
}

/// What joined a turn.
#[derive(Default)]
pub(super) struct Joined {
    /// What the agent was given and has not taken up, by the id under which it was given.
    unheard: HashMap<Uuid, RequestId>,
    /// What the system said to commands of parts of the turn that were stopped.
    stopped: Vec<String>,
}

/// A line of a runner's journal.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) runner: RunnerId,
    pub(super) seq: Seq,
}

impl Joined {
    /// Gives the agent what has joined its turn and was not given yet, in the order in which it was written. What
    /// may not be given now keeps back what comes after it.
    pub(super) async fn give(
        &mut self,
        engine: &Engine,
        run: RunId,
        agent: &Agent,
    ) -> Result<(), SessionError> {
        let unheard = until_stored("what has joined a turn", || async {
            Ok(engine.store.unheard_of(run).await?)
        });
        for request in unheard.await? {
            let id = request.id.uuid();
            if self.unheard.contains_key(&id) {
                continue;
            }
            // Somebody may have been blocked since it was accepted.
            let may_join = until_stored("whether a message may join a turn", || {
                engine.may_join(&request, run)
            });
            match may_join.await? {
                MayJoin::Now => {}
                MayJoin::Never => continue,
                MayJoin::NotNow => return Ok(()),
            }
            self.unheard.insert(id, request.id);
            let text = prompt::compose(&[], std::slice::from_ref(&request));
            let line = agent.runtime().prompt(id, &text);
            match agent.handle.input(&joined_id(request.id), &line).await {
                Ok(_) => {}
                // What comes next tells how it ended.
                Err(error @ (LinkError::Ended | LinkError::Lost)) => {
                    tracing::debug!(%run, %error, "an agent was gone before a message joined its turn");
                }
                Err(error @ LinkError::Refused(_)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The agent has taken something up.
    pub(super) async fn heard(
        &mut self,
        engine: &Engine,
        prompt: Uuid,
    ) -> Result<(), SessionError> {
        let Some(request) = self.unheard.remove(&prompt) else {
            return Ok(());
        };
        until_stored("that an agent has heard a message", || async {
            let mut tx = engine.store.write().await?;
            tx.note_heard(request, engine.clock.now()).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// What an agent was given by earlier servers and has not taken up, as far as its journal tells: that cannot be
    /// kept from it any more.
    pub(super) async fn recall(
        &mut self,
        engine: &Engine,
        run: RunId,
        runner: RunnerId,
    ) -> Result<(), SessionError> {
        let unheard = until_stored("what has joined a turn", || async {
            Ok(engine.store.unheard_of(run).await?)
        });
        let mut unheard = unheard.await?;
        if unheard.is_empty() {
            return Ok(());
        }
        let mut given = HashSet::new();
        let mut leftover = engine.agents.leftover(runner);
        while let Some(record) = leftover.recv().await {
            if let RecordKind::Input { command_id, .. } = record?.kind {
                given.insert(command_id);
            }
        }
        unheard.retain(|request| given.contains(&joined_id(request.id)));
        let unheard = unheard
            .iter()
            .map(|request| (request.id.uuid(), request.id));
        self.unheard.extend(unheard);
        Ok(())
    }

    /// A turn has ended with a line of the journal. The agent goes on by itself while it has messages that
    /// it has not taken up: then `None`, and what it has answered is stored. Otherwise how the run ends; what
    /// was stored belongs to it.
    pub(super) async fn ended(
        &mut self,
        engine: &Engine,
        run: RunId,
        line: Line,
        mut end: TurnEnd,
    ) -> Result<Option<TurnEnd>, SessionError> {
        // Those of the parts before are told with the end of all.
        end.stopped.splice(0..0, self.stopped.drain(..));
        let TurnOutcome::Answered(answer) = &end.outcome else {
            return Ok(Some(end));
        };
        let (runner, seq) = (line.runner, line.seq.get());
        // A server before this one may have read it when there was still something to be taken up.
        let is_part = until_stored("whether a turn goes on", || async {
            Ok(engine.store.is_part(run, runner, seq).await?)
        });
        if is_part.await? {
            self.stopped = end.stopped;
            return Ok(None);
        }
        if self.unheard.is_empty() {
            return Ok(Some(end));
        }
        until_stored("a part of a turn", || async {
            let mut tx = engine.store.write().await?;
            let part = Part {
                answer: answer.clone(),
                used: Used {
                    input_tokens: end.usage.input,
                    output_tokens: end.usage.output,
                    cost_microusd: tx.account_cost(runner, end.cost_total_microusd).await?,
                },
                took: end.took,
            };
            let now = engine.clock.now();
            tx.insert_part(run, (runner, seq), &part, now).await?;
            Ok(tx.commit().await?)
        })
        .await?;
        self.stopped = end.stopped;
        Ok(None)
    }

    /// Whether the agent still has messages to take up.
    pub(super) fn has_unheard(&self) -> bool {
        !self.unheard.is_empty()
    }
}

/// The id under which a request is given to an agent at work: once, however often it is sent.
fn joined_id(request: RequestId) -> String {
    format!("join:{request}")
}
