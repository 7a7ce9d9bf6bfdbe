//! The agents: one live process a session, kept warm between turns, ended when idle or one too many.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{ProjectAgent, SessionError};
use crate::{
    clock::Clock,
    runtime::{
        Launch, Reader, RunEvent, Runtime, Start,
        runner::{AttachError, Exit, Handle, Link, Record, RecordKind, Records, RunnerHost, Seq},
    },
    store::{RunnerRow, SessionRow, Store},
    words::{RunnerId, SessionId},
};

/// How long an agent may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// One live agent process and what reads it.
pub(super) struct Agent {
    /// Its runner.
    pub(super) runner: RunnerId,
    /// Asks things of the runner.
    pub(super) handle: Handle,
    /// What it has been through.
    pub(super) warmth: Warmth,
    records: Records,
    reader: Box<dyn Reader>,
    /// The last record that was read.
    pub(super) seq: Seq,
}

/// What an agent has been through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Warmth {
    /// It was just started: trouble may lie in how it was started.
    Cold,
    /// It has: trouble means that it has died meanwhile.
    Warm,
    /// It was taken up in the middle of a turn: trouble means that the turn is cut off.
    AtWork,
}

/// Something that an agent did.
#[derive(Debug)]
pub(super) enum Happening {
    /// It wrote this.
    Events(Vec<RunEvent>),
    /// It could not be started; a sentence says why.
    NotStarted(String),
    /// It wrote a line of this many bytes, which is more than is read.
    TooLong(u64),
    /// It has ended.
    Ended { exit: Exit, stderr: String },
    /// Its runner has died, or cannot be reached.
    Lost,
}

impl Agent {
    fn new(
        runner: RunnerId,
        link: Link,
        reader: Box<dyn Reader>,
        after: Seq,
        warmth: Warmth,
    ) -> Self {
        Self {
            runner,
            handle: link.handle,
            warmth,
            records: link.records,
            reader,
            seq: after,
        }
    }

    /// What the agent does next.
    pub(super) async fn next(&mut self) -> Happening {
        loop {
            let Some(record) = self.records.next().await else {
                return Happening::Lost;
            };
            self.seq = record.seq;
            if let Some(happening) = understand(record, self.reader.as_mut()) {
                return happening;
            }
        }
    }
}

/// What a record means; `None` if nothing that matters to a turn.
pub(super) fn understand(record: Record, reader: &mut dyn Reader) -> Option<Happening> {
    match record.kind {
        RecordKind::Output { line } => {
            let events = reader.read(&line);
            (!events.is_empty()).then_some(Happening::Events(events))
        }
        RecordKind::SpawnFailed { reason } => Some(Happening::NotStarted(reason)),
        RecordKind::TooLong { bytes } => Some(Happening::TooLong(bytes)),
        RecordKind::Exited { exit, stderr_tail } => Some(Happening::Ended {
            exit,
            stderr: stderr_tail,
        }),
        RecordKind::Stderr { line } => {
            tracing::debug!(line = %String::from_utf8_lossy(&line), "an agent's standard error");
            None
        }
        RecordKind::Note { text } => {
            tracing::info!(%text, "a runner's note");
            None
        }
        RecordKind::Spawned { .. } | RecordKind::Input { .. } => None,
    }
}

/// An agent without work.
struct Idle {
    agent: Agent,
    since: Instant,
}

