//! How long it takes until a message that was heard is stored for good, and how many a second.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking and prints its figures"
)]

mod figures;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use baton::{
    access::{Gate, Owners},
    admission::{Caps, PerMinute, ProjectCaps},
    approval::ProjectTools,
    clock::Clock,
    delivery::{Answer, Audience, Chat, ChatError, Outbox, Post, Question, Seen, Shape, Standing},
    runtime::{
        HostEnv, Runtimes,
        claude::{ClaudeRuntime, ClaudeSettings},
        runner::{RunnerHost, RunnerLimits},
    },
    session::{
        AgentBounds, Bystanders, ChannelMode, Engine, Heard, Limits, Parts, ProjectAgent, Projects,
        Speakers,
    },
    store::{ProjectRow, Store},
    words::{
        Addressed, Busy, ChannelId, Guests, GuildId, MessageId, Person, Place, RuntimeKind, SlotId,
        UserId,
    },
};
use figures::{HEAD, Samples};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const OWNER: UserId = UserId::new(1);
const CHANNEL: ChannelId = ChannelId::new(2);
const SESSIONS: u64 = 50;
const MESSAGES: u64 = 2_000;
const AT_ONCE: u64 = 16;
const IN_EACH: u64 = 100;

/// Nothing is delivered here.
struct Silence;

#[async_trait]
impl Chat for Silence {
    fn lay_out(&self, _: &Answer) -> Vec<Post> {
        Vec::new()
    }

    async fn post(&self, _: ChannelId, _: Post, _: &str) -> Result<MessageId, ChatError> {
        Err(nobody())
    }

    async fn edit(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        Err(nobody())
    }

    async fn delete(&self, _: ChannelId, _: MessageId) -> Result<(), ChatError> {
        Err(nobody())
    }

    async fn react(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        Err(nobody())
    }

    async fn start_thread(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        Err(nobody())
    }

    async fn typing(&self, _: ChannelId) -> Result<(), ChatError> {
        Err(nobody())
    }

    async fn after(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        Err(nobody())
    }

    async fn standing(&self, _: UserId) -> Result<Standing, ChatError> {
        Err(nobody())
    }

    async fn before(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        Err(nobody())
    }
    fn lay_out_question(&self, _: &Question, _: Shape) -> Post {
        Post::default()
    }

    async fn audience(&self, _: ChannelId) -> Result<Audience, ChatError> {
        Err(nobody())
    }

    async fn direct(&self, _: UserId) -> Result<ChannelId, ChatError> {
        Err(nobody())
    }

    async fn close(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        Err(nobody())
    }
}

fn nobody() -> ChatError {
    ChatError::NotSent("nobody is there".into())
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let home = tempfile::tempdir().unwrap();
        let engine = engine(home.path()).await;
        // The first message of each session queues its run, for which there is no slot.
        for n in 0..SESSIONS {
            engine.hear(heard(n, None)).await.unwrap();
        }
        println!("{HEAD}");
        let mut accepted = Samples::default();
        for n in 0..MESSAGES {
            let began = Instant::now();
            engine
                .hear(heard(1_000 + n, Some(n % SESSIONS)))
                .await
                .unwrap();
            accepted.add(began.elapsed());
        }
        println!(
            "{}",
            accepted.row("accept: heard → committed, one at a time")
        );
        let (a_second, each) = together(&engine).await;
        println!("{}", each.row("accept: the same in a burst"));
        grow().await;
        println!("\n{a_second:.0} messages a second, {AT_ONCE} at a time");
    });
}

/// What accepting costs when there are so many conversations, each with a run that waits.
async fn grow() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path()).await;
    let mut sessions = 0;
    for wanted in [10, 100, 1_000, 10_000] {
        for n in sessions..wanted {
            engine.hear(heard(n, None)).await.unwrap();
        }
        sessions = wanted;
        let mut known = Samples::default();
        let mut new = Samples::default();
        for n in 0..IN_EACH {
            let message = 1_000_000 + wanted * 1_000 + n;
            let began = Instant::now();
            engine.hear(heard(message, Some(n % wanted))).await.unwrap();
            known.add(began.elapsed());
            let began = Instant::now();
            engine.hear(heard(message + IN_EACH, None)).await.unwrap();
            new.add(began.elapsed());
        }
        println!(
            "{}",
            known.row(&format!("accept into one of {wanted} sessions"))
        );
        println!("{}", new.row(&format!("a new session beside {wanted}")));
    }
}

