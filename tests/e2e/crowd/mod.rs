//! Many people at once, far more than there are agents: an engine with a pretended agent, which writes
//! down what it is given, and a chat that writes down what it is told.

mod burst;
mod chat;
mod flood;
mod kill;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use baton::{
    admission::Caps,
    clock::{Clock, Millis},
    session::{Engine, Heard},
    store::{MembershipRow, ProjectRow, Store, Subject},
    words::{
        Addressed, ChannelId, GuildId, MessageId, Person, Place, RuntimeKind, Scope, Tier, UserId,
    },
};
use sqlx::{AssertSqlSafe, FromRow, SqlitePool, sqlite::SqliteConnectOptions};
use tokio_util::sync::CancellationToken;

use crate::{
    faults::{Wishes, parts, projects},
    stage::fake,
};
use chat::Paper;

/// An agent that writes down when it begins and ends a turn and what it was given, and works until
/// there is a file `go`.
const AGENT: &str = r#"
def note(what, text):
    book = os.open("book", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(book, (json.dumps([what, text]) + "\n").encode())
    os.close(book)

for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        note("begin", text(line))
        take(line)
        while not os.path.exists("go"):
            time.sleep(0.01)
        time.sleep(0.01)
        note("end", text(line))
        end(result=text(line))
"#;

/// Channels of the project.
const CHANNELS: [u64; 3] = [2, 3, 4];

/// What somebody says.
#[derive(Clone, Debug)]
struct Said {
    message: u64,
    person: u64,
    channel: u64,
    /// The message that its thread grows from; itself if it begins one.
    thread: u64,
}

impl Said {
    /// Words that nobody else says.
    fn text(&self) -> String {
        format!("<{} in {}>", self.message, self.thread)
    }

    fn heard(&self) -> Heard {
        let thread = (self.thread != self.message).then(|| ChannelId::new(self.thread));
        let channel = ChannelId::new(self.channel);
        Heard {
            message: MessageId::new(self.message),
            channel: thread.unwrap_or(channel),
            place: Place {
                guild: GuildId::new(9),
                channel,
                thread,
            },
            person: Person {
                id: UserId::new(self.person),
                name: format!("person {}", self.person),
                roles: Vec::new(),
            },
            text: self.text(),
            addressed: Addressed::ToBaton,
            replies_to: None,
            title: "what".into(),
        }
    }
}

/// How far a person's part of a burst goes.
const GREEDY: u64 = 4;
const PEOPLE: u64 = 20;
const THREADS: u64 = 40;
const IN_EACH: u64 = 5;

/// 200 messages of 20 people in 40 threads. Four of them come first and begin six threads each, the
/// others one each; then all speak in threads of all.
fn burst() -> Vec<Said> {
    let first = 1_000;
    let begins = (0..THREADS).map(|at| {
        let greedy = at < GREEDY * 6;
        let person = if greedy { at / 6 } else { at - GREEDY * 5 };
        let channel = CHANNELS[usize::try_from(at % 3).unwrap()];
        (first + at, 100 + person, channel)
    });
    let begins: Vec<_> = begins.collect();
    (0..IN_EACH)
        .flat_map(|round| {
            begins.iter().map(move |(thread, person, channel)| Said {
                message: thread + round * 100,
                person: 100 + (person + round * 7) % PEOPLE,
                channel: *channel,
                thread: *thread,
            })
        })
        .collect()
}

/// What the database tells of a run.
#[derive(Clone, Debug, FromRow)]
struct Turn {
    principal_id: i64,
    channel_id: i64,
    queued_at: i64,
    started_at: i64,
    ended_at: i64,
}

/// Where a crowd's state lies.
struct Ground<'a>(&'a Path);

