//! Serenity alone and serenity behind the relay, and what the gateway saw of them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use discord_sim::{Entry, Fact, GatewayFact, Sim, SimConfig, ZombieWatch};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use serenity::all::{ClientBuilder, Context, EventHandler, GatewayIntents, Message, ShardManager};
use tokio::{sync::mpsc, task::JoinHandle};

use super::gateway::{Served, until_heard_last, watching};
use crate::discord::{
    connect,
    testing::{CleanSim, connected},
};

/// Serenity as it is.
pub(super) struct Bare {
    pub(super) shards: Arc<ShardManager>,
    pub(super) task: JoinHandle<serenity::Result<()>>,
    /// What is said.
    pub(super) heard: mpsc::UnboundedReceiver<String>,
}

/// Passes on what is said.
struct Ear(mpsc::UnboundedSender<String>);

#[async_trait]
impl EventHandler for Ear {
    async fn message(&self, _: Context, message: Message) {
        let _ = self.0.send(message.content);
    }
}

impl Bare {
    async fn start(sim: &Sim) -> Self {
        let connection = connected(sim).await;
        let http = connect::http(&connection.settings, &connection.client);
        let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES;
        let (ear, heard) = mpsc::unbounded_channel();
        let builder = ClientBuilder::new_with_http(http, intents).event_handler(Ear(ear));
        let mut client = builder.await.unwrap();
        let shards = Arc::clone(&client.shard_manager);
        let task = tokio::spawn(async move { client.start().await });
        sim.wait_until_connected().await;
        Self {
            shards,
            task,
            heard,
        }
    }
}

/// A server behind the relay that listens.
pub(super) async fn begun() -> (CleanSim, Served) {
    begun_at(SimConfig::default()).await
}

pub(super) async fn begun_at(config: SimConfig) -> (CleanSim, Served) {
    let sim = CleanSim::start(config).await;
    let served = served(&sim).await;
    (sim, served)
}

pub(super) async fn served(sim: &Sim) -> Served {
    let served = Served::start(sim, watching(sim, Some(1))).await;
    until_heard_last(sim, &served.house, "ready").await;
    served
}

/// Serenity alone, listening.
pub(super) async fn alone() -> (Sim, Bare) {
    alone_at(SimConfig::default()).await
}

pub(super) async fn alone_at(config: SimConfig) -> (Sim, Bare) {
    let sim = Sim::start(config).await;
    let bare = Bare::start(&sim).await;
    (sim, bare)
}

/// A gateway that wants a heartbeat so often. Who is late with one is busy, and no zombie.
pub(super) fn beating(milliseconds: u64) -> SimConfig {
    SimConfig {
        heartbeat_interval_ms: milliseconds,
        zombies: ZombieWatch::Off,
        ..SimConfig::default()
    }
}

/// What was said meanwhile is heard, in the session that there was.
pub(super) async fn goes_on(sim: CleanSim, served: Served) {
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
}

/// How often the gateway saw this.
pub(super) fn count(journal: &[Entry], wanted: impl Fn(&GatewayFact) -> bool) -> usize {
    let facts = journal.iter().filter_map(|entry| {
        let Fact::Gateway(fact) = &entry.fact else {
            return None;
        };
        Some(fact)
    });
    facts.filter(|fact| wanted(fact)).count()
}

pub(super) fn identified(journal: &[Entry]) -> usize {
    count(journal, |fact| {
        matches!(fact, GatewayFact::Identified { .. })
    })
}

pub(super) fn resumed(journal: &[Entry]) -> usize {
    count(journal, |fact| matches!(fact, GatewayFact::Resumed { .. }))
}

pub(super) fn refused(journal: &[Entry]) -> usize {
    count(journal, |fact| matches!(fact, GatewayFact::Refused { .. }))
}

pub(super) fn identifies(sim: &Sim) -> usize {
    identified(&sim.journal())
}

pub(super) fn resumes(sim: &Sim) -> usize {
    resumed(&sim.journal())
}

pub(super) async fn until_count(sim: &Sim, wanted: usize, of: impl Fn(&[Entry]) -> usize) {
    sim.wait_for(|world| of(world.journal()) >= wanted).await;
}

/// For how long this process's threads ran or could have run: the first two numbers of `schedstat`, in nanoseconds
/// (Linux: Documentation/scheduler/sched-stats). On a busy machine who spins gets little, and wants all.
pub(super) fn wanted() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task");
    let of = |thread: std::fs::DirEntry| {
        let told = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let numbers = told.split_whitespace().take(2);
        Duration::from_nanos(numbers.filter_map(|one| one.parse::<u64>().ok()).sum())
    };
    let wanted: Duration = threads.into_iter().flatten().flatten().map(of).sum();
    wanted.max(used())
}

/// What this process has used of processors.
pub(super) fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let span = |time: TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs())
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    span(usage.user_time()) + span(usage.system_time())
}
