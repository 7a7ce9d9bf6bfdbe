//! The agents: one live process a session, kept warm between turns, ended when idle or one too many.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    ProjectAgent, SessionError,
    agent::{Agent, AtWork, Warmth},
    shelf::{Leaving, Shelf},
};
use crate::{
    clock::Clock,
    runtime::{
        Launch, Runtime, Start,
        runner::{AttachError, Record, RunnerHost, Seq},
    },
    store::{RunnerRow, SessionRow, Store},
    words::{RunnerId, SessionId},
};

/// How long an agent may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// How long the runner of an agent at work is tried to be reached, and the pause in between.
const REACH: Duration = Duration::from_mins(1);
const REACH_AGAIN: Duration = Duration::from_secs(1);

/// Every agent of the server.
pub(super) struct Agents {
    store: Store,
    clock: Clock,
    runtime: Arc<dyn Runtime>,
    host: RunnerHost,
    forbidden: Vec<PathBuf>,
    /// How many are kept at once.
    keep: usize,
    shelf: Mutex<Shelf>,
    working: Arc<AtomicUsize>,
}

impl Agents {
    pub(super) fn new(
        store: Store,
        clock: Clock,
        runtime: Arc<dyn Runtime>,
        host: RunnerHost,
        forbidden: Vec<PathBuf>,
        keep: usize,
    ) -> Self {
        Self {
            store,
            clock,
            runtime,
            host,
            forbidden,
            keep,
            shelf: Mutex::default(),
            working: Arc::default(),
        }
    }

    /// The agent of a session: the one that is warm, or a new one.
    pub(super) async fn obtain(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
    ) -> Result<Agent, SessionError> {
        let leaving = {
            let mut kept = self.shelf.lock();
            if let Some(mut agent) = kept.take(session.id) {
                agent.at_work = Some(self.at_work());
                return Ok(agent);
            }
            kept.leaving(session.id)
        };
        if let Some(gone) = leaving {
            // It was idle for too long a moment ago. Two must not clear up after the same runner,
            // and no other agent may touch the conversation before it is gone.
            gone.cancelled().await;
        }
        // One may be left that nobody knows any more, for instance if its server died.
        if let Some(left) = self.store.runner_of(session.id).await? {
            self.bury(left.id).await?;
        }
        let at_work = self.at_work();
        self.make_room().await;
        self.start(session, project, at_work).await
    }

    fn at_work(&self) -> AtWork {
        AtWork::among(&self.working)
    }

    async fn start(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
        at_work: AtWork,
    ) -> Result<Agent, SessionError> {
        let runner = RunnerId::fresh();
        let launch = Launch {
            agent_session: session.agent_session,
            start: if session.agent_acknowledged {
                Start::Resume
            } else {
                Start::New
            },
            directory: project.directory.clone(),
            model: session.model.clone().or_else(|| project.model.clone()),
            allowed_tools: project.rules_for(session.circle),
            forbidden: self.forbidden.clone(),
            temporary: self.host.temporary(runner),
        };
        let command = self.runtime.command(&launch);
        // The row comes first: whatever happens from here on, the next server knows where to look.
        let mut tx = self.store.write().await?;
        tx.insert_runner(runner, session.id, self.clock.now())
            .await?;
        tx.commit().await?;
        match self.host.start(runner, session.id, &command).await {
            Ok(link) => Ok(Agent::new(
                runner,
                link,
                self.runtime.reader(),
                Seq::START,
                Warmth::Cold,
                at_work,
            )),
            Err(error) => {
                self.bury(runner).await?;
                Err(error.into())
            }
        }
    }

    /// Takes up an agent that an earlier server started; `None` if its runner is gone.
    pub(super) async fn attach(&self, row: &RunnerRow) -> Option<Agent> {
        self.attach_until(row, Instant::now()).await
    }

    /// The same for an agent that may be at work. A runner that cannot be reached at the moment (the
    /// machine is busy, too many files are open) is tried again for a while before its work is
    /// thrown away.
    pub(super) async fn attach_at_work(&self, row: &RunnerRow) -> Option<Agent> {
        self.attach_until(row, Instant::now() + REACH).await
    }

    async fn attach_until(&self, row: &RunnerRow, until: Instant) -> Option<Agent> {
        let after = Seq::new(row.applied_seq);
        loop {
            match self.host.attach(row.id, after).await {
                Ok(link) => {
                    let reader = self.runtime.reader();
                    let at_work = self.at_work();
                    return Some(Agent::new(
                        row.id,
                        link,
                        reader,
                        after,
                        Warmth::AtWork,
                        at_work,
                    ));
                }
                Err(AttachError::Gone) => return None,
                Err(AttachError::Io(error)) if Instant::now() < until => {
                    tracing::warn!(runner = %row.id, %error, "a runner cannot be reached; trying again");
                    tokio::time::sleep(REACH_AGAIN).await;
                }
                Err(error) => {
                    tracing::warn!(runner = %row.id, %error, "a runner cannot be taken up again");
                    return None;
                }
            }
        }
    }

