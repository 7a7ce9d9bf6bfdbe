//! Faults on the wire, each for serenity alone and then for serenity behind the relay.

use std::{sync::Arc, time::Duration};

use discord_sim::{
    Entry, Fact, Fault, GatewayFact, GatewayFault, GatewayMode, RouteKind, Rule, Sim, SimConfig,
};
use futures::future::join_all;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use serenity::all::{ClientBuilder, GatewayIntents, ShardManager};
use tokio::task::JoinHandle;

use super::gateway::{Served, say, until_heard_last, watching};
use crate::discord::{connect, testing::connected};

/// Serenity as it is.
struct Bare {
    shards: Arc<ShardManager>,
    task: JoinHandle<serenity::Result<()>>,
}

impl Bare {
    async fn start(sim: &Sim) -> Self {
        let connection = connected(sim).await;
        let http = connect::http(&connection.settings, &connection.client);
        let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES;
        let mut client = ClientBuilder::new_with_http(http, intents).await.unwrap();
        let shards = Arc::clone(&client.shard_manager);
        let task = tokio::spawn(async move { client.start().await });
        sim.wait_until_connected().await;
        Self { shards, task }
    }
}

async fn served(sim: &Sim) -> Served {
    let served = Served::start(sim, watching(sim, Some(1))).await;
    until_heard_last(sim, &served.house, "ready").await;
    served
}