impl Ground<'_> {
    /// A place for a crowd, where everybody is a member.
    async fn prepare(&self) -> Store {
        fake::write(self.0, AGENT);
        let store = Store::open(&self.0.join("data")).await.unwrap();
        let now = Clock::system().now();
        let mut tx = store.write().await.unwrap();
        let project = ProjectRow {
            name: "play".into(),
            directory: self.0.display().to_string(),
            runtime: RuntimeKind::Claude,
        };
        tx.note_project(&project, now).await.unwrap();
        for person in 100..200 {
            tx.set_membership(&member(person)).await.unwrap();
        }
        tx.commit().await.unwrap();
        store
    }

    /// What agents wrote down, in order: the begin or the end of a turn, and what was asked in it.
    fn book(&self) -> Vec<(String, String)> {
        let book = fs::read_to_string(self.0.join("book")).unwrap_or_default();
        book.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Lets the agents end their turns.
    fn go(&self) {
        fs::write(self.0.join("go"), "").unwrap();
    }

    fn paper(&self) -> PathBuf {
        self.0.join("paper")
    }

    /// Every turn that came to an end, in the order in which they began.
    async fn turns(&self) -> Vec<Turn> {
        let pool = self.database().await;
        let turns = sqlx::query_as(
            "SELECT principal_id, channel_id, queued_at, started_at, runs.ended_at
             FROM runs JOIN sessions ON sessions.id = session_id
             WHERE started_at IS NOT NULL AND runs.ended_at IS NOT NULL ORDER BY started_at",
        );
        let turns = turns.fetch_all(&pool).await.unwrap();
        pool.close().await;
        turns
    }

    /// A count out of the database.
    async fn count(&self, statement: &str) -> i64 {
        let pool = self.database().await;
        let statement = AssertSqlSafe(statement.to_owned());
        let count = sqlx::query_scalar(statement).fetch_one(&pool).await;
        pool.close().await;
        count.unwrap()
    }

    async fn database(&self) -> SqlitePool {
        let file = self.0.join("data/baton.db");
        let options = SqliteConnectOptions::new().filename(file);
        SqlitePool::connect_with(options).await.unwrap()
    }

    /// Everything that was said was answered, once, and in the order of its thread.
    async fn all_answered(&self, said: &[Said]) {
        let outcomes = "SELECT COUNT(*) FROM requests WHERE state = 'answered'";
        assert_eq!(
            self.count(outcomes).await,
            i64::try_from(said.len()).unwrap()
        );
        let asked: Vec<String> = self
            .book()
            .into_iter()
            .filter(|(what, _)| what == "begin")
            .map(|(_, text)| text)
            .collect();
        let answers = Paper::at(&self.paper()).answers();
        for texts in [&asked, &answers] {
            let mut threads: HashMap<u64, Vec<String>> = HashMap::new();
            for word in texts.iter().flat_map(|text| words_in(text)) {
                let thread = word.trim_end_matches('>').rsplit(' ').next().unwrap();
                threads
                    .entry(thread.parse().unwrap())
                    .or_default()
                    .push(word);
            }
            let mut wanted: HashMap<u64, Vec<String>> = HashMap::new();
            for one in said {
                wanted.entry(one.thread).or_default().push(one.text());
            }
            assert_eq!(threads, wanted);
        }
    }
}

/// The words of [`Said`] in a text.
fn words_in(text: &str) -> Vec<String> {
    let ends = text.split_inclusive('>');
    ends.filter_map(|part| Some(part[part.rfind('<')?..].to_owned()))
        .collect()
}

fn member(person: u64) -> MembershipRow {
    MembershipRow {
        subject: Subject::User(UserId::new(person)),
        scope: Scope::Global,
        tier: Tier::Member,
        granted_by: None,
        expires_at: None,
        granted_at: Millis::new(0),
    }
}

/// Bounds that have room for the burst.
fn wishes() -> Wishes {
    let mut wishes = Wishes::default();
    wishes.limits.caps = Caps {
        active: 6,
        queued: 40,
    };
    wishes.limits.person = Caps {
        active: 2,
        queued: 5,
    };
    wishes.limits.mailbox = 20;
    wishes.limits.live = 6;
    wishes.journal = 10_000_000;
    wishes
}

/// A server at work on a ground: an engine and its outbox.
struct Crew {
    engine: Arc<Engine>,
    stop: CancellationToken,
}

impl Crew {
    async fn start(home: &Path, wishes: &Wishes, store: &Store) -> Self {
        Self::start_at(home, wishes, store, Clock::system()).await
    }

    /// The same on another clock.
    async fn start_at(home: &Path, wishes: &Wishes, store: &Store, clock: Clock) -> Self {
        let stop = CancellationToken::new();
        let chat = Arc::new(Paper::at(&Ground(home).paper()));
        let shown = Arc::clone(&chat) as _;
        let mut parts = parts(home, wishes, store, shown, &clock, &stop);
        parts.projects = projects(home, &[], &CHANNELS.map(ChannelId::new));
        let outbox = Arc::clone(&parts.outbox);
        let engine = Engine::new(parts);
        tokio::spawn(outbox.run(chat, stop.clone()));
        engine.recover().await.unwrap();
        tokio::spawn(Arc::clone(&engine).keep());
        Self { engine, stop }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Whether nothing is left to be done.
async fn is_settled(store: &Store) -> bool {
    store.open_runs().await.unwrap().is_empty() && store.deliveries_waiting().await.unwrap() == 0
}
