//! What an engine is made of here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use baton::{
    access::{Gate, Owners},
    admission::{Caps, PerMinute, ProjectCaps},
    approval::{ProjectTools, ToolLists},
    clock::Clock,
    delivery::{Chat, Outbox},
    observe::Metrics,
    runtime::{
        HostEnv, Runtimes,
        claude::{ClaudeRuntime, ClaudeSettings},
        runner::{RunnerHost, RunnerLimits},
    },
    session::{
        AgentBounds, Bystanders, ChannelMode, Engine, Limits, Parts, ProjectAgent, Projects,
        Speakers,
    },
    store::Store,
    words::{Approvers, Busy, ChannelId, Eyes, Guests, RuntimeKind, SlotId},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{AGENT, CHANNEL, OWNER, silence::Silence};

/// Longer than any test.
const LONG: Duration = Duration::from_hours(1);

/// What a test may want otherwise than usual.
pub(crate) struct Wishes {
    pub(crate) limits: Limits,
    /// The largest journal of a runner, in bytes.
    pub(crate) journal: u64,
    /// The program whose subcommand is a runner.
    pub(super) program: PathBuf,
    /// The project's rules.
    pub(super) denied_tools: Vec<String>,
    /// Who may say yes to what they do not allow, and whether who asked may.
    pub(super) approvers: Approvers,
    pub(super) eyes: Eyes,
    /// What a message does that comes while the agent works.
    pub(super) busy: Busy,
    /// The agent programs, each of which is the pretended one, and the project's.
    pub(super) runtimes: Vec<RuntimeKind>,
    pub(super) runtime: RuntimeKind,
    /// The project's model.
    pub(super) model: Option<String>,
    /// What guests of the project may do.
    pub(super) guests: Guests,
    /// What the pretended agent does.
    pub(super) script: &'static str,
    /// The real agent program and the model service that it talks to, in the pretended agent's stead.
    pub(super) real: Option<(PathBuf, String)>,
    /// What is counted.
    pub(super) metrics: Metrics,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            limits: Limits {
                caps: Caps {
                    active: 2,
                    queued: 10,
                },
                person: Caps {
                    active: 2,
                    queued: 10,
                },
                requests: PerMinute::MAX,
                prompt: 100_000,
                mailbox: 10,
                expiry: LONG,
                idle: LONG,
                live: 2,
                turn: LONG,
                start: LONG,
                question: LONG,
                failover: false,
            },
            journal: 100_000,
            program: env!("CARGO_BIN_EXE_baton").into(),
            denied_tools: Vec::new(),
            approvers: Approvers::Nobody,
            eyes: Eyes::Two,
            busy: Busy::Queue,
            runtimes: vec![RuntimeKind::Claude],
            runtime: RuntimeKind::Claude,
            model: None,
            guests: Guests::None,
            script: AGENT,
            real: None,
            metrics: Metrics::default(),
        }
    }
}

impl Wishes {
    pub(super) fn one_at_a_time() -> Self {
        let mut wishes = Self::default();
        wishes.limits.caps.active = 1;
        wishes
    }
}

pub(super) fn engine(
    home: &Path,
    wishes: &Wishes,
    store: &Store,
    chat: &Arc<Silence>,
    clock: &Clock,
    stop: &CancellationToken,
) -> Arc<Engine> {
    let chat = Arc::clone(chat) as _;
    Engine::new(parts(home, wishes, store, chat, clock, stop))
}

/// What an engine is made of that works in a directory with the pretended agent there.
pub(crate) fn parts(
    home: &Path,
    wishes: &Wishes,
    store: &Store,
    chat: Arc<dyn Chat>,
    clock: &Clock,
    stop: &CancellationToken,
) -> Parts {
    let limits = RunnerLimits {
        journal: wishes.journal,
        ..RunnerLimits::default()
    };
    let (command, pass_env) = match &wishes.real {
        None => (home.join("agent"), BTreeMap::new()),
        Some((command, model)) => {
            let env = [
                ("ANTHROPIC_BASE_URL", model.as_str()),
                ("ANTHROPIC_API_KEY", "dummy-key"),
            ];
            let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            (command.clone(), env.map(own).into())
        }
    };
    let lists = ToolLists {
        denied: wishes.denied_tools.clone(),
        approvers: wishes.approvers.clone(),
        eyes: wishes.eyes,
        ..ToolLists::default()
    };
    let runtime = |kind: RuntimeKind| {
        let mut pass_env = pass_env.clone();
        pass_env.insert("AGENT_KIND".to_owned(), kind.to_string());
        let settings = ClaudeSettings {
            command: command.clone(),
            config_dir: wishes.real.as_ref().map(|_| home.join("claude")),
            pass_env,
            host: HostEnv::of_this_process(),
            agent_prompt: None,
        };
        (
            SlotId::main(kind),
            Arc::new(ClaudeRuntime::new(settings)) as _,
        )
    };
    // Nobody shows what can be seen of a run.
    let (live, _) = mpsc::unbounded_channel();
    Parts {
        gate: gate(store),
        outbox: Outbox::new(store.clone(), clock.clone()),
        chat,
        projects: Projects::new(vec![ProjectAgent {
            runtime: wishes.runtime,
            model: wishes.model.clone(),
            ..with_lists(home, &lists, (wishes.busy, wishes.guests), &[CHANNEL])
        }]),
        runtimes: Runtimes::new(wishes.runtimes.iter().copied().map(runtime)),
        host: RunnerHost::new(&home.join("data/run"), wishes.program.clone(), limits).unwrap(),
        forbidden: Vec::new(),
        channel_mode: ChannelMode {
            speakers: Speakers::Owners,
            history: 0,
            bystanders: Bystanders::LeftOut,
        },
        limits: wishes.limits,
        live,
        metrics: wishes.metrics.clone(),
        secrets: baton::observe::Secrets::default(),
        kept: baton::credentials::Watch::default(),
        stop: stop.clone(),
        store: store.clone(),
        clock: clock.clone(),
    }
}

/// The project `play` in a directory, where nobody is asked.
pub(crate) fn projects(home: &Path, denied_tools: &[String], channels: &[ChannelId]) -> Projects {
    let lists = ToolLists {
        denied: denied_tools.to_vec(),
        approvers: Approvers::Nobody,
        ..ToolLists::default()
    };
    let rest = (Busy::Queue, Guests::None);
    Projects::new(vec![with_lists(home, &lists, rest, channels)])
}

fn with_lists(
    home: &Path,
    lists: &ToolLists,
    (busy, guests): (Busy, Guests),
    channels: &[ChannelId],
) -> ProjectAgent {
    ProjectAgent {
        name: "play".into(),
        runtime: RuntimeKind::Claude,
        directory: home.to_owned(),
        channels: channels.to_vec(),
        model: None,
        caps: ProjectCaps::default(),
        busy,
        background: Vec::new(),
        guests,
        tools: ProjectTools::parse(lists).unwrap(),
        launcher: Vec::new(),
        bounds: AgentBounds::default(),
    }
}

pub(super) fn gate(store: &Store) -> Gate {
    let owners = Owners {
        user: Some(OWNER),
        role: None,
    };
    Gate::new(store.clone(), owners, Clock::system())
}
