//! What an agent asks before its tools run: answered by rule at once, or by a person in time.
//!
//! The database is the truth of every question. The turn that waits for one looks there whenever it is
//! told that some question has ended, and a server after this one finds the question again in the
//! runner's journal, whose mark never passes one that was not answered.

mod ask;
mod by_rule;
mod offer;
mod past;
mod record;
mod reply;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use tokio::sync::watch;

use super::{
    Engine, ProjectAgent, SessionError, agent::Agent, describe::described, insist::until_stored,
    progress::Progress, settle::STOPPED, turn::Ending,
};
use crate::{
    approval::{Decision, ToolPolicy, input_hash},
    runtime::{
        Ask, AskKind, Reply, Verdict,
        runner::{LinkError, Seq},
    },
    store::{ApprovalRow, RunRow, SessionRow},
    words::{
        AgentMode, ApprovalKind, ApprovalState, ChannelId, Circle, GrantScope, RunId, SessionId,
        Tier,
    },
};
pub(super) use offer::{grant_rule, looked_up};
use past::Calls;
use record::Earlier;
use reply::{reply_of, stopped};

/// Questions of one turn that people are asked at once, and altogether, those counted that are asked anew: each is a
/// message to somebody.
const MOST_OPEN: usize = 10;
pub(super) const MOST_ASKED: u32 = 100;

/// How things stand with the turn in which an agent asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The agent has not got its prompt yet, or not taken it up beside what it is at by itself: what it asks
    /// belongs to nobody.
    Before,
    /// It works.
    Within,
    /// It was told to stop: nothing is allowed to it any more.
    Stopped,
}

/// The questions of one turn, and what decides on them.
pub(super) struct Questions {
    engine: Arc<Engine>,
    run: RunId,
    tier: Tier,
    session: SessionId,
    lane: ChannelId,
    /// Where what was granted has to hold.
    scopes: [GrantScope; 4],
    project: Arc<ProjectAgent>,
    policy: ToolPolicy,
    circle: Circle,
    /// Tools that the agent has without being asked about each call.
    unasked: Vec<&'static str>,
    /// What was decided at the gate, by the agent's id of the call: the same holds behind it, where less
    /// is known.
    at_gate: HashMap<String, AtGate>,
    /// The calls that the turn consists of.
    calls: Calls,
    /// What an earlier server has decided on in this turn, and asked people.
    earlier: Earlier,
    /// What people are asked, in the order of the journal.
    open: Vec<Open>,
    /// Counts up with every question that ends.
    ends: watch::Receiver<u64>,
    /// What is seen of the turn where the agent works.
    progress: watch::Sender<Progress>,
}

/// A decision at the gate, and what it was about.
struct AtGate {
    decision: Decision,
    hash: String,
    directory: Option<PathBuf>,
    /// By its name; behind the gate only a number is told.
    sub_agent: Option<String>,
    unconfined: bool,
}

/// A question that the agent has no answer to yet.
struct Open {
    ask: Ask,
    seq: Seq,
}

impl Questions {
    pub(super) fn new(
        engine: &Arc<Engine>,
        run: &RunRow,
        session: &SessionRow,
        project: &Arc<ProjectAgent>,
        progress: watch::Sender<Progress>,
    ) -> Self {
        Self {
            engine: Arc::clone(engine),
            run: run.id,
            tier: run.tier,
            session: session.id,
            lane: session.thread_id,
            scopes: [
                GrantScope::Session(session.id),
                GrantScope::Thread(session.thread_id),
                GrantScope::Channel(session.channel_id),
                GrantScope::Project,
            ],
            project: Arc::clone(project),
            policy: match session.mode {
                AgentMode::Default => project.tools.policy_for(session.circle, run.tier),
                // The program's own plan mode gives way to what is allowed at the gate.
                AgentMode::Plan => project.tools.planning_policy_for(session.circle, run.tier),
            },
            circle: session.circle,
            unasked: engine.agents.unasked(session, project),
            at_gate: HashMap::new(),
            calls: Calls::default(),
            earlier: Earlier::default(),
            open: Vec::new(),
            ends: engine.ends.subscribe(),
            progress,
        }
    }

    /// Whether the agent waits for a person.
    pub(super) const fn are_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Waits until some question has ended, of whichever turn.
    pub(super) async fn until_one_ends(&mut self) {
        if self.ends.changed().await.is_err() {
            // The engine, which this turn is part of, has gone.
            std::future::pending::<()>().await;
        }
    }