/// Messages a second, and how long each took.
async fn together(engine: &Arc<Engine>) -> (f64, Samples) {
    let began = Instant::now();
    let tasks = (0..AT_ONCE).map(|task| {
        let engine = Arc::clone(engine);
        tokio::spawn(async move {
            let mut took = Vec::new();
            for n in 0..MESSAGES / AT_ONCE {
                let message = 1_000_000 + task * MESSAGES + n;
                let began = Instant::now();
                engine
                    .hear(heard(message, Some(n % SESSIONS)))
                    .await
                    .unwrap();
                took.push(began.elapsed());
            }
            took
        })
    });
    let mut each = Samples::default();
    for task in futures::future::join_all(tasks).await {
        for span in task.unwrap() {
            each.add(span);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let messages = MESSAGES as f64;
    (messages / began.elapsed().as_secs_f64(), each)
}

/// A message; in the thread of an earlier one, or a mention in the channel.
fn heard(n: u64, thread: Option<u64>) -> Heard {
    let thread = thread.map(|of| ChannelId::new(10_000 + of));
    Heard {
        message: MessageId::new(10_000 + n),
        channel: thread.unwrap_or(CHANNEL),
        place: Place {
            guild: GuildId::new(3),
            channel: CHANNEL,
            thread,
        },
        person: Person {
            id: OWNER,
            name: "owner".into(),
            roles: Vec::new(),
        },
        text: "Please look why the build of the docs fails since yesterday.".into(),
        addressed: Addressed::ToBaton,
        replies_to: None,
        title: "Please look".into(),
    }
}

async fn engine(home: &std::path::Path) -> Arc<Engine> {
    let clock = Clock::system();
    let store = Store::open(&home.join("data")).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let project = ProjectRow {
        name: "bench".into(),
        directory: home.display().to_string(),
        runtime: RuntimeKind::Claude,
    };
    tx.note_project(&project, clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let (live, _) = mpsc::unbounded_channel();
    let long = Duration::from_hours(1);
    Engine::new(Parts {
        gate: Gate::new(
            store.clone(),
            Owners {
                user: Some(OWNER),
                role: None,
            },
            clock.clone(),
        ),
        outbox: Outbox::new(store.clone(), clock.clone()),
        chat: Arc::new(Silence),
        projects: Projects::new(vec![ProjectAgent {
            name: "bench".into(),
            runtime: RuntimeKind::Claude,
            directory: home.to_owned(),
            channels: vec![CHANNEL],
            model: None,
            caps: ProjectCaps::default(),
            busy: Busy::Queue,
            background: Vec::new(),
            guests: Guests::None,
            tools: ProjectTools::default(),
            launcher: Vec::new(),
            bounds: AgentBounds::default(),
        }]),
        runtimes: Runtimes::new([(
            SlotId::main(RuntimeKind::Claude),
            Arc::new(ClaudeRuntime::new(ClaudeSettings {
                command: "claude".into(),
                config_dir: None,
                pass_env: std::collections::BTreeMap::new(),
                host: HostEnv::of_this_process(),
                agent_prompt: None,
            })) as _,
        )]),
        host: RunnerHost::new(&home.join("run"), "baton".into(), RunnerLimits::default()).unwrap(),
        forbidden: Vec::new(),
        limits: Limits {
            caps: Caps {
                active: 0,
                queued: 1_000_000,
            },
            person: Caps {
                active: 1,
                queued: 1_000_000,
            },
            requests: PerMinute::MAX,
            prompt: 100_000,
            mailbox: 1_000_000,
            expiry: long,
            idle: long,
            live: 1,
            turn: long,
            start: long,
            question: long,
            failover: false,
        },
        channel_mode: ChannelMode {
            speakers: Speakers::Owners,
            history: 10,
            bystanders: Bystanders::LeftOut,
        },
        live,
        metrics: baton::observe::Metrics::default(),
        secrets: baton::observe::Secrets::default(),
        kept: baton::credentials::Watch::default(),
        stop: CancellationToken::new(),
        store,
        clock,
    })
}
