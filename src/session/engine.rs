//! What the session room is made of, and what it needs from others.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    ChannelMode, Projects, Shown,
    accounts::Accounts,
    agents::{Agents, Forbidden},
    courtesy::Courtesy,
    follow_up::GoesOn,
    login::Logins,
    offered::Offered,
    parked::Parked,
    slot::{AtWork, Drivers, Reins},
    vain::Vain,
    waits::Told,
};
use crate::{
    access::{Action, Gate, Permit, Refusal},
    admission::{Caps, Durations, PerMinute, Queue, Rate, Rules, Turnstile},
    clock::{Clock, Millis},
    credentials::Watch,
    delivery::{Chat, Outbox},
    observe::{Metrics, Reference, Secrets},
    runtime::{
        Runtimes,
        runner::{HostError, LinkError, RemoveError, RunnerHost, StartError},
    },
    store::{NewDelivery, Payload, Store, StoreError, Tx},
    words::{ChannelId, MessageId, Person, Place, RunId, RuntimeKind, SessionId, UserId},
};

/// What bounds sessions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Runs at work and waiting, of everybody together.
    pub caps: Caps,
    /// The same of one person in one channel and its threads.
    pub person: Caps,
    /// Requests of one person in one project.
    pub requests: PerMinute,
    /// Bytes of a request, and of all that one turn takes from a mailbox.
    pub prompt: usize,
    /// Messages that may wait in a session that has a run.
    pub mailbox: usize,
    /// How long a run waits for its turn.
    pub expiry: Duration,
    /// How long an agent is kept without work.
    pub idle: Duration,
    /// Agents that are kept at once; working ones count, but are never ended for it.
    pub live: usize,
    /// How long a turn may take.
    pub turn: Duration,
    /// How long an agent may take until it can be spoken to.
    pub start: Duration,
    /// How long a question to people waits for one of them.
    pub question: Duration,
    /// Whether a conversation goes on with another account when its own takes no more.
    pub failover: bool,
}

/// What an engine is built from.
pub struct Parts {
    /// The state.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Who may.
    pub gate: Gate,
    /// What people get.
    pub outbox: Arc<Outbox>,
    /// Where context is read.
    pub chat: Arc<dyn Chat>,
    /// The projects.
    pub projects: Projects,
    /// The agent programs.
    pub runtimes: Runtimes,
    /// Where agents run.
    pub host: RunnerHost,
    /// What no agent may read or write.
    pub forbidden: Vec<PathBuf>,
    /// The bounds.
    pub limits: Limits,
    /// How conversations that have a whole channel work.
    pub channel_mode: ChannelMode,
    /// Who shows runs at work.
    pub live: mpsc::UnboundedSender<Shown>,
    /// What is counted.
    pub metrics: Metrics,
    /// What is taken out of what operators are shown of tool calls.
    pub secrets: Secrets,
    /// The logins of the agent programs.
    pub kept: Watch,
    /// Ends everything.
    pub stop: CancellationToken,
}

/// The session room at work.
pub struct Engine {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) gate: Gate,
    pub(super) outbox: Arc<Outbox>,
    pub(super) chat: Arc<dyn Chat>,
    pub(super) projects: Projects,
    pub(super) agents: Agents,
    /// Agents that go on by themselves, for whoever keeps the house.
    pub(super) signs: Mutex<Option<mpsc::UnboundedReceiver<GoesOn>>>,
    pub(super) limits: Limits,
    pub(super) channel_mode: ChannelMode,
    pub(super) live: mpsc::UnboundedSender<Shown>,
    pub(super) metrics: Metrics,
    pub(super) secrets: Secrets,
    /// Whether operators were told that the queue is full; an earlier server may have told them.
    pub(super) told_full: AtomicBool,
    /// The logins of the agent programs.
    pub(super) kept: Watch,
    /// How many questions to people have ended: turns that wait for one look when it changes.
    pub(super) ends: watch::Sender<u64>,
    /// What the last runs waited for their turn.
    pub(super) waited: Mutex<Durations>,
    /// Whether the accounts of the agent programs work.
    pub(super) accounts: Accounts,
    /// Who is logging them in.
    pub(super) logins: Logins,
    /// Which models they have said that those may use.
    pub(super) offered: Offered,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) turnstile: Arc<Turnstile<Mutex<Queue>, Drivers>>,
    /// What those were told who wait for their turn.
    pub(super) waits: Told,
    /// Runs that are to go on at a time.
    pub(super) parked: Parked,
    /// Runs that have a slot, and how each is reached.
    pub(super) at_work: Mutex<HashMap<RunId, Reins>>,
    /// Something changed that decides when [`Engine::keep`] has to look again.
    pub(super) changed: Notify,
    /// How often each person asks in each project.
    pub(super) haste: Rate<(UserId, String)>,
    /// Who was told why nothing is done.
    pub(super) courtesy: Courtesy,
    /// Which clicks in vain were noted.
    pub(super) vain: Vain,
    /// Marks that are not stored yet.
    pub(super) passed: Mutex<HashMap<ChannelId, MessageId>>,
    pub(super) started_at: Millis,
    pub(super) heard: AtomicU64,
}