/// How often the gateway saw this.
fn count(journal: &[Entry], wanted: impl Fn(&GatewayFact) -> bool) -> usize {
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

fn refused(journal: &[Entry]) -> usize {
    count(journal, |fact| matches!(fact, GatewayFact::Refused))
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

/// What this process has used of processors.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let span = |time: TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs())
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    span(usage.user_time()) + span(usage.system_time())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_hangs_on_a_dead_handshake() {
    let sim = Sim::start(SimConfig::default()).await;
    let bare = Bare::start(&sim).await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    sim.set_gateway(GatewayMode::Open);
    // As long as the relay needs four times over.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 0));
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_dead_handshake_is_given_up_and_the_session_goes_on() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    say(&sim, "meanwhile").await;
    until_count(&sim, 1, refused).await;
    sim.set_gateway(GatewayMode::Open);
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_spins_on_a_close_without_a_code_and_gives_the_session_up() {
    let sim = Sim::start(SimConfig {
        heartbeat_interval_ms: 5_000,
        ..SimConfig::default()
    })
    .await;
    let bare = Bare::start(&sim).await;
    let before = used();
    sim.close_gateway(None);
    until_count(&sim, 2, identified).await;
    let spent = used().saturating_sub(before);
    assert!(spent > Duration::from_millis(500), "{spent:?}");
    assert_eq!(resumes(&sim), 0);
    let _ = tokio::time::timeout(Duration::from_secs(2), bare.shards.shutdown_all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_close_without_a_code_costs_nothing_and_the_session_goes_on() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    let before = used();
    sim.close_gateway(None);
    say(&sim, "meanwhile").await;
    until_heard_last(&sim, &served.house, "last").await;
    let spent = used().saturating_sub(before);
    assert!(spent < Duration::from_millis(500), "{spent:?}");
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_gives_the_session_up_when_a_connection_is_refused_once() {
    let sim = Sim::start(SimConfig::default()).await;
    let bare = Bare::start(&sim).await;
    sim.refuse_gateway();
    sim.drop_gateway();
    // At once and, from the same loop, a moment later.
    until_count(&sim, 2, refused).await;
    sim.accept_gateway();
    until_count(&sim, 2, identified).await;
    assert_eq!(resumes(&sim), 0);
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn refused_connections_are_tried_again_and_the_session_goes_on() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.refuse_gateway();
    sim.drop_gateway();
    say(&sim, "meanwhile").await;
    until_count(&sim, 2, refused).await;
    sim.accept_gateway();
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_session_that_is_over_begins_anew_where_discord_was_while_its_api_has_trouble() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.fault(
        Rule::route(RouteKind::GatewayBot).always(),
        Fault::Answer {
            status: 503,
            body: None,
        },
    );
    sim.invalidate_sessions();
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!((identifies(&sim), resumes(&sim)), (2, 0));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_close_that_leaves_the_session_alive_is_followed_by_a_resume() {
    for code in [None, Some(1_000), Some(4_000), Some(4_001), Some(4_008)] {
        let sim = Sim::start(SimConfig::default()).await;
        let served = served(&sim).await;
        sim.close_gateway(code);
        until_heard_last(&sim, &served.house, "last").await;
        assert_eq!((identifies(&sim), resumes(&sim)), (1, 1), "{code:?}");
        served.stop().await;
    }
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.ask_to_reconnect();
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_does_not_end_at_4010_but_introduces_itself_again() {
    let sim = Sim::start(SimConfig {
        heartbeat_interval_ms: 2_000,
        ..SimConfig::default()
    })
    .await;
    let bare = Bare::start(&sim).await;
    sim.close_gateway(Some(4_010));
    until_count(&sim, 2, identified).await;
    assert!(!bare.task.is_finished());
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_close_that_says_never_ends_the_server_with_a_sentence() {
    let codes = [
        (4_004, "does not accept the bot token"),
        (4_010, "split its servers"),
        (4_011, "split its servers"),
        (4_012, "Update Baton"),
        (4_013, "Message Content Intent"),
        (4_014, "Message Content Intent"),
    ];
    join_all(codes.map(async |(code, wanted)| {
        let sim = Sim::start(SimConfig::default()).await;
        let served = served(&sim).await;
        sim.close_gateway(Some(code));
        let error = served.ends().await;
        assert!(error.to_string().contains(wanted), "{code}: {error}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_session_that_discord_forgot_is_begun_anew_and_nothing_is_lost() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.invalidate_sessions();
    say(&sim, "meanwhile").await;
    until_count(&sim, 2, identified).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_begins_anew_when_a_heartbeat_is_not_acknowledged() {
    let sim = Sim::start(SimConfig {
        heartbeat_interval_ms: 1_000,
        ..SimConfig::default()
    })
    .await;
    let bare = Bare::start(&sim).await;
    sim.gateway_fault(GatewayFault::NoAck);
    until_count(&sim, 2, identified).await;
    assert_eq!(resumes(&sim), 0);
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_heartbeat_that_is_not_acknowledged_is_followed_by_a_resume() {
    let sim = Sim::start(SimConfig {
        heartbeat_interval_ms: 1_000,
        ..SimConfig::default()
    })
    .await;
    let served = served(&sim).await;
    sim.gateway_fault(GatewayFault::NoAck);
    until_count(&sim, 1, resumed).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(identifies(&sim), 1);
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_keeps_the_old_interval_after_a_resume() {
    let sim = Sim::start(SimConfig::default()).await;
    let bare = Bare::start(&sim).await;
    let beats = |journal: &[Entry]| count(journal, |fact| matches!(fact, GatewayFact::Heartbeat));
    sim.gateway_fault(GatewayFault::HelloInterval { ms: 200 });
    sim.drop_gateway();
    until_count(&sim, 1, resumed).await;
    let before = beats(&sim.journal());
    // Ten of the new interval.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(beats(&sim.journal()) <= before + 1);
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn another_interval_after_a_resume_is_kept_to() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    let beats = |journal: &[Entry]| count(journal, |fact| matches!(fact, GatewayFact::Heartbeat));
    let before = beats(&sim.journal());
    sim.gateway_fault(GatewayFault::HelloInterval { ms: 200 });
    sim.drop_gateway();
    // At the old interval these would take minutes.
    until_count(&sim, before + 3, beats).await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_resumes_without_a_pause_as_often_as_it_is_sent_away() {
    let sim = Sim::start(SimConfig::default()).await;
    let bare = Bare::start(&sim).await;
    sim.gateway_fault_times(GatewayFault::CloseAtResume { code: Some(4_000) }, 20);
    sim.drop_gateway();
    let start = tokio::time::Instant::now();
    until_count(&sim, 1, resumed).await;
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_gateway_that_sends_away_at_once_is_asked_less_and_less() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.gateway_fault_times(GatewayFault::CloseAtResume { code: Some(4_000) }, 3);
    let start = tokio::time::Instant::now();
    sim.drop_gateway();
    say(&sim, "meanwhile").await;
    until_heard_last(&sim, &served.house, "last").await;
    // Nothing, one second, two seconds, each shortened by a quarter at most.
    assert!(
        start.elapsed() >= Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!(identifies(&sim), 1);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_goes_wrong_on_the_way_to_a_session_is_tried_again() {
    let faults = [
        GatewayFault::RejectHandshake { status: 503 },
        GatewayFault::HangHandshake,
        GatewayFault::NoHello,
        GatewayFault::CloseAtHello { code: None },
        GatewayFault::IgnoreResume,
        GatewayFault::CloseAtResume { code: None },
        GatewayFault::RetryAtResume,
        GatewayFault::InvalidAtResume,
        GatewayFault::CloseAtHeartbeat { code: None },
    ];
    join_all(faults.map(async |fault| {
        let sim = Sim::start(SimConfig {
            heartbeat_interval_ms: 2_000,
            ..SimConfig::default()
        })
        .await;
        let served = served(&sim).await;
        sim.gateway_fault(fault);
        sim.drop_gateway();
        say(&sim, "meanwhile").await;
        until_heard_last(&sim, &served.house, "last").await;
        let heard = served.house.texts();
        assert_eq!(heard, ["ready", "meanwhile", "last"], "{fault:?}");
        served.stop().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_goes_wrong_at_the_first_identify_is_tried_again() {
    // Side by side: Discord wants five seconds between two IDENTIFYs.
    let faults = [
        GatewayFault::IgnoreIdentify,
        GatewayFault::CloseAtIdentify { code: None },
        GatewayFault::InvalidAtIdentify,
    ];
    join_all(faults.map(async |fault| {
        let sim = Sim::start(SimConfig::default()).await;
        sim.gateway_fault(fault);
        let served = served(&sim).await;
        assert_eq!(served.house.texts(), ["ready"], "{fault:?}");
        served.stop().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn where_discord_allows_no_start_the_server_waits_and_says_why() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.set_session_starts_left(0);
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    let why = served.link.until_it_waits().await;
    assert!(why.starts_with("Discord allows no new connection"), "{why}");
    assert_eq!(identifies(&sim), 0);
    let asked = tokio::time::Instant::now();
    served.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_takes_five_seconds_to_end_while_it_waits_for_the_gateway() {
    let sim = Sim::start(SimConfig::default()).await;
    let bare = Bare::start(&sim).await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    let asked = tokio::time::Instant::now();
    bare.shards.shutdown_all().await;
    // All the time that the whole process has.
    let took = asked.elapsed();
    assert!(took >= Duration::from_secs(5), "{took:?}");
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_comes_soon_whatever_the_gateway_does() {
    for mode in [GatewayMode::Open, GatewayMode::Refuse, GatewayMode::Hang] {
        let sim = Sim::start(SimConfig::default()).await;
        let served = served(&sim).await;
        sim.set_gateway(mode);
        sim.drop_gateway();
        let asked = tokio::time::Instant::now();
        served.stop().await;
        assert!(asked.elapsed() < Duration::from_secs(5), "{mode:?}");
    }
}
