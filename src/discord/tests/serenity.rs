//! What serenity does by itself, where Baton does otherwise: why the rows of ARCHITECTURE.md are there.
//! What it does on the wire is in `relay.rs`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use discord_sim::{
    DispatchFault, DispatchRule, EventKind, Fault, Mistake, Pinged, RouteKind, Rule, Sim, SimConfig,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use serenity::{
    all::{
        ChannelId, Client, ClientBuilder, Context, CreateAllowedMentions, EventHandler,
        GatewayIntents, Message, Ready,
    },
    http::{Http, HttpBuilder},
};
use tokio::{sync::Notify, task::JoinSet};

use crate::discord::{connect, testing::connected};

/// Serenity's own client, with what it does unless it is told otherwise.
pub(super) fn http(sim: &Sim) -> Http {
    HttpBuilder::new(sim.token())
        .proxy(sim.base_url())
        .ratelimiter_disabled(true)
        .build()
}

/// Notes messages; the one that says so waits for another, or panics.
#[derive(Clone, Default)]
struct Notes {
    is_ready: Arc<AtomicBool>,
    texts: Arc<Mutex<Vec<String>>>,
    changed: Arc<Notify>,
}

#[async_trait]
impl EventHandler for Notes {
    async fn ready(&self, _: Context, _: Ready) {
        self.is_ready.store(true, Ordering::SeqCst);
    }

    async fn message(&self, _: Context, message: Message) {
        match message.content.as_str() {
            "waits" => drop(self.until(1).await),
            "panics" => panic!("as told"),
            _ => {}
        }
        self.texts.lock().push(message.content);
        self.changed.notify_waiters();
    }
}

impl Notes {
    async fn until(&self, count: usize) -> Vec<String> {
        loop {
            let changed = self.changed.notified();
            let texts = self.texts.lock().clone();
            if texts.len() >= count {
                return texts;
            }
            changed.await;
        }
    }
}

/// Says just this.
async fn say(sim: &Sim, text: &str) {
    let said = sim.user("alice").says(text);
    said.in_(sim.channel("general")).await;
}