impl Engine {
    /// An engine that does nothing yet: see [`Engine::recover`] and [`Engine::keep`].
    pub fn new(parts: Parts) -> Arc<Self> {
        let (goes_on, signs) = mpsc::unbounded_channel();
        let accounts = Accounts::new(parts.runtimes.all_accounts());
        let agents = Agents::new(
            parts.store.clone(),
            parts.clock.clone(),
            parts.runtimes,
            parts.host,
            Forbidden {
                own: parts.forbidden,
                projects: parts.projects.directories(),
            },
            parts.limits.live,
            goes_on,
        );
        let rules = Rules {
            all: parts.limits.caps,
            person: parts.limits.person,
            projects: parts.projects.caps(),
        };
        Arc::new_cyclic(|engine: &Weak<Self>| Self {
            started_at: parts.clock.now(),
            store: parts.store,
            clock: parts.clock,
            gate: parts.gate,
            outbox: parts.outbox,
            chat: parts.chat,
            projects: parts.projects,
            agents,
            signs: Mutex::new(Some(signs)),
            limits: parts.limits,
            channel_mode: parts.channel_mode,
            live: parts.live,
            metrics: parts.metrics,
            secrets: parts.secrets,
            told_full: AtomicBool::new(true),
            kept: parts.kept,
            ends: watch::Sender::new(0),
            waited: Mutex::default(),
            accounts,
            logins: Logins::default(),
            offered: Offered::default(),
            stop: parts.stop,
            tasks: TaskTracker::new(),
            turnstile: Turnstile::new(Mutex::new(Queue::new(rules)), Drivers(engine.clone())),
            waits: Told::default(),
            parked: Parked::default(),
            at_work: Mutex::new(HashMap::new()),
            changed: Notify::new(),
            haste: Rate::new(parts.limits.requests),
            courtesy: Courtesy::default(),
            vain: Vain::default(),
            passed: Mutex::default(),
            heard: AtomicU64::new(0),
        })
    }

    /// May he? In a channel whose conversation is for owners only it takes an owner to speak to it
    /// or to end it.
    pub async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, SessionError> {
        let action = if self.is_owners_channel(place).await? {
            action.in_owners_channel()
        } else {
            action
        };
        Ok(self.gate.authorize(person, place, action).await?)
    }

    /// Who may what, for the commands about that.
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The time.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The projects of the settings.
    pub const fn projects(&self) -> &Projects {
        &self.projects
    }

    /// The state, for what only reads.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Gives free slots to whoever is next.
    pub(super) fn pump(&self) {
        self.turnstile.pump();
    }

    /// Drives a run that has a slot.
    pub(super) fn start(self: &Arc<Self>, work: AtWork) {
        let engine = Arc::clone(self);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                // The runner goes on without us; the next server takes the run up again.
                () = stop.cancelled() => {}
                () = engine.drive(work) => {}
            }
        });
    }

    /// Moves a channel's mark past a message that asked for nothing.
    pub async fn decided(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<(), SessionError> {
        let mut tx = self.store.write().await?;
        tx.mark_channel(channel, message).await?;
        Ok(tx.commit().await?)
    }

    /// Queues a sentence to where a session posts; says whether it was not queued before.
    pub(super) async fn notice(
        &self,
        tx: &mut Tx,
        key: String,
        session: SessionId,
        lane: ChannelId,
        text: String,
    ) -> Result<bool, StoreError> {
        let payload = Payload::Notice {
            channel: None,
            reply_to: None,
            text,
        };
        let delivery = NewDelivery {
            key,
            lane,
            session: Some(session),
            run: None,
            payload,
        };
        tx.deliver(&delivery, self.clock.now()).await
    }
}

