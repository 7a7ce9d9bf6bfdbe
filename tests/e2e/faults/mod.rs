//! What goes wrong below the server: a runner that does not answer, a database that takes nothing, a
//! part that panics. An engine by itself, in the test's own process, with a pretended agent: so a
//! test can hurry the clock through what takes minutes otherwise.

mod database;
mod journal;
mod panic;
mod race;
mod roles;
mod runner;
mod settings;
mod silence;
mod talk;
mod turn;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use baton::{
    access::{Action, Gate, Owners, Permit},
    admission::{Caps, PerMinute, ProjectCaps},
    approval::ToolPolicy,
    clock::Clock,
    delivery::{Chat, Outbox},
    runtime::{
        claude::{ClaudeRuntime, ClaudeSettings, HostEnv},
        runner::{RunnerHost, RunnerLimits},
    },
    session::{
        Bystanders, ChannelMode, Engine, Heard, Limits, Parts, ProjectAgent, Projects, Speakers,
    },
    store::{ProjectRow, Store},
    words::{
        Addressed, ChannelId, Guests, GuildId, MessageId, Person, Place, RunId, RunState,
        RuntimeKind, UserId,
    },
};
use nix::{sys::signal::Signal, unistd::Pid};
use sqlx::{AssertSqlSafe, SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::stage::{clear_away, fake};

use silence::Silence;

const OWNER: UserId = UserId::new(1);
const CHANNEL: ChannelId = ChannelId::new(2);

/// How long anything that is waited for may take, by the machine's clock.
const PATIENCE: Duration = Duration::from_mins(1);

/// Longer than any test.
const LONG: Duration = Duration::from_hours(1);

/// An agent that answers, or does what it is asked to: works until there is a file `go`, speaks
/// without being asked, talks much.
const AGENT: &str = r#"
import threading

def when_told():
    while not os.path.exists("go"):
        time.sleep(0.01)
    end(result="the end")

def chatter(bytes):
    for _ in range(bytes // 1000):
        say(type="chatter", text="x" * 1000)

for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "interrupt":
        end(is_error=True, terminal_reason="aborted_streaming")
    elif kind(line) == "user" and "for ever" in text(line):
        take(line)
        open("begun", "w").close()
        threading.Thread(target=when_told, daemon=True).start()
    elif kind(line) == "user" and "twice" in text(line):
        answer(line, "the first")
        end(result="an echo")
    elif kind(line) == "user" and "at length" in text(line):
        chatter(60_000)
        answer(line, "the answer")
    elif kind(line) == "user" and "endlessly" in text(line):
        take(line)
        chatter(10_000_000)
    elif kind(line) == "user":
        answer(line, "the answer")
"#;

/// What one test needs. Dropping it ends what it has started.
struct Bench {
    home: TempDir,
    wishes: Wishes,
    store: Store,
    engine: Arc<Engine>,
    chat: Arc<Silence>,
    clock: Clock,
    stop: CancellationToken,
}

/// What a test may want otherwise than usual.
pub(crate) struct Wishes {
    pub(crate) limits: Limits,
    /// The largest journal of a runner, in bytes.
    pub(crate) journal: u64,
    /// The program whose subcommand is a runner.
    program: PathBuf,
    /// The project's rules.
    allowed_tools: Vec<String>,
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
            },
            journal: 100_000,
            program: env!("CARGO_BIN_EXE_baton").into(),
            allowed_tools: Vec::new(),
        }
    }
}

impl Wishes {
    fn one_at_a_time() -> Self {
        let mut wishes = Self::default();
        wishes.limits.caps.active = 1;
        wishes
    }
}

impl Bench {
    async fn new() -> Self {
        Self::with(Wishes::default()).await
    }

