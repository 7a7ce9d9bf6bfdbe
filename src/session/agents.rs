//! The agents: one live process a session, kept warm between turns, ended when idle or one too many.

mod errands;
mod kept;
mod shared;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;

use super::{
    ProjectAgent, SessionError,
    agent::{Agent, AtWork, Warmth},
    follow_up::GoesOn,
    shelf::Shelf,
    tune::{Desk, Tuner, tuning},
};
use crate::{
    clock::Clock,
    runtime::{
        Command, Launch, Runtime, Runtimes, Start, Tuning,
        runner::{AttachError, Record, RecordKind, RunnerHost, Seq},
    },
    store::{RunnerRow, SessionRow, Store},
    words::{AgentMode, Circle, RunnerId, SessionId},
};

pub(super) use errands::Errands;

/// How long an agent may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// How long the runner of an agent at work is tried to be reached, and the pause in between.
const REACH: Duration = Duration::from_mins(1);
const REACH_AGAIN: Duration = Duration::from_secs(1);

/// Records of a journal that are read before they are asked for.
const READ_AHEAD: usize = 16;

/// What agents may not touch.
pub(super) struct Forbidden {
    /// Baton's own.
    pub(super) own: Vec<PathBuf>,
    /// The directories of all projects: of each the others are shut.
    pub(super) projects: Vec<PathBuf>,
}

/// Every agent of the server.
pub(super) struct Agents {
    store: Store,
    clock: Clock,
    runtimes: Runtimes,
    host: RunnerHost,
    forbidden: Forbidden,
    shared: shared::Shared,
    /// How many are kept at once.
    keep: usize,
    shelf: Arc<Mutex<Shelf>>,
    /// Tells of agents that go on by themselves.
    goes_on: mpsc::UnboundedSender<GoesOn>,
    working: Arc<AtomicUsize>,
    /// The ways to agents, at work or not.
    desks: Mutex<HashMap<SessionId, Desk>>,
}

impl Forbidden {
    /// The directories of all projects but the one of this directory.
    fn besides(&self, project: &Path) -> Vec<PathBuf> {
        let others = self.projects.iter().filter(|other| *other != project);
        others.cloned().collect()
    }
}

impl Agents {
    pub(super) fn new(
        store: Store,
        clock: Clock,
        runtimes: Runtimes,
        host: RunnerHost,
        forbidden: Forbidden,
        keep: usize,
        goes_on: mpsc::UnboundedSender<GoesOn>,
    ) -> Self {
        Self {
            store,
            clock,
            runtimes,
            host,
            forbidden,
            shared: shared::Shared::default(),
            keep,
            shelf: Arc::default(),
            goes_on,
            working: Arc::default(),
            desks: Mutex::default(),
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
                agent.went_on_after = None;
                agent.at_work = Some(self.at_work());
                if agent.tune(tuning(session, project)).await {
                    return Ok(agent);
                }
                // A new one is started as is wished, or says why it cannot be.
                self.close(agent).await;
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
        let runtime = self.runtime_of(session)?;
        let at_work = self.at_work();
        self.make_room().await;
        self.start(session, project, runtime, at_work).await
    }

    /// The agent programs that there are.
    pub(super) const fn runtimes(&self) -> &Runtimes {
        &self.runtimes
    }

    /// The agent program of a session.
    pub(super) fn runtime_of(
        &self,
        session: &SessionRow,
    ) -> Result<&Arc<dyn Runtime>, SessionError> {
        let runtime = self.runtimes.with(&session.account());
        // Its account may be gone from the settings; then the first one answers for it.
        let runtime = runtime.or_else(|| self.runtimes.of(session.runtime));
        runtime.ok_or(SessionError::NoRuntime(session.runtime))
    }

    /// The tools that the agent of a session has without asking about each call.
    pub(super) fn unasked(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
    ) -> Vec<&'static str> {
        let runtime = self.runtimes.of(session.runtime);
        let tools = runtime.map_or(&[][..], |runtime| runtime.unasked());
        project.tools.unasked(session.circle, tools)
    }

    fn at_work(&self) -> AtWork {
        AtWork::among(&self.working)
    }