/// Every agent of the server.
pub(super) struct Agents {
    store: Store,
    clock: Clock,
    runtime: Arc<dyn Runtime>,
    host: RunnerHost,
    forbidden: Vec<PathBuf>,
    /// How many are kept at once.
    keep: usize,
    idle: Mutex<HashMap<SessionId, Idle>>,
    working: AtomicUsize,
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
            idle: Mutex::new(HashMap::new()),
            working: AtomicUsize::new(0),
        }
    }

    /// The agent of a session: the one that is warm, or a new one.
    pub(super) async fn obtain(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
    ) -> Result<Agent, SessionError> {
        let warm = self.idle.lock().remove(&session.id);
        if let Some(idle) = warm {
            self.working.fetch_add(1, Ordering::Relaxed);
            return Ok(idle.agent);
        }
        // One may be left that nobody knows any more, for instance if it died while it was idle.
        if let Some(left) = self.store.runner_of(session.id).await? {
            self.bury(left.id).await?;
        }
        self.make_room().await;
        let agent = self.start(session, project).await?;
        self.working.fetch_add(1, Ordering::Relaxed);
        Ok(agent)
    }

    async fn start(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
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
            model: project.model.clone(),
            allowed_tools: project.allowed_tools.clone(),
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
            )),
            Err(error) => {
                self.bury(runner).await?;
                Err(error.into())
            }
        }
    }

    /// Takes up an agent that an earlier server started; `None` if its runner is gone.
    pub(super) async fn attach(&self, row: &RunnerRow) -> Option<Agent> {
        let after = Seq::new(row.applied_seq);
        match self.host.attach(row.id, after).await {
            Ok(link) => {
                self.working.fetch_add(1, Ordering::Relaxed);
                Some(Agent::new(
                    row.id,
                    link,
                    self.runtime.reader(),
                    after,
                    Warmth::AtWork,
                ))
            }
            Err(AttachError::Gone) => None,
            Err(error) => {
                tracing::warn!(runner = %row.id, %error, "a runner cannot be taken up again");
                None
            }
        }
    }

    /// Keeps an agent warm for the session's next turn, if there is room.
    pub(super) async fn put_back(&self, session: SessionId, mut agent: Agent) {
        agent.warmth = Warmth::Warm;
        let room = self.working.load(Ordering::Relaxed) + self.idle.lock().len() <= self.keep;
        if !room {
            self.end(agent).await;
            return;
        }
        self.working.fetch_sub(1, Ordering::Relaxed);
        self.idle.lock().insert(
            session,
            Idle {
                agent,
                since: Instant::now(),
            },
        );
    }

    /// Ends an agent that was working, with its whole tree.
    pub(super) async fn end(&self, agent: Agent) {
        self.working.fetch_sub(1, Ordering::Relaxed);
        self.close(agent, GRACE).await;
    }

    /// Ends every agent that has had no work since before `oldest`.
    pub(super) async fn end_idle(&self, longest: Duration) {
        let now = Instant::now();
        let over: Vec<Agent> = {
            let mut idle = self.idle.lock();
            let ids: Vec<SessionId> = idle
                .iter()
                .filter(|(_, idle)| now.duration_since(idle.since) >= longest)
                .map(|(id, _)| *id)
                .collect();
            ids.iter()
                .filter_map(|id| idle.remove(id))
                .map(|idle| idle.agent)
                .collect()
        };
        for agent in over {
            self.close(agent, GRACE).await;
        }
    }

    /// When the agent that has been idle for longest began to be.
    pub(super) fn oldest_idle(&self) -> Option<Instant> {
        self.idle.lock().values().map(|idle| idle.since).min()
    }

    pub(super) fn idle_count(&self) -> usize {
        self.idle.lock().len()
    }

    /// Ends the agent that was used least recently, until there is room for one more.
    async fn make_room(&self) {
        loop {
            let agent = {
                let mut idle = self.idle.lock();
                if self.working.load(Ordering::Relaxed) + idle.len() < self.keep {
                    return;
                }
                let oldest = idle
                    .iter()
                    .min_by_key(|(_, idle)| idle.since)
                    .map(|(id, _)| *id);
                let Some(idle) = oldest.and_then(|id| idle.remove(&id)) else {
                    return;
                };
                idle.agent
            };
            self.close(agent, GRACE).await;
        }
    }

    async fn close(&self, agent: Agent, grace: Duration) {
        if let Err(error) = agent.handle.terminate(grace).await {
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

    /// Gives up an agent whose process has died under a turn.
    pub(super) async fn lost(&self, agent: Agent) -> Result<(), SessionError> {
        self.working.fetch_sub(1, Ordering::Relaxed);
        let runner = agent.runner;
        drop(agent);
        self.bury(runner).await
    }

    /// The journal of a runner that is gone.
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
            if !known.contains(&runner) {
                self.host.remove(runner).await?;
            }
        }
        Ok(())
    }

    /// Asks every idle agent to end, without waiting for it.
    pub(super) async fn dismiss(&self) {
        let agents: Vec<Agent> = self
            .idle
            .lock()
            .drain()
            .map(|(_, idle)| idle.agent)
            .collect();
        let asks = agents.iter().map(|agent| agent.handle.terminate(GRACE));
        futures::future::join_all(asks).await;
    }
}