async fn client(sim: &Sim, notes: &Notes) -> Client {
    let connection = connected(sim).await;
    let http = connect::http(&connection.settings, &connection.client);
    let intents =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
    ClientBuilder::new_with_http(http, intents)
        .event_handler(notes.clone())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serenity_runs_its_handlers_side_by_side() {
    let sim = Sim::start(SimConfig::default()).await;
    let notes = Notes::default();
    let mut client = client(&sim, &notes).await;
    let task = tokio::spawn(async move { client.start().await });
    sim.wait_until_connected().await;
    say(&sim, "waits").await;
    say(&sim, "second").await;
    // In order, the first would wait for ever.
    assert_eq!(notes.until(2).await, ["second", "waits"]);
    task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serenity_hears_everything_beside_another_one_with_the_same_token() {
    let sim = Sim::start(SimConfig::default()).await;
    let both = [Notes::default(), Notes::default()];
    let mut tasks = JoinSet::new();
    for notes in &both {
        let mut client = client(&sim, notes).await;
        tasks.spawn(async move { client.start().await });
    }
    sim.wait_for(|world| world.connected_sessions() == 2).await;
    say(&sim, "hello").await;
    for notes in &both {
        assert_eq!(notes.until(1).await, ["hello"]);
    }
}

#[tokio::test]
async fn serenity_takes_a_file_in_whole_however_large_it_is() {
    const SIZE: usize = 9 << 20;
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let said = sim.user("alice").says("see the file");
    said.in_(general).with_file("large", vec![0; SIZE]).await;
    let page = http(&sim)
        .get_messages(general.get().into(), None, None)
        .await;
    let message = page.unwrap().remove(0);
    let taken = message.attachments[0].download().await.unwrap();
    assert_eq!(taken.len(), SIZE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serenity_tells_nobody_that_a_handler_has_panicked() {
    let sim = Sim::start(SimConfig::default()).await;
    let notes = Notes::default();
    let mut client = client(&sim, &notes).await;
    let task = tokio::spawn(async move { client.start().await });
    sim.wait_until_connected().await;
    say(&sim, "panics").await;
    say(&sim, "second").await;
    assert_eq!(notes.until(1).await, ["second"]);
    assert!(!task.is_finished());
    task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serenity_lives_on_behind_a_greeting_that_it_cannot_read() {
    let sim = Sim::start(SimConfig {
        mistake: Some(Mistake::ReadyWithoutApplication),
        ..SimConfig::default()
    })
    .await;
    let notes = Notes::default();
    let mut client = client(&sim, &notes).await;
    let task = tokio::spawn(async move { client.start().await });
    sim.wait_until_connected().await;
    say(&sim, "hello").await;
    notes.until(1).await;
    // Whoever begins to listen when it is ready, as Baton does, never does.
    assert!(!notes.is_ready.load(Ordering::SeqCst));
    assert!(!task.is_finished());
    task.abort();
}

#[tokio::test]
async fn serenity_reads_a_page_of_messages_whole_or_not_at_all() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = ChannelId::new(sim.channel("general").get());
    say(&sim, "before").await;
    say(&sim, "broken").await;
    let http = http(&sim);
    let mut page = http.get_messages(general, None, None).await.unwrap();
    assert_eq!(page.len(), 2);
    let mut page: Vec<Value> = page.drain(..).map(|one| json!(one)).collect();
    page[0]["attachments"] = json!("what nobody expects");
    let broken = Fault::Answer {
        status: 200,
        body: Some(page.into()),
    };
    sim.fault(Rule::list_messages(), broken);
    http.get_messages(general, None, None).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serenity_drops_an_event_that_it_cannot_read() {
    let sim = Sim::start(SimConfig::default()).await;
    let notes = Notes::default();
    let mut client = client(&sim, &notes).await;
    let task = tokio::spawn(async move { client.start().await });
    sim.wait_until_connected().await;
    let messages = DispatchRule::of(EventKind::MessageCreate);
    sim.dispatch_fault(messages, DispatchFault::Malformed);
    say(&sim, "unreadable").await;
    say(&sim, "second").await;
    assert_eq!(notes.until(1).await, ["second"]);
    task.abort();
}

#[tokio::test]
async fn serenity_goes_to_the_real_gateway_when_it_is_not_told_of_another() {
    let sim = Sim::start(SimConfig::default()).await;
    let away = Fault::Answer {
        status: 503,
        body: None,
    };
    sim.fault(Rule::route(RouteKind::Gateway).always(), away);
    let client = ClientBuilder::new_with_http(http(&sim), GatewayIntents::empty())
        .await
        .unwrap();
    assert_eq!(*client.ws_url.lock().await, "wss://gateway.discord.gg");
}

#[tokio::test]
async fn serenity_pings_whoever_stands_in_a_message() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = ChannelId::new(sim.channel("general").get());
    let message = json!({ "content": "@everyone", "nonce": "n", "enforce_nonce": true });
    http(&sim)
        .send_message(general, Vec::new(), &message)
        .await
        .unwrap();
    let message = sim.messages(sim.channel("general")).pop().unwrap();
    assert_ne!(message.pinged, Pinged::default());
}

#[tokio::test]
async fn serenity_pings_in_a_reply_whatever_it_was_told() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    say(&sim, "hello").await;
    let http = HttpBuilder::new(sim.token())
        .proxy(sim.base_url())
        .ratelimiter_disabled(true)
        .default_allowed_mentions(CreateAllowedMentions::new())
        .build();
    let said = http.get_messages(general.get().into(), None, None).await;
    let said = said.unwrap().remove(0);
    said.reply(&http, "@everyone").await.unwrap();
    let reply = sim.messages(general).pop().unwrap();
    assert_ne!(reply.pinged, Pinged::default());
}

#[tokio::test]
async fn serenity_waits_for_an_answer_as_long_as_it_takes() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = ChannelId::new(sim.channel("general").get());
    sim.fault(Rule::route(RouteKind::Typing), Fault::Hang);
    let http = http(&sim);
    let asked = tokio::spawn(async move { http.broadcast_typing(general).await });
    sim.wait_for(|seen| {
        let journal = seen.journal();
        let mut calls = journal.iter().filter_map(discord_sim::Entry::rest);
        calls.any(|call| call.route == RouteKind::Typing)
    })
    .await;
    // From here on time passes whenever nobody has anything to do.
    tokio::time::pause();
    let day = Duration::from_hours(24);
    assert!(tokio::time::timeout(day, asked).await.is_err());
}

/// Events that came through to the framework's handler; each test has a process of its own.
static HEARD: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poise_hears_nothing_behind_a_setup_that_failed() {
    let sim = Sim::start(SimConfig::default()).await;
    let framework = poise::Framework::<(), serenity::Error>::builder()
        .options(poise::FrameworkOptions {
            event_handler: |_, _| {
                HEARD.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Ok(()) })
            },
            ..poise::FrameworkOptions::default()
        })
        .setup(|_, _, _| Box::pin(async { Err(serenity::Error::Other("as told")) }))
        .build();
    let connection = connected(&sim).await;
    let http = connect::http(&connection.settings, &connection.client);
    let notes = Notes::default();
    let mut client = ClientBuilder::new_with_http(http, GatewayIntents::GUILD_MESSAGES)
        .framework(framework)
        .event_handler(notes.clone())
        .await
        .unwrap();
    let task = tokio::spawn(async move { client.start().await });
    sim.wait_until_connected().await;
    for text in ["first", "second"] {
        say(&sim, text).await;
    }
    notes.until(2).await;
    assert_eq!(HEARD.load(Ordering::SeqCst), 0);
    task.abort();
}