    async fn start(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
        runtime: &Arc<dyn Runtime>,
        at_work: AtWork,
    ) -> Result<Agent, SessionError> {
        let runner = RunnerId::fresh();
        let tuning = tuning(session, project);
        let launcher = &project.launcher;
        let shared = self.shared.of(&self.host, runtime.as_ref(), launcher);
        let launch = Launch {
            agent_session: session.agent_session,
            start: if session.agent_acknowledged {
                Start::Resume
            } else {
                Start::New
            },
            temporary: self.host.temporary(runner),
            model: tuning.model.clone(),
            mode: tuning.mode,
            shared: shared.await?,
            ..self.launch(runtime.as_ref(), project, session.circle)
        };
        let command = command(runtime.as_ref(), &launch, project);
        let launched_as = self.launched_as(runtime.as_ref(), project, session.circle);
        // The row comes first: whatever happens from here on, the next server knows where to look.
        let mut tx = self.store.write().await?;
        tx.insert_runner(runner, session.id, &launched_as, self.clock.now())
            .await?;
        tx.commit().await?;
        match self.host.start(runner, session.id, &command).await {
            Ok(link) => Ok(Agent::new(
                runner,
                link,
                self.tuner(session.id, runtime, Some(tuning)),
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

    /// How an agent of a session is started by the settings of now, whichever it is and however it is
    /// set: that can be changed while it lives.
    fn launch(&self, runtime: &dyn Runtime, project: &ProjectAgent, circle: Circle) -> Launch {
        Launch {
            agent_session: Uuid::nil(),
            start: Start::New,
            directory: project.directory.clone(),
            model: None,
            mode: AgentMode::Default,
            background: project.background.clone(),
            denied: project.tools.denied_files(),
            unasked: project.tools.unasked(circle, runtime.unasked()),
            // All that guests have is a look; what a server does once it runs nobody is asked about.
            servers: circle == Circle::Members,
            forbidden: self.forbidden.own.clone(),
            others: self.forbidden.besides(&project.directory),
            shared: None,
            temporary: PathBuf::new(),
            launcher: project.launcher.clone(),
        }
    }

    /// By what that is known again. A hash: what the program is given may be secret.
    fn launched_as(&self, runtime: &dyn Runtime, project: &ProjectAgent, circle: Circle) -> String {
        let launch = self.launch(runtime, project, circle);
        let command = command(runtime, &launch, project);
        let known = runtime.known_by(&launch, command);
        format!("{:x}", Sha256::digest(known))
    }

    /// What sets an agent of a session, and the way to it.
    fn tuner(&self, session: SessionId, runtime: &Arc<dyn Runtime>, is: Option<Tuning>) -> Tuner {
        let (tuner, desk) = Tuner::new(Arc::clone(runtime), is);
        let mut desks = self.desks.lock();
        desks.retain(|_, desk| !desk.is_closed());
        desks.insert(session, desk);
        tuner
    }

    /// The way to the agent of a session if it is at work: one that is not listens to nobody.
    pub(super) fn desk_of(&self, session: SessionId) -> Option<Desk> {
        let is_idle = self.shelf.lock().has(session);
        let desk = self.desks.lock().get(&session).cloned();
        desk.filter(|desk| !is_idle && !desk.is_closed())
    }

    /// Whether an agent was started as it would be by the settings of now: its rules are those of its
    /// start.
    pub(super) fn is_up_to_date(
        &self,
        agent: &Agent,
        session: &SessionRow,
        project: &ProjectAgent,
    ) -> bool {
        let would_be = self.launched_as(agent.runtime(), project, session.circle);
        agent.launched_as.as_ref() == Some(&would_be)
    }

    /// Takes up an agent of a session that an earlier server started; `None` if its runner is gone, or
    /// nobody here understands the agent.
    pub(super) async fn attach(&self, session: &SessionRow, row: &RunnerRow) -> Option<Agent> {
        self.attach_until(session, row, Instant::now()).await
    }

    /// The same for an agent that may be at work. A runner that cannot be reached at the moment (the
    /// machine is busy, too many files are open) is tried again for a while before its work is
    /// thrown away.
    pub(super) async fn attach_at_work(
        &self,
        session: &SessionRow,
        row: &RunnerRow,
    ) -> Option<Agent> {
        self.attach_until(session, row, Instant::now() + REACH)
            .await
    }

    async fn attach_until(
        &self,
        session: &SessionRow,
        row: &RunnerRow,
        until: Instant,
    ) -> Option<Agent> {
        let runtime = match self.runtime_of(session) {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::warn!(runner = %row.id, %error, "an agent cannot be taken up again");
                return None;
            }
        };
        let after = Seq::new(row.applied_seq);
        loop {
            match self.host.attach(row.id, after).await {
                Ok(link) => {
                    let at_work = self.at_work();
                    return Some(Agent::new(
                        row.id,
                        link,
                        self.tuner(session.id, runtime, None),
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

    /// Ends an agent that was working, with its whole tree.
    pub(super) async fn end(&self, agent: Agent) {
        self.close(agent).await;
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

    /// Recalls what goes on in an agent that an earlier server has heard of: what stands in its journal up to
    /// where it is read on.
    pub(super) async fn recall_tasks(&self, agent: &mut Agent) {
        let mut reader = agent.runtime().reader();
        let mut leftover = self.leftover(agent.runner);
        while let Some(record) = leftover.recv().await {
            match record {
                Ok(record) if record.seq > agent.seq => return,
                Ok(record) => {
                    if let RecordKind::Output { line } = &record.kind {
                        agent.note_tasks(&reader.read(line));
                    }
                }
                // It is kept for a shorter time then.
                Err(error) => {
                    tracing::warn!(runner = %agent.runner, %error, "what an agent has left running cannot be read");
                    return;
                }
            }
        }
    }

    /// Removes what runners left that the database does not know: they were started by a server
    /// that died before it could note it, or removed by one that died before it had finished.
    pub(super) async fn bury_strangers(&self, known: &[RunnerId]) -> Result<(), SessionError> {
        let shared = self.shared.adopt(&self.host).await?;
        for runner in self.host.present()? {
            if !known.contains(&runner)
                && !shared.contains(&runner)
                && let Err(error) = self.host.remove(runner).await
            {
                // It is nobody's, so nobody waits for it.
                SessionError::from(error)
                    .log("what is left of an unknown runner could not be removed");
            }
        }
        Ok(())
    }
}

/// The process that serves a session of a project.
fn command(runtime: &dyn Runtime, launch: &Launch, project: &ProjectAgent) -> Command {
    Command {
        bounds: project.bounds.process,
        ..runtime.command(launch)
    }
}
