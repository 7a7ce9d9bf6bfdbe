//! What people do on the stage, and what there is to be seen of Baton's work: messages, runs, what the
//! model was asked.

use std::time::Duration;

use baton::{
    store::Store,
    words::{RunId, RunState},
};
use discord_sim::{ChannelId, InteractionRef, MessageRef, MessageView, NO_OPTIONS};
use serde_json::Value;

use super::{Stage, processes::PATIENCE};

/// By when Discord has told somebody that nothing answers, and how often he tries.
const TOO_LATE: Duration = Duration::from_secs(6);
const TRIES: usize = 4;

impl Stage {
    /// The project's channel.
    pub(crate) fn channel(&self) -> ChannelId {
        self.sim.channel("project")
    }

    /// Somebody mentions the bot in the project's channel; where the answer will come.
    pub(crate) async fn ask(&self, name: &str, text: &str) -> ChannelId {
        let said = self
            .sim
            .user(name)
            .says(format!("@bot {text}"))
            .in_(self.channel())
            .await;
        thread_of(said)
    }

    /// Waits until somebody's message got a sign of Baton.
    pub(crate) async fn sign(&self, at: MessageRef, emoji: &str) {
        let has = |message: MessageView| message.has_reaction(emoji);
        self.sim
            .wait_for(|world| world.message(at).is_some_and(has))
            .await;
    }

    /// Whether any request to the model had this in it.
    pub(crate) fn model_saw(&self, text: &str) -> bool {
        self.model
            .requests()
            .iter()
            .any(|request| request.body.to_string().contains(text))
    }

    /// The first request to the model with this in its newest text of a person, and that text.
    pub(crate) async fn turn_with(&self, text: &str) -> (u64, String) {
        let has = |said: &String| said.contains(text);
        let wanted = self
            .model
            .wait_for_request(|one| one.user_text.as_ref().is_some_and(has));
        let request = wanted.await;
        (request.number, request.user_text.unwrap_or_default())
    }

    /// Waits until Discord knows the commands.
    pub(crate) async fn until_commands(&self) {
        self.sim
            .wait_for(|world| !world.commands().is_empty())
            .await;
    }

    /// Somebody uses something as often as he needs to until he gets a sign: a server that comes to it after more
    /// than Discord's three seconds leaves it alone, and then he tries again.
    pub(crate) async fn used(&self, tries: impl AsyncFn() -> InteractionRef) -> InteractionRef {
        for _ in 1..TRIES {
            let used = tries().await;
            let sign = tokio::time::timeout(TOO_LATE, used.acknowledged());
            if sign.await.is_ok() {
                return used;
            }
        }
        tries().await
    }

    /// Somebody uses a command without options; what it says to him alone.
    pub(crate) async fn command(&self, name: &str, line: &str, place: ChannelId) -> String {
        self.command_with(name, line, NO_OPTIONS, place).await
    }

    /// Somebody uses a command with options; what it says to him alone.
    pub(crate) async fn command_with<'a, V: Into<Value>>(
        &self,
        name: &str,
        line: &str,
        options: impl IntoIterator<Item = (&'a str, V)>,
        place: ChannelId,
    ) -> String {
        self.until_commands().await;
        let options: Vec<(&str, Value)> = options
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        let user = self.sim.user(name);
        let tries = async || user.slash(line, options.clone()).in_(place).await;
        let answer = self.used(tries).await.answer().await;
        assert_eq!(answer.only_for.as_deref(), Some(name), "/{line}");
        answer.content
    }

    /// Waits for the final answer with this in it.
    pub(crate) async fn answer(&self, place: ChannelId, text: &str) -> MessageView {
        self.sim
            .wait_for_message(place, |message| is_answer(message, text))
            .await
    }

    /// Waits for the live message of a run with this in it.
    pub(crate) async fn live(&self, place: ChannelId, text: &str) -> MessageView {
        self.sim
            .wait_for_message(place, |message| {
                from_baton(message, text) && is_live(message)
            })
            .await
    }

    /// Waits for any message of Baton with this in it.
    pub(crate) async fn says(&self, place: ChannelId, text: &str) -> MessageView {
        self.sim
            .wait_for_message(place, |message| from_baton(message, text))
            .await
    }

    /// How many final answers have this in them.
    pub(crate) fn answers(&self, place: ChannelId, text: &str) -> usize {
        self.sim
            .messages(place)
            .iter()
            .filter(|message| is_answer(message, text))
            .count()
    }

    /// How many messages of Baton contain this.
    pub(crate) fn count(&self, place: ChannelId, text: &str) -> usize {
        self.sim
            .messages(place)
            .iter()
            .filter(|message| from_baton(message, text))
            .count()
    }

    /// The run of a thread that has not ended yet.
    pub(crate) async fn open_run(&self, thread: ChannelId) -> RunId {
        let store = self.store().await;
        let session = store
            .session_in(baton::words::ChannelId::new(thread.get()))
            .await
            .unwrap();
        let run = store
            .open_run_of(session.expect("a session").id)
            .await
            .unwrap();
        store.close().await;
        run.expect("an open run").id
    }

    /// How a run stands.
    pub(crate) async fn state(&self, run: RunId) -> RunState {
        let store = self.store().await;
        let row = store.run(run).await.unwrap();
        store.close().await;
        row.state
    }

    /// Whether no run is open and Discord has everything that it is to get.
    pub(crate) async fn is_settled(&self) -> bool {
        let store = self.store().await;
        let settled = settled(&store).await;
        store.close().await;
        settled
    }

    /// Waits until that is so.
    pub(crate) async fn until_settled(&self) {
        let store = self.store().await;
        let waiting = async {
            let mut look = tokio::time::interval(std::time::Duration::from_millis(20));
            while !settled(&store).await {
                look.tick().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(in_time.is_ok(), "something is still to be done");
        store.close().await;
    }
}

async fn settled(store: &Store) -> bool {
    store.open_runs().await.unwrap().is_empty() && store.deliveries_waiting().await.unwrap() == 0
}

fn from_baton(message: &MessageView, text: &str) -> bool {
    message.author == "bot" && message.content.contains(text)
}

/// A live message says how long the run has been at work.
fn is_live(message: &MessageView) -> bool {
    message
        .content
        .lines()
        .last()
        .is_some_and(|line| line.starts_with("-# ") && !line.contains("tokens"))
}

/// The last message of an answer has the account below it.
fn is_answer(message: &MessageView, text: &str) -> bool {
    from_baton(message, text) && message.content.contains(" tokens · ")
}

/// The thread that grows from a message.
pub(crate) fn thread_of(message: MessageRef) -> ChannelId {
    ChannelId::new(message.id.get())
}
