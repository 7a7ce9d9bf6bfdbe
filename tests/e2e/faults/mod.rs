//! What goes wrong below the server: a runner that does not answer, a database that takes nothing, a
//! part that panics. An engine by itself, in the test's own process, with a pretended agent: so a
//! test can hurry the clock through what takes minutes otherwise.

mod database;
mod journal;
mod left_out;
mod obedient;
mod panic;
mod parts;
mod questions;
mod race;
mod roles;
mod runner;
mod runtimes;
mod settings;
mod silence;
mod steer;
mod talk;
mod time;
mod turn;
mod waits;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use baton::{
    access::{Action, Permit},
    clock::{Clock, Millis},
    session::{Engine, Heard},
    store::{ProjectRow, Store},
    words::{
        Addressed, ChannelId, GuildId, MessageId, Person, Place, RunId, RunState, RuntimeKind,
        UserId,
    },
};
use nix::{sys::signal::Signal, unistd::Pid};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::stage::{HeldClock, clear_away, fake, sql};

pub(crate) use parts::{Wishes, parts, projects};
use parts::{engine, gate};
use silence::Silence;
pub(crate) use time::wait;
use time::{a_moment, hurry, let_pass};

const OWNER: UserId = UserId::new(1);
const CHANNEL: ChannelId = ChannelId::new(2);

/// An agent that answers, or does what it is asked to: works until there is a file `go`, speaks
/// without being asked, talks much, asks people and writes down what it is told.
const AGENT: &str = r#"
import threading

def when_told():
    while not os.path.exists("go"):
        time.sleep(0.01)
    end(result="the end")

wanted = []

def may_i(*names, tool="Bash", **input):
    for name in names:
        wanted.append(name)
        call = {"type": "tool_use", "id": "call-" + name, "name": tool, "input": input}
        say(type="assistant", parent_tool_use_id=None, message={"id": name, "content": [call]})
        say(type="control_request", request_id=name, request={"subtype": "can_use_tool",
            "tool_name": tool, "input": input or {"command": "touch " + name},
            "tool_use_id": "call-" + name, "cwd": os.getcwd()})

def unreadable(command):
    kinds = ("hook_callback", "can_use_tool")
    wanted.extend(kinds)
    for kind in kinds:
        say(type="control_request", request_id=kind, request={"subtype": kind, "tool_name": "Bash",
            "input": {"tool_name": "Bash", "command": command}})

def told(line):
    with open("answers", "a") as file:
        file.write(json.dumps(line["response"]) + "\n")
    if line["response"]["request_id"] in wanted:
        wanted.remove(line["response"]["request_id"])
        if not wanted:
            end(result="the end")

def choose(*questions):
    may_i("q1", tool="AskUserQuestion", questions=[{"question": question, "header": "h",
        "multiSelect": False, "options": [{"label": label, "description": "d"}
        for label in ("red", "blue")]} for question in questions])

def chatter(bytes):
    for _ in range(bytes // 1000):
        say(type="chatter", text="x" * 1000)

for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "interrupt":
        for name in wanted:
            say(type="control_cancel_request", request_id=name)
        wanted.clear()
        end(is_error=True, terminal_reason="aborted_streaming")
    elif kind(line) == "user" and "for ever" in text(line):
        take(line)
        open("begun", "w").close()
        threading.Thread(target=when_told, daemon=True).start()
    elif kind(line) == "user" and "twice" in text(line):
        answer(line, "the first")
        end(result="an echo")
    elif kind(line) == "control_response":
        told(line)
    elif kind(line) == "user" and "may you" in text(line):
        take(line)
        may_i("q%d" % (1 + text(line).count("again")), command="touch q1")
    elif kind(line) == "user" and "both" in text(line):
        take(line)
        may_i("q1", "q2")
    elif kind(line) == "user" and "never mind" in text(line):
        take(line)
        may_i("q1")
        say(type="control_cancel_request", request_id="q1")
        end(result="the end")
    elif kind(line) == "user" and "by the way" in text(line):
        take(line)
    elif kind(line) == "user" and "write it" in text(line):
        take(line)
        may_i("q%d" % (1 + text(line).count("again")), tool="Write", file_path=os.path.join(os.getcwd(), "link"), content="words")
    elif kind(line) == "user" and "half a character" in text(line):
        take(line)
        unreadable("echo \ud800")
    elif kind(line) == "user" and "too deep" in text(line):
        take(line)
        unreadable(eval("[" * 150 + "]" * 150))
    elif kind(line) == "user" and "choose" in text(line):
        take(line)
        choose("Which?", "And then?")
    elif kind(line) == "user" and "plan" in text(line):
        take(line)
        may_i("q1", tool="ExitPlanMode", plan="1. do it")
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
    /// What the clock showed at first.
    began: Millis,
    stop: CancellationToken,
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
        fake::write(home.path(), wishes.script);
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
            began: clock.now(),
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
        sql(&self.home.path().join("data"), statement).await
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
        self.engine.health().await.unwrap().pulse.warm
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

/// The thread that grows from a message.
fn thread(message: u64) -> ChannelId {
    ChannelId::new(message)
}