    /// Takes up a question of the agent: answers it by the rules, or has people asked. Says how the turn
    /// ended, if it did.
    pub(super) async fn take(
        &mut self,
        agent: &Agent,
        ask: &Ask,
        standing: Standing,
    ) -> Result<Option<Ending>, SessionError> {
        self.calls.came(&ask.call);
        let known = self.known(ask);
        let mut ask = completed(ask, known.as_ref());
        // Neither stored nor shown is what the agent may not read.
        if let Some(input) = self.policy.veiled(&ask, &self.project.directory) {
            ask.input = input;
        }
        let ask = &ask;
        // The answer may be on its way, or with the agent: it has no second one.
        if let (Standing::Within, Some(verdict)) = (standing, self.earlier.answer(ask)) {
            let line = line(agent, ask, verdict);
            match ask.kind {
                AskKind::Gate => self.show(ask, verdict),
                AskKind::Permission => self.hide(ask),
            }
            return self.say(agent, ask, &line).await;
        }
        if self.earlier.is_asked(agent.runner, ask) {
            self.hide(ask);
            self.wait_for(agent, ask);
            return self.answer_ended(agent, standing).await;
        }
        let at_gate = known.as_ref().map(|known| known.decision.clone());
        let decision = self.decide(ask, known, standing).await;
        if ask.kind == AskKind::Permission
            && let Verdict::Ask(why) = &decision.verdict
        {
            if self.is_too_much().await? {
                let decision = Decision::too_much();
                return self.answer_now(agent, ask, &decision, true).await;
            }
            // The agent program asks about some of what a rule has allowed.
            self.show(ask, &decision.verdict);
            self.ask_people(agent, ask, why, &decision.rule.to_string())
                .await?;
            return self.answer_ended(agent, standing).await;
        }
        // What the same rule has let through at the gate is no news behind it.
        let is_new = at_gate.as_ref() != Some(&decision);
        let ending = self.answer_now(agent, ask, &decision, is_new).await?;
        if ask.kind == AskKind::Gate {
            self.remember(ask, decision);
        }
        Ok(ending)
    }

    /// Answers a question that nobody can read: with a no, as the agent would wait for ever.
    pub(super) async fn refuse_unreadable(
        &self,
        agent: &Agent,
        ask: &Ask,
    ) -> Result<Option<Ending>, SessionError> {
        self.answer_now(agent, ask, &Decision::unreadable(), true)
            .await
    }

    /// Answers what needs no person, and stores that first.
    async fn answer_now(
        &self,
        agent: &Agent,
        ask: &Ask,
        decision: &Decision,
        is_new: bool,
    ) -> Result<Option<Ending>, SessionError> {
        if !self.earlier.knows(ask) {
            self.record(agent, ask, decision, is_new).await?;
        }
        let line = line(agent, ask, &decision.verdict);
        self.show(ask, &decision.verdict);
        self.say(agent, ask, &line).await
    }

    /// Lets the place where the agent works see what a call does if a rule allows it, and nothing of it else: what
    /// people were asked about may have been asked in private, and a yes does not make it public.
    fn show(&self, ask: &Ask, verdict: &Verdict) {
        match verdict {
            Verdict::Allow => {
                let shown = described(&self.engine.secrets, ask);
                self.progress
                    .send_if_modified(|progress| progress.allowed(&ask.call, shown));
            }
            Verdict::Ask(_) | Verdict::Deny(_) => self.hide(ask),
        }
    }

    fn hide(&self, ask: &Ask) {
        self.progress
            .send_if_modified(|progress| progress.veiled(&ask.call));
    }

    /// Whether people have been asked as much as they can be in one turn.
    async fn is_too_much(&self) -> Result<bool, SessionError> {
        let asked = until_stored("what was asked before", || async {
            Ok(self.engine.store.times_asked_in(self.run).await?)
        });
        Ok(self.open.len() >= MOST_OPEN || asked.await? >= MOST_ASKED)
    }

    /// What was decided on a call at the gate, if this is behind it.
    fn known(&mut self, ask: &Ask) -> Option<AtGate> {
        match ask.kind {
            AskKind::Gate => None,
            AskKind::Permission => self.at_gate.remove(&ask.call),
        }
    }

    fn remember(&mut self, ask: &Ask, decision: Decision) {
        // What is denied there does not come to the second gate.
        if !matches!(decision.verdict, Verdict::Deny(_)) {
            let known = AtGate {
                decision,
                hash: input_hash(&ask.input),
                directory: ask.directory.clone(),
                sub_agent: ask.sub_agent.clone(),
                unconfined: ask.unconfined,
            };
            self.at_gate.insert(ask.call.clone(), known);
        }
    }

