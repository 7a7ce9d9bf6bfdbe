//! People who ask while something goes wrong, and what has to have become of each question.

use std::{collections::HashSet, time::Duration};

use baton::words::MessageId;
use discord_sim::{ChannelId, MessageRef, MessageView, WorldView};
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::{
    fault::Words,
    uses::{self, Uses},
};
use crate::stage::{Stage, thread_of, until};

/// How long the answers may take once the fault is over: requests that hang are given up after half a
/// minute, and what became of a message that way is found out by another one.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);

/// How often somebody presses a button who is not answered, and how long he waits for what comes of it.
const TRIES: u32 = 15;
const SOON: Duration = Duration::from_secs(10);

/// How long chance has to strike what was asked.
const MOMENT: Duration = Duration::from_secs(1);

/// An agent that answers each question by its number; slowly, if it is asked to: when there is a file
/// `go`; or when it was told whether it may do something.
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
        if "permission" in text(line):
            say(type="control_request", request_id="may-i", request={"subtype": "can_use_tool",
                "tool_name": "Bash", "input": {"command": "touch it"}, "tool_use_id": "call",
                "cwd": os.getcwd()})
            continue
        end(result=f"answer {number}.")
    elif kind(line) == "control_response":
        with open("told", "a") as file:
            file.write(line["response"]["response"]["behavior"] + "\n")
        end(result=f"answer {number}.")
"#;

/// How a line begins that says of a question that it was asked elsewhere.
const POINTER: &str = "🔐";

/// What was asked.
pub(super) struct People {
    /// The messages, and where the answers have to come.
    asked: Vec<(MessageRef, ChannelId)>,
    /// The question that an agent has asked.
    question: MessageView,
    uses: Uses,
}

impl People {
    /// Asks something that is answered, something that is still worked at, and something for which the agent
    /// wants a permission.
    pub(super) async fn at_work(stage: &Stage) -> Self {
        stage.until_commands().await;
        let mut asked = vec![ask(stage, 1, None, "").await];
        stage.answer(asked[0].1, "answer 1.").await;
        stage.until_settled().await;
        asked.push(ask(stage, 2, None, ", slowly").await);
        let begun = stage.project().join("begun");
        until("the agent is at work", || begun.exists()).await;
        asked.push(ask(stage, 3, None, " that needs a permission").await);
        Self {
            asked,
            question: uses::question(stage).await,
            uses: Uses::default(),
        }
    }

    /// Asks in a conversation and begins one, uses a command and a button, and has the slow one come to its end.
    pub(super) async fn ask_meanwhile(&mut self, stage: &Stage) {
        let (_, thread) = self.asked[0];
        self.ask(stage, Some(thread)).await;
        self.ask(stage, None).await;
        self.uses.command(stage).await;
        self.uses.press(stage, &self.question).await;
        std::fs::write(stage.project().join("go"), "").unwrap();
    }