    async fn with(wishes: Wishes) -> Self {
        let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
        let store = Store::open(&home.path().join("data")).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let project = ProjectRow {
            name: "play".into(),
            directory: home.path().display().to_string(),
            runtime: RuntimeKind::Claude,
        };
        tx.note_project(&project, Clock::system().now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        fake::write(home.path(), AGENT);
        let stop = CancellationToken::new();
        let chat = Arc::default();
        // For the ages of things, not for waiting.
        let clock = Clock::held_at(Clock::system().now());
        let engine = engine(home.path(), &wishes, &store, &chat, &clock, &stop);
        Self {
            home,
            wishes,
            store,
            engine,
            chat,
            clock,
            stop,
        }
    }

    /// Lets another server go on where this one stops.
    async fn restart(&mut self) {
        self.stop.cancel();
        self.stop = CancellationToken::new();
        self.engine = engine(
            self.home.path(),
            &self.wishes,
            &self.store,
            &self.chat,
            &self.clock,
            &self.stop,
        );
        self.engine.recover().await.unwrap();
    }

    /// The owner asks something in the channel.
    async fn ask(&self, message: u64, text: &str) -> RunId {
        self.ask_in(None, message, text).await
    }

    async fn ask_in(&self, thread: Option<ChannelId>, message: u64, text: &str) -> RunId {
        self.ask_as(owner(), thread, message, text).await
    }

    async fn ask_as(
        &self,
        person: Person,
        thread: Option<ChannelId>,
        message: u64,
        text: &str,
    ) -> RunId {
        self.engine
            .hear(heard(person, place(thread), message, text))
            .await
            .unwrap();
        let of = format!("SELECT hex(run_id) FROM requests WHERE message_id = {message}");
        RunId::from_uuid(self.sql(&of).await.parse().unwrap())
    }

    async fn cancel(&self, thread: ChannelId) -> Result<baton::session::Cancelled, String> {
        let cancelled = self.engine.cancel(&self.permit(thread).await).await;
        cancelled.map_err(|error| error.to_string())
    }

    async fn permit(&self, thread: ChannelId) -> Permit {
        let permit = gate(&self.store)
            .authorize(&owner(), place(Some(thread)), Action::Cancel)
            .await;
        permit.unwrap().unwrap()
    }

    /// Whether a run stands so.
    async fn is(&self, run: RunId, state: RunState) -> bool {
        let row = self.store.run(run).await;
        row.is_ok_and(|row| row.state == state)
    }

    /// Waits until a run stands so.
    async fn until(&self, run: RunId, state: RunState) {
        wait(&format!("the run is {state:?}"), async || {
            self.is(run, state).await
        })
        .await;
    }

    /// What the place was told at the end of a run: a sentence or an answer.
    async fn told(&self, run: RunId) -> String {
        let key = format!("outcome:{run}");
        let text = "COALESCE(json_extract(payload, '$.text'), json_extract(payload, '$.markdown'))";
        self.sql(&format!(
            "SELECT {text} FROM deliveries WHERE key = '{key}'"
        ))
        .await
    }

    /// Reads or changes the database behind the server's back.
    async fn sql(&self, statement: &str) -> String {
        let file = self.home.path().join("data/baton.db");
        let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file))
            .await
            .unwrap();
        let row: Option<String> = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
            .fetch_optional(&pool)
            .await
            .unwrap();
        pool.close().await;
        row.unwrap_or_default()
    }

    /// Waits until the agent works for ever, and the server knows that every agent has begun.
    async fn until_begun(&self) {
        let others = "SELECT hex(id) FROM sessions WHERE NOT agent_acknowledged";
        wait("the agent has begun", async || {
            self.home.path().join("begun").exists() && self.sql(others).await.is_empty()
        })
        .await;
    }

    /// How many agents are kept.
    async fn warm(&self) -> usize {
        self.engine.health().await.unwrap().warm
    }

    /// The words of a run's states, in their order.
    async fn states(&self, run: RunId) -> Vec<String> {
        let events = self.store.run_events(run).await.unwrap();
        let kinds = events.into_iter().map(|(kind, _)| kind);
        kinds
            .filter(|kind| kind.parse::<RunState>().is_ok())
            .collect()
    }

    /// What lies in the directory of the runners.
    fn lying_around(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home.path().join("data/run")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Everything that stands in the journals of the runners.
    fn journal(&self) -> String {
        let journals = self.lying_around().into_iter();
        journals
            .filter_map(|path| fs::read_to_string(path.join("journal")).ok())
            .collect()
    }

    /// The processes of the runners that live.
    fn runners(&self) -> Vec<u32> {
        self.lying_around()
            .into_iter()
            .filter_map(|path| fs::read_to_string(path.join("alive.lock")).ok())
            .filter_map(|pid| pid.parse().ok())
            .filter(|pid: &u32| Path::new(&format!("/proc/{pid}")).exists())
            .collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
        clear_away(&self.home.path().join("data"));
    }
}

