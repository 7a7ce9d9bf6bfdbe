//! People who ask while something goes wrong, and what has to have become of each question.

use std::time::Duration;

use baton::words::MessageId;
use discord_sim::{ChannelId, MessageRef};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use crate::stage::{Stage, thread_of, until};

/// How long the answers may take once the fault is over: requests that hang are given up after half a
/// minute, and what became of a message that way is found out by another one.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);

/// An agent that answers each question by its number; slowly, if it is asked to: when there is a file
/// `go`.
pub(super) const AGENT: &str = r#"
import re

for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        number = re.findall(r"question (\d+)", text(line))[-1]
        take(line)
        if "slowly" in text(line):
            open("begun", "w").close()
            while not os.path.exists("go"):
                time.sleep(0.02)
        end(result=f"answer {number}.")
"#;

/// What was asked.
pub(super) struct People {
    /// The messages, and where the answers have to come.
    asked: Vec<(MessageRef, ChannelId)>,
}

impl People {
    /// Asks something that is answered, and something that is still worked at.
    pub(super) async fn at_work(stage: &Stage) -> Self {
        let mut people = Self { asked: Vec::new() };
        people.ask(stage, None, "").await;
        let (_, thread) = people.asked[0];
        stage.answer(thread, "answer 1.").await;
        stage.until_settled().await;
        people.ask(stage, None, ", slowly").await;
        let begun = stage.project().join("begun");
        until("the agent is at work", || begun.exists()).await;
        people
    }

    /// Asks in a conversation and begins one, and has the slow one come to its end.
    pub(super) async fn ask_meanwhile(&mut self, stage: &Stage) {
        let (_, thread) = self.asked[0];
        self.ask(stage, Some(thread), "").await;
        self.ask(stage, None, "").await;
        std::fs::write(stage.project().join("go"), "").unwrap();
    }

    /// Begins another conversation.
    pub(super) async fn ask_afterwards(&mut self, stage: &Stage) {
        self.ask(stage, None, "").await;
    }

    async fn ask(&mut self, stage: &Stage, thread: Option<ChannelId>, how: &str) {
        let number = self.asked.len() + 1;
        let ann = stage.sim.user("ann");
        let text = format!("question {number}{how}");
        let said = match thread {
            Some(thread) => ann.says(text).in_(thread),
            None => ann.says(format!("@bot {text}")).in_(stage.channel()),
        };
        let said = said.await;
        self.asked
            .push((said, thread.unwrap_or_else(|| thread_of(said))));
    }

    /// Waits until everything that was asked is answered.
    pub(super) async fn until_answered(&self, stage: &Stage) -> Result<(), String> {
        for (at, (_, thread)) in self.asked.iter().enumerate() {
            let answer = answer(at);
            let is_there = stage.sim.wait_within(PATIENCE, |world| {
                let messages = world.messages(*thread);
                messages.iter().any(|one| one.content.starts_with(&answer))
            });
            if is_there.await.is_none() {
                return Err(format!(
                    "no {answer:?} after {PATIENCE:?}\n{}\n--- Baton's log\n{}",
                    stage.sim.transcript(stage.channel()),
                    stage.log()
                ));
            }
        }
        Ok(())
    }

    /// Each question was accepted once and has one outcome, which Discord has; in the threads there
    /// is one answer to each, and nothing else of Baton's.
    pub(super) async fn check(&self, stage: &Stage) -> Result<(), String> {
        let file = stage.data().join("baton.db");
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        for (at, (message, _)) in self.asked.iter().enumerate() {
            let outcomes = outcomes(&pool, MessageId::new(message.id.get())).await;
            if outcomes != ["answered, sent"] {
                return Err(format!("the outcomes of question {}: {outcomes:?}", at + 1));
            }
        }
        let all: u32 = sqlx::query_scalar("SELECT COUNT(*) FROM requests")
            .fetch_one(&pool)
            .await
            .unwrap();
        pool.close().await;
        if all as usize != self.asked.len() {
            return Err(format!("{all} requests of {} questions", self.asked.len()));
        }
        self.check_threads(stage)
    }

    fn check_threads(&self, stage: &Stage) -> Result<(), String> {
        let threads = stage.sim.threads(stage.channel());
        for thread in &threads {
            let asked = self.asked.iter().enumerate();
            let wanted: Vec<String> = asked
                .filter(|(_, (_, place))| place == thread)
                .map(|(at, _)| answer(at))
                .collect();
            let said: Vec<String> = stage
                .sim
                .messages(*thread)
                .into_iter()
                .filter(|message| message.author == "bot")
                .map(|message| {
                    message
                        .content
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                })
                .collect();
            if said != wanted {
                return Err(format!("{said:?} stands where {wanted:?} should"));
            }
        }
        Ok(())
    }
}

/// What a message became: the state of each request, with those of its outcomes.
async fn outcomes(pool: &SqlitePool, message: MessageId) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT state || ', ' || COALESCE((
             SELECT group_concat(deliveries.state) FROM deliveries
             WHERE deliveries.run_id = requests.run_id AND key LIKE 'outcome:%'), 'untold')
         FROM requests WHERE message_id = ?",
    )
    .bind(i64::try_from(message.get()).unwrap())
    .fetch_all(pool)
    .await
    .unwrap()
}

/// How the answer to the question at this place in the list begins.
fn answer(at: usize) -> String {
    format!("answer {}.", at + 1)
}
