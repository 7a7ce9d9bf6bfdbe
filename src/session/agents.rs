//! The agents: one live process a session, kept warm between turns, ended when idle or one too many.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;

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

/// Records of a journal that are read before they are asked for.
const READ_AHEAD: usize = 16;

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
        let (kept, leaving) = {
            let mut idle = self.shelf.lock();
            (idle.take(session.id), idle.leaving(session.id))
        };
        match kept {
            Some(mut agent) if self.is_up_to_date(&agent, session, project) => {
                agent.at_work = Some(self.at_work());
                return Ok(agent);
            }
            // It came from a server with other settings and was at work at the start of this one.
            Some(agent) => self.close(agent).await,
            None => {}
        }
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
            temporary: self.host.temporary(runner),
            ..self.launch(session, project)
        };
        let command = self.runtime.command(&launch);
        let launched_as = self.launched_as(session, project);
        // The row comes first: whatever happens from here on, the next server knows where to look.
        let mut tx = self.store.write().await?;
        tx.insert_runner(runner, session.id, &launched_as, self.clock.now())
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
                Some(launched_as),
            )),
            Err(error) => {
                self.bury(runner).await?;
                Err(error.into())
            }
        }
    }

    /// How an agent of a session is started by the settings of now, whichever it is.
    fn launch(&self, session: &SessionRow, project: &ProjectAgent) -> Launch {
        Launch {
            agent_session: Uuid::nil(),
            start: Start::New,
            directory: project.directory.clone(),
            model: session.model.clone().or_else(|| project.model.clone()),
            allowed_tools: project.rules_for(session.circle),
            forbidden: self.forbidden.clone(),
            temporary: PathBuf::new(),
        }
    }

    /// By what that is known again. A hash: what the program is given may be secret.
    fn launched_as(&self, session: &SessionRow, project: &ProjectAgent) -> String {
        let command = self.runtime.command(&self.launch(session, project));
        format!("{:x}", Sha256::digest(format!("{command:?}")))
    }

    /// Whether an agent was started as it would be by the settings of now: its rules are those of its
    /// start.
    pub(super) fn is_up_to_date(
        &self,
        agent: &Agent,
        session: &SessionRow,
        project: &ProjectAgent,
    ) -> bool {
        agent.launched_as.as_ref() == Some(&self.launched_as(session, project))
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
                        row.launched_as.clone(),
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

    /// The journal of a runner, dead or alive, as far as it goes now. It is read as fast as it is
    /// taken, on a thread of its own: journals grow large.
    pub(super) fn leftover(&self, runner: RunnerId) -> mpsc::Receiver<io::Result<Record>> {
        let (reads, leftover) = mpsc::channel(READ_AHEAD);
        let host = self.host.clone();
        tokio::task::spawn_blocking(move || match host.leftover(runner, Seq::START) {
            Ok(records) => {
                for record in records {
                    if reads.blocking_send(record).is_err() {
                        // Enough was read.
                        return;
                    }
                }
            }
            Err(error) => {
                // Nobody reads it: then nobody misses it.
                let _ = reads.blocking_send(Err(error));
            }
        });
        leftover
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