    /// Begins conversations, a few at most, until this is so: what strikes by chance may have met nobody.
    pub(super) async fn ask_until(
        &mut self,
        stage: &Stage,
        is_so: impl Fn(WorldView<'_>) -> bool + Copy,
    ) {
        for _ in 0..TRIES {
            if stage.sim.wait_within(MOMENT, is_so).await.is_some() {
                return;
            }
            self.ask(stage, None).await;
        }
    }

    /// Begins another conversation, and when all is as usual uses the command again, and the button, if that was
    /// in vain.
    pub(super) async fn ask_afterwards(&mut self, stage: &Stage) -> Result<(), String> {
        self.ask(stage, None).await;
        self.until_answered_in(stage, self.asked.len() - 1).await?;
        // What is used while nobody listens comes too late.
        let is_there = stage
            .sim
            .wait_within(PATIENCE, |world| world.connected_sessions() > 0);
        is_there.await.ok_or("no connection")?;
        self.uses.command(stage).await;
        self.until_decided(stage).await
    }

    /// The owner presses the button until it has gone: whoever is not answered presses again.
    async fn until_decided(&mut self, stage: &Stage) -> Result<(), String> {
        for _ in 0..TRIES {
            self.uses.press(stage, &self.question).await;
            let closed = stage.sim.wait_within(SOON, |world| {
                let shown = world.message(self.question.at());
                shown.is_none_or(|shown| shown.components.is_empty())
            });
            if closed.await.is_some() {
                return Ok(());
            }
        }
        Err(format!("nobody could decide\n{}", stage.log()))
    }

    async fn ask(&mut self, stage: &Stage, thread: Option<ChannelId>) {
        let number = self.asked.len() + 1;
        self.asked.push(ask(stage, number, thread, "").await);
    }

    /// Waits until everything that was asked is answered, and whoever used something is told.
    pub(super) async fn until_answered(&self, stage: &Stage, words: Words) -> Result<(), String> {
        match words {
            Words::Arrive => {
                for at in 0..self.asked.len() {
                    self.until_answered_in(stage, at).await?;
                }
            }
            // Whether one was refused, the database says when all is settled.
            Words::MayBeRefused => stage.until_settled().await,
        }
        self.uses.until_told(stage).await
    }

    async fn until_answered_in(&self, stage: &Stage, at: usize) -> Result<(), String> {
        let ((_, thread), answer) = (self.asked[at], answer(at));
        let is_there = stage.sim.wait_within(PATIENCE, |world| {
            let messages = world.messages(thread);
            messages.iter().any(|one| one.content.starts_with(&answer))
        });
        if is_there.await.is_some() {
            return Ok(());
        }
        Err(format!(
            "no {answer:?} after {PATIENCE:?}\n{}\n--- Baton's log\n{}",
            stage.sim.transcript(stage.channel()),
            stage.log()
        ))
    }

    /// Each question was accepted once and has one outcome, which Discord has, or has refused: then operators are told;
    /// in the threads there is one answer to each that was not refused, and nothing else of Baton's; nothing stands
    /// anywhere twice.
    pub(super) async fn check(&self, stage: &Stage, words: Words) -> Result<(), String> {
        let file = stage.data().join("baton.db");
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let mut refused = Vec::new();
        for (at, (message, _)) in self.asked.iter().enumerate() {
            let outcomes = outcomes(&pool, MessageId::new(message.id.get())).await;
            match outcomes.join("; ").as_str() {
                "answered, sent" => {}
                "answered, refused" if words == Words::MayBeRefused => refused.push(at),
                _ => return Err(format!("the outcomes of question {}: {outcomes:?}", at + 1)),
            }
        }
        let alerts: u32 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM alerts WHERE kind = 'delivery_refused' AND text LIKE '%(answer)%'",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        let all: u32 = sqlx::query_scalar("SELECT COUNT(*) FROM requests")
            .fetch_one(&pool)
            .await
            .unwrap();
        let of_uses = self.uses.check(stage, &pool).await;
        pool.close().await;
        of_uses?;
        if all as usize != self.asked.len() {
            return Err(format!("{all} requests of {} questions", self.asked.len()));
        }
        if alerts as usize != refused.len() {
            return Err(format!("{alerts} alerts of {refused:?}"));
        }
        check_nonces(stage)?;
        self.check_threads(stage, &refused)
    }

    fn check_threads(&self, stage: &Stage, refused: &[usize]) -> Result<(), String> {
        let threads = stage.sim.threads(stage.channel());
        for thread in &threads {
            let asked = self.asked.iter().enumerate();
            let wanted: Vec<String> = asked
                .filter(|(at, (_, place))| place == thread && !refused.contains(at))
                .map(|(at, _)| answer(at))
                .collect();
            let said: Vec<String> = stage
                .sim
                .messages(*thread)
                .into_iter()
                .filter(|message| message.author == "bot" && !message.content.starts_with(POINTER))
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

/// Nothing that the bot says stands anywhere twice: what belongs to one part of one delivery has the same nonce, but for
/// its last letter, which tells a repetition after the channel was read back.
fn check_nonces(stage: &Stage) -> Result<(), String> {
    let mut places = stage.sim.threads(stage.channel());
    places.extend([stage.channel(), stage.sim.user("owner").direct_channel()]);
    let mut said = HashSet::new();
    for message in places.into_iter().flat_map(|at| stage.sim.messages(at)) {
        let Some(nonce) = message.nonce.filter(|_| message.author == "bot") else {
            continue;
        };
        let mut part = nonce;
        part.pop();
        if !said.insert(part) {
            return Err(format!("{:?} stands twice", message.content));
        }
    }
    Ok(())
}

/// Asks something; where its answer has to come.
async fn ask(
    stage: &Stage,
    number: usize,
    thread: Option<ChannelId>,
    how: &str,
) -> (MessageRef, ChannelId) {
    let ann = stage.sim.user("ann");
    let text = format!("question {number}{how}");
    let said = match thread {
        Some(thread) => ann.says(text).in_(thread),
        None => ann.says(format!("@bot {text}")).in_(stage.channel()),
    };
    let said = said.await;
    (said, thread.unwrap_or_else(|| thread_of(said)))
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