    /// Keeps an agent warm for the session's next turn, if it is fit for one and there is room.
    pub(super) async fn put_back(&self, session: SessionId, mut agent: Agent) {
        if !self.is_fit(&agent).await {
            return self.end(agent).await;
        }
        agent.warmth = Warmth::Warm;
        let one_too_many = {
            let mut kept = self.shelf.lock();
            if self.working.load(Ordering::Relaxed) + kept.len() <= self.keep {
                agent.at_work = None;
                kept.put(session, agent);
                None
            } else {
                Some(agent)
            }
        };
        if let Some(agent) = one_too_many {
            self.end(agent).await;
        }
    }

    /// Whether an agent bears another turn. Its journal is never shortened, and when that is full it
    /// is ended in the middle of one.
    async fn is_fit(&self, agent: &Agent) -> bool {
        match agent.handle.status().await {
            Ok(status) => status.journal_bytes <= self.host.journal_limit(agent.runner) / 2,
            Err(error) => {
                tracing::debug!(runner = %agent.runner, %error, "a runner was gone after its turn");
                false
            }
        }
    }

    /// Ends an agent that was working, with its whole tree.
    pub(super) async fn end(&self, agent: Agent) {
        self.close(agent).await;
    }

    /// Takes every agent that has had no work for so long, to be [closed](Self::close_leaving).
    pub(super) fn idle_for(&self, longest: Duration) -> Vec<Leaving> {
        self.shelf.lock().idle_for(longest)
    }

    /// Ends the agent of a session that has ended, unless it works: then that is seen to when it
    /// has stopped.
    pub(super) async fn end_of_session(&self, session: SessionId) {
        let leaving = self.shelf.lock().leave(session);
        if let Some(leaving) = leaving {
            self.close_leaving(leaving).await;
        }
    }

    /// When the agent that has been idle for longest began to be.
    pub(super) fn oldest_idle(&self) -> Option<Instant> {
        self.shelf.lock().oldest()
    }

    pub(super) fn idle_count(&self) -> usize {
        self.shelf.lock().len()
    }

    /// Ends agents that were used least recently, until those that are left and those at work, the
    /// one that is about to start included, are not too many.
    async fn make_room(&self) {
        loop {
            let leaving = {
                let mut kept = self.shelf.lock();
                if self.working.load(Ordering::Relaxed) + kept.len() <= self.keep {
                    return;
                }
                let Some(leaving) = kept.least_recent() else {
                    return;
                };
                leaving
            };
            self.close_leaving(leaving).await;
        }
    }

    /// Ends an agent that nobody can have any more.
    pub(super) async fn close_leaving(&self, leaving: Leaving) {
        let Leaving {
            session,
            agent,
            gone,
        } = leaving;
        self.close(agent).await;
        self.shelf.lock().gone(session);
        drop(gone);
    }

    async fn close(&self, agent: Agent) {
        if let Err(error) = agent.handle.terminate(GRACE).await {
            tracing::debug!(runner = %agent.runner, %error, "a runner ended before it was asked to");
        }
        let runner = agent.runner;
        drop(agent);
        if let Err(error) = self.bury(runner).await {
            error.log(
                "what is left of a runner could not be removed; trying again at the next turn",
            );
        }
    }

    /// Proves that nothing of a runner lives, removes its files and gives it up.
    pub(super) async fn bury(&self, runner: RunnerId) -> Result<(), SessionError> {
        self.host.remove(runner).await?;
        let mut tx = self.store.write().await?;
        tx.end_runner(runner, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// The journal of a runner, dead or alive, as far as it goes now.
    pub(super) fn leftover(
        &self,
        runner: RunnerId,
    ) -> Result<impl Iterator<Item = std::io::Result<Record>> + use<>, SessionError> {
        Ok(self.host.leftover(runner, Seq::START)?)
    }

    /// Removes what runners left that the database does not know: they were started by a server
    /// that died before it could note it, or removed by one that died before it had finished.
    pub(super) async fn bury_strangers(&self, known: &[RunnerId]) -> Result<(), SessionError> {
        for runner in self.host.present()? {
            if !known.contains(&runner)
                && let Err(error) = self.host.remove(runner).await
            {
                // It is nobody's, so nobody waits for it.
                SessionError::from(error)
                    .log("what is left of an unknown runner could not be removed");
            }
        }
        Ok(())
    }

    /// Asks every idle agent to end, without waiting for it.
    pub(super) async fn dismiss(&self) {
        let agents = self.shelf.lock().empty();
        let asks = agents.iter().map(|agent| agent.handle.terminate(GRACE));
        futures::future::join_all(asks).await;
    }
}