fn engine(
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
    // Nobody shows what can be seen of a run.
    let (live, _) = mpsc::unbounded_channel();
    Parts {
        gate: gate(store),
        outbox: Outbox::new(store.clone(), clock.clone()),
        chat,
        projects: projects(home, &wishes.allowed_tools, &[CHANNEL]),
        runtime: Arc::new(ClaudeRuntime::new(ClaudeSettings {
            command: home.join("agent"),
            config_dir: None,
            pass_env: BTreeMap::new(),
            host: HostEnv::of_this_process(),
            agent_prompt: None,
        })),
        host: RunnerHost::new(&home.join("data/run"), wishes.program.clone(), limits).unwrap(),
        forbidden: Vec::new(),
        channel_mode: ChannelMode {
            speakers: Speakers::Owners,
            history: 0,
            bystanders: Bystanders::LeftOut,
        },
        limits: wishes.limits,
        live,
        stop: stop.clone(),
        store: store.clone(),
        clock: clock.clone(),
    }
}

/// The project `play` in a directory.
pub(crate) fn projects(home: &Path, allowed_tools: &[String], channels: &[ChannelId]) -> Projects {
    Projects::new(vec![ProjectAgent {
        name: "play".into(),
        directory: home.to_owned(),
        channels: channels.to_vec(),
        model: None,
        caps: ProjectCaps::default(),
        guests: Guests::None,
        allowed_tools: allowed_tools.to_vec(),
        policy: ToolPolicy::parse(allowed_tools).unwrap(),
    }])
}

fn gate(store: &Store) -> Gate {
    let owners = Owners {
        user: Some(OWNER),
        role: None,
    };
    Gate::new(store.clone(), owners, Clock::system())
}

fn owner() -> Person {
    Person {
        id: OWNER,
        name: "owner".into(),
        roles: Vec::new(),
    }
}

/// A message that speaks to Baton.
fn heard(person: Person, place: Place, message: u64, text: &str) -> Heard {
    Heard {
        message: MessageId::new(message),
        channel: place.post_channel(),
        place,
        person,
        text: text.into(),
        addressed: Addressed::ToBaton,
        replies_to: None,
        title: "what".into(),
    }
}

fn place(thread: Option<ChannelId>) -> Place {
    Place {
        guild: GuildId::new(3),
        channel: CHANNEL,
        thread,
    }
}

fn signal(pid: u32, signal: Signal) {
    nix::sys::signal::kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
}

/// Stops a process as a frozen machine or a debugger would.
fn stop(pid: u32) {
    signal(pid, Signal::SIGSTOP);
}

/// Kills a process.
fn kill(pid: u32) {
    signal(pid, Signal::SIGKILL);
}

/// Waits for what nothing announces.
pub(crate) async fn wait(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        a_moment().await;
    }
}

/// The same, while the clock of the engine runs two hundred times as fast.
async fn hurry(what: &str, holds: impl AsyncFn() -> bool) {
    let clock = HurriedClock::new();
    wait(what, async || {
        tokio::time::advance(Duration::from_secs(1)).await;
        holds().await
    })
    .await;
    drop(clock);
}

/// A moment by nobody's clock but the machine's.
async fn a_moment() {
    let pause = || std::thread::sleep(Duration::from_millis(5));
    tokio::task::spawn_blocking(pause).await.unwrap();
}

/// Stops the clock, which goes on when this is dropped.
struct HurriedClock {
    _end: std::sync::mpsc::Sender<()>,
}

impl HurriedClock {
    fn new() -> Self {
        tokio::time::pause();
        // A stopped clock jumps to the next timer whenever nobody has anything to do, unless
        // something is done on a thread of its own.
        let (end, ended) = std::sync::mpsc::channel();
        tokio::task::spawn_blocking(move || ended.recv());
        Self { _end: end }
    }
}

impl Drop for HurriedClock {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}

/// The thread that grows from a message.
fn thread(message: u64) -> ChannelId {
    ChannelId::new(message)
}