/// A permit is good for what it was given for, and for nothing else.
pub(super) fn permit_for(permit: &Permit, wanted: Action) -> Result<(), SessionError> {
    if permit.is_for(wanted) {
        return Ok(());
    }
    let found = permit.action();
    Err(SessionError::WrongPermit { found, wanted })
}

/// The same for the permits with which an agent is asked.
pub(super) fn permit_to_ask(permit: &Permit) -> Result<(), SessionError> {
    if permit.action() == Action::AskAsGuest {
        return Ok(());
    }
    permit_for(permit, Action::Ask)
}

/// Why the session room could not do what was asked. What a person sees of it is
/// [`SessionError::sentence`].
#[derive(Debug, Error)]
pub enum SessionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A runner could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A runner could not be spoken to.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The runners' directory.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A runner's files could not be read.
    #[error("a runner's files cannot be read: {0}")]
    Journal(#[from] std::io::Error),
    /// What is left of a runner could not be removed.
    #[error(transparent)]
    Remove(#[from] RemoveError),
    /// A part of Baton has a fault.
    #[error("a panic, which the server's standard error tells more of")]
    Panicked,
    /// A part of Baton used a permit for something else.
    #[error("a permit for {found:?} was used for {wanted:?}")]
    WrongPermit {
        /// What it is for.
        found: Action,
        /// What it was used for.
        wanted: Action,
    },
    /// The project of a session is not in the settings.
    #[error("project `{0}` is not in the settings")]
    ProjectGone(String),
    /// The agent program of a session is not in the settings.
    #[error("the agent program `{0}` is not in the settings")]
    NoRuntime(RuntimeKind),
    /// The agent program works behind another launcher, and its login bears one process only.
    #[error(
        "the agent program works behind another launcher, and its login bears one process only"
    )]
    OtherLauncher,
    /// What was asked of an agent program beside all conversations did not reach it.
    #[error("the process that sessions share cannot be asked: {0}")]
    Errand(#[source] std::io::Error),
}

impl SessionError {
    /// What a person is told; details are in the log under the reference.
    pub fn sentence(&self) -> String {
        match self {
            Self::Store(_) => "Baton could not use its database. Ask the operator to look at the \
                               log; nothing that was accepted is lost."
                .to_owned(),
            Self::Start(StartError::Busy { .. }) => {
                "Another agent process still works on this conversation. Send your message again in a \
                 minute; if that does not help, ask the operator to look at the log."
                    .to_owned()
            }
            // Whatever it was, it names paths of this machine.
            Self::Errand(_) | Self::Start(
                StartError::Refused(_)
                | StartError::Died { .. }
                | StartError::Io(_)
                | StartError::Attach(_),
            ) => "The agent could not be started. Send your message again; if that does not help, ask the \
                  operator to look at the log."
                .to_owned(),
            Self::Link(_) => "The connection to the agent broke. Send a message to go on.".to_owned(),
            Self::Host(_) | Self::Journal(_) | Self::Remove(_) => {
                "What is left of an earlier agent process could not be cleared away, so no new one is \
                 started. Ask the operator to look at the log."
                    .to_owned()
            }
            Self::Panicked | Self::WrongPermit { .. } => "Baton itself has a fault. Send your message again; if that does not help, \
                               ask the operator to look at the log."
                .to_owned(),
            Self::ProjectGone(name) => super::sentences::project_gone(name),
            Self::NoRuntime(kind) => super::sentences::no_runtime(*kind),
            Self::OtherLauncher => "The agent program works behind another launcher at the moment, and its subscription \
                                    bears one. Send your message again in a minute; if that does not help, ask the \
                                    operator to write the same `launcher` for all its projects, or to log it in with \
                                    an API key."
                .to_owned(),
        }
    }

    /// Whether what failed in the database may succeed another time.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.may_pass(),
            Self::Start(_)
            | Self::Link(_)
            | Self::Host(_)
            | Self::Journal(_)
            | Self::Remove(_)
            | Self::Panicked
            | Self::WrongPermit { .. }
            | Self::ProjectGone(_)
            | Self::NoRuntime(_)
            | Self::OtherLauncher
            | Self::Errand(_) => false,
        }
    }

    /// Logs the cause chain and returns the reference to it.
    pub(super) fn log(&self, what: &str) -> Reference {
        Reference::of(self, what)
    }
}