    /// The mark moves to before the oldest question that has no answer, and the oldest call that has not come to the
    /// gate, not past them: a server that dies meanwhile leaves them for the next one.
    fn mark(&self, now: Seq) -> u64 {
        let open = self.open.iter().map(|open| open.seq);
        let all = open.chain(self.calls.oldest()).chain([now]);
        let oldest = all.min().unwrap_or(now);
        oldest.get().saturating_sub(1)
    }

    /// The agent does not want to know any more.
    pub(super) async fn withdraw(&mut self, ask: &str) -> Result<(), SessionError> {
        let Some(at) = self.open.iter().position(|open| open.ask.id == ask) else {
            return Ok(());
        };
        let open = self.open.remove(at);
        until_stored("the end of a question", || {
            self.engine.withdraw_question(self.run, &open.ask.id)
        })
        .await
    }

    /// Nobody is asked any more. A person who stops a turn has ended what was open, but not what the agent has
    /// asked since.
    pub(super) async fn end_all(&self) -> Result<(), SessionError> {
        until_stored("the end of questions", || async {
            let mut tx = self.engine.store.write().await?;
            self.engine
                .end_questions(&mut tx, self.run, ApprovalState::Cancelled, STOPPED)
                .await?;
            Ok(tx.commit().await?)
        })
        .await?;
        self.engine.tell_of_ends();
        Ok(())
    }

    /// Answers the agent what people have been asked and that has ended. Says how the turn ended, if it
    /// did.
    pub(super) async fn answer_ended(
        &mut self,
        agent: &Agent,
        standing: Standing,
    ) -> Result<Option<Ending>, SessionError> {
        // What ends from here on is news.
        self.ends.mark_unchanged();
        let mut at = 0;
        while let Some(open) = self.open.get(at) {
            // The newest, if people were asked anew.
            let row = until_stored("the end of a question", || async {
                let store = &self.engine.store;
                Ok(store.approval_of(agent.runner, &open.ask.id).await?)
            })
            .await?;
            if row
                .as_ref()
                .is_some_and(|row| row.state == ApprovalState::Pending)
            {
                at += 1;
                continue;
            }
            let reply = match standing {
                Standing::Stopped => stopped(),
                Standing::Before | Standing::Within => row.as_ref().map_or_else(stopped, reply_of),
            };
            let line = agent.runtime().reply(&open.ask, &reply);
            let open = self.open.remove(at);
            if let Some(row) = row.filter(|_| standing == Standing::Within) {
                self.carry_out(&row).await?;
            }
            if let Some(ending) = self.say(agent, &open.ask, &line).await? {
                return Ok(Some(ending));
            }
        }
        Ok(None)
    }

    /// An agent whose plan was approved may do what it has planned, in this turn and in those to come.
    async fn carry_out(&mut self, row: &ApprovalRow) -> Result<(), SessionError> {
        if row.kind != ApprovalKind::Plan || row.state != ApprovalState::Allowed {
            return Ok(());
        }
        self.policy = self.project.tools.policy_for(self.circle, self.tier);
        until_stored("the end of plan mode", || async {
            let mut tx = self.engine.store.write().await?;
            tx.end_plan_mode(self.session).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Gives the agent an answer. Its id makes it harmless that a server after this one may answer again.
    async fn say(
        &self,
        agent: &Agent,
        ask: &Ask,
        line: &str,
    ) -> Result<Option<Ending>, SessionError> {
        match agent
            .handle
            .input(&format!("answer:{}", ask.id), line)
            .await
        {
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
}

/// The line that answers an agent by rule.
fn line(agent: &Agent, ask: &Ask, verdict: &Verdict) -> String {
    match ask.kind {
        AskKind::Gate => agent.runtime().at_gate(ask, verdict),
        AskKind::Permission => {
            let reply = match verdict {
                Verdict::Allow => Reply::Allow,
                Verdict::Ask(why) | Verdict::Deny(why) => Reply::Deny(why.clone()),
            };
            agent.runtime().reply(ask, &reply)
        }
    }
}

/// A question with what is known of its call from the gate.
fn completed(ask: &Ask, known: Option<&AtGate>) -> Ask {
    let ask = ask.clone();
    Ask {
        directory: ask
            .directory
            .or_else(|| known.and_then(|known| known.directory.clone())),
        sub_agent: known
            .and_then(|known| known.sub_agent.clone())
            .or(ask.sub_agent),
        unconfined: ask.unconfined || known.is_some_and(|known| known.unconfined),
        ..ask
    }
}
