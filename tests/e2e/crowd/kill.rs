//! `kill -9` of the whole server a hundred times while a burst comes in over Discord and is worked on.

use std::{collections::HashMap, time::Duration};

use baton::words::{Scope, Tier};
use discord_sim::{ChannelId, MessageView, WorldView};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use crate::stage::{Settings, Stage, thread_of, until};

/// How often it is killed in the middle of something.
const KILLS: usize = 100;

/// 280 messages of 20 people in 40 threads: so many that much is to be done at most deaths.
const PEOPLE: usize = 20;
const THREADS: usize = 40;
const IN_EACH: usize = 7;

/// How much is said before a server is killed.
const AT_ONCE: usize = 2;

/// How long a server may do nothing that Discord hears of.
const IDLE: Duration = Duration::from_millis(500);

/// How long the last server may take for all that the others left: much, on a busy machine.
const AT_LAST: Duration = Duration::from_mins(3);

/// An agent that says again each word that it was given, a line each; the very first one not before all servers
/// but the last have died, so that each of them dies in the middle of something.
const AGENT: &str = r#"
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        words = [said for said in text(line).splitlines() if said.startswith("word ")]
        book = os.open(os.path.join(os.environ["HOME"], "book"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(book, "".join(word + "\n" for word in words).encode())
        os.close(book)
        take(line)
        while "word 0.0" in words and not os.path.exists(os.path.join(os.environ["HOME"], "the end")):
            time.sleep(0.02)
        time.sleep(0.02)
        end(result="\n".join(words))
"#;

const ROOM_FOR_ALL: &str = "
[admission]
max_queued = 60
person_max_queued = 10
";

/// Numbers without an order, always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn person(n: usize) -> String {
    format!("person{n}")
}

/// What is said as the `round`th thing in a thread; nobody says it elsewhere.
fn word(thread: usize, round: usize) -> String {
    format!("word {thread}.{round}")
}

/// A burst that goes on whether a server listens or not.
struct Burst {
    /// The threads that were begun, and how much was said in each.
    threads: Vec<(ChannelId, usize)>,
}

impl Burst {
    /// Somebody says the next thing: 40 threads are begun, then all speak in threads of all. A thread
    /// that Baton could not open yet has to wait. Says whether anything was said.
    async fn goes_on(&mut self, stage: &Stage) -> bool {
        let begun = self.threads.len();
        if begun < THREADS {
            let who = stage.sim.user(&person(begun % PEOPLE));
            let said = who.says(format!("@bot {}", word(begun, 0)));
            let said = said.in_(stage.channel()).await;
            self.threads.push((thread_of(said), 1));
            return true;
        }
        let open = stage.sim.threads(stage.channel());
        let next = self
            .threads
            .iter_mut()
            .enumerate()
            .filter(|(_, thread)| thread.1 < IN_EACH && open.contains(&thread.0));
        let Some((at, (thread, round))) = next.min_by_key(|(_, thread)| thread.1) else {
            return false;
        };
        let who = stage.sim.user(&person((at + 7 * *round) % PEOPLE));
        let _ = who.says(word(at, *round)).in_(*thread).await;
        *round += 1;
        true
    }

    fn is_over(&self) -> bool {
        self.threads.len() == THREADS && self.threads.iter().all(|(_, said)| *said == IN_EACH)
    }
}

/// Waits until so much more was said between Baton and Discord, or nothing is for a while.
async fn so_much_happens(stage: &Stage, entries: usize) {
    let wanted = stage.sim.journal().len() + entries;
    let happens = stage.sim.wait_for(|world| world.journal().len() >= wanted);
    // It may have nothing to do; then it is killed while it has not.
    let _ = tokio::time::timeout(IDLE, happens).await;
}

/// Lets the next server introduce itself at once: how long a server that crashes all the time has to
/// wait is shown elsewhere, and would take days here.
async fn forget_the_crashes(stage: &Stage) {
    let options = SqliteConnectOptions::new().filename(stage.data().join("baton.db"));
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("DELETE FROM identifies")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

/// The words in a text, a line each.
fn words_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with("word "))
}

/// What was answered in a thread, in the order in which it was posted.
fn answered(messages: &[MessageView]) -> Vec<String> {
    let answers = messages
        .iter()
        .filter(|message| message.author == "bot" && message.content.contains(" tokens · "));
    answers
        .flat_map(|answer| {
            words_in(&answer.content)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// What the agents were asked.
fn book(stage: &Stage) -> String {
    std::fs::read_to_string(stage.home().join("book")).unwrap_or_default()
}

async fn book_has(stage: &Stage, word: &str) {
    until("an agent is asked", || book(stage).contains(word)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_a_hundred_times_in_a_burst_loses_nothing_and_does_nothing_twice() {
    let mut stage = Stage::dark(Settings {
        fake: Some(AGENT.to_owned()),
        more: ROOM_FOR_ALL.to_owned(),
        ..Settings::default()
    })
    .await;
    for n in 0..PEOPLE {
        stage.grant(&person(n), Scope::Global, Tier::Member).await;
    }
    // What was written before the first start is not answered.
    stage.start().await;
    let mut burst = Burst {
        threads: Vec::new(),
    };
    burst.goes_on(&stage).await;
    book_has(&stage, &word(0, 0)).await;
    let mut chance = Chance(0x5eed);
    for _ in 0..KILLS {
        for _ in 0..AT_ONCE {
            burst.goes_on(&stage).await;
        }
        so_much_happens(&stage, chance.below(40)).await;
        stage.kill().await;
        forget_the_crashes(&stage).await;
        // One in five dies on its way up.
        stage.start_unconnected();
        if chance.below(5) > 0 {
            // It may be reading back what it has missed.
            stage.sim.wait_until_connected().await;
        }
    }
    std::fs::write(stage.home().join("the end"), "").unwrap();
    while !burst.is_over() {
        if !burst.goes_on(&stage).await {
            so_much_happens(&stage, 1).await;
        }
    }
    for at in 0..THREADS {
        let (thread, last) = (burst.threads[at].0, word(at, IN_EACH - 1));
        let comes = |world: WorldView<'_>| answered(&world.messages(thread)).contains(&last);
        let came = stage.sim.wait_within(AT_LAST, comes).await;
        assert!(came.is_some(), "{}", stage.sim.transcript(thread));
    }
    stage.until_settled().await;

    let book = book(&stage);
    let mut asked: HashMap<&str, usize> = HashMap::new();
    for word in words_in(&book) {
        *asked.entry(word).or_default() += 1;
    }
    assert_eq!(asked.len(), THREADS * IN_EACH);
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    for (at, (thread, _)) in burst.threads.iter().enumerate() {
        let wanted: Vec<String> = (0..IN_EACH).map(|round| word(at, round)).collect();
        assert_eq!(
            answered(&stage.sim.messages(*thread)),
            wanted,
            "{}",
            stage.sim.transcript(*thread)
        );
    }
}
