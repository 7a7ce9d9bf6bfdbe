//! Faults on the wire, each for serenity alone and then for serenity behind the relay.

use std::time::Duration;

use discord_sim::{
    Entrance, Entry, Fault, GatewayFact, GatewayFault, GatewayMode, RouteKind, Rule, SimConfig,
    Violation, ViolationKind,
};
use futures::future::join_all;

use super::{
    gateway::{Served, say, until_heard_last, watching},
    wire::{
        alone, alone_at, beating, begun, begun_at, count, goes_on, identified, identifies, refused,
        resumed, resumes, served, until_count, used, wanted,
    },
};
use crate::discord::testing::CleanSim;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_hangs_on_a_dead_handshake() {
    let (sim, bare) = alone().await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    // Nothing tells of a hang: the relay, which comes to the same dead handshake later, gives it up.
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_count(&sim, 2, refused).await;
    sim.set_gateway(GatewayMode::Open);
    until_heard_last(&sim, &served.house, "ready").await;
    assert_eq!((identifies(&sim), resumes(&sim)), (2, 0));
    served.stop().await;
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_dead_handshake_is_given_up_and_the_session_goes_on() {
    let (sim, served) = begun().await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    say(&sim, "meanwhile").await;
    until_count(&sim, 1, refused).await;
    sim.set_gateway(GatewayMode::Open);
    goes_on(sim, served).await;
}

/// More than it takes of a core to connect anew, and less than it takes to spin for a while.
const LITTLE: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_spins_on_a_close_without_a_code_and_gives_the_session_up() {
    let (sim, bare) = alone_at(beating(4_000)).await;
    let before = wanted();
    sim.close_gateway(None);
    until_count(&sim, 2, identified).await;
    let spent = wanted().saturating_sub(before);
    // The rest of the 4 s until the next heartbeat.
    assert!(spent > LITTLE, "{spent:?}");
    assert_eq!(resumes(&sim), 0);
    let _ = tokio::time::timeout(Duration::from_secs(2), bare.shards.shutdown_all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_close_without_a_code_costs_nothing_and_the_session_goes_on() {
    let (sim, served) = begun().await;
    let before = used();
    sim.close_gateway(None);
    say(&sim, "meanwhile").await;
    until_heard_last(&sim, &served.house, "last").await;
    let spent = used().saturating_sub(before);
    // It could spin until the next heartbeat, in 41 s.
    assert!(spent < LITTLE * 4, "{spent:?}");
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_gives_the_session_up_when_a_connection_is_refused_once() {
    let (sim, bare) = alone().await;
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
    let (sim, served) = begun().await;
    sim.refuse_gateway();
    sim.drop_gateway();
    say(&sim, "meanwhile").await;
    until_count(&sim, 2, refused).await;
    sim.accept_gateway();
    goes_on(sim, served).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_resumes_at_the_front_door_whatever_ready_says() {
    let (sim, bare) = alone().await;
    sim.drop_gateway();
    until_count(&sim, 1, resumed).await;
    assert_eq!(sim.entrances(), [Entrance::Front, Entrance::Front]);
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_session_is_resumed_where_ready_says_and_after_two_failures_at_the_front_door() {
    let (sim, served) = begun().await;
    for (resumes, refused) in [(1, 0), (2, 2), (3, 0)] {
        sim.gateway_fault_times(GatewayFault::RefuseHandshake, refused);
        sim.drop_gateway();
        until_count(&sim, resumes, resumed).await;
        served.link.until_up().await;
    }
    assert_eq!(
        sim.entrances(),
        [
            Entrance::Front,
            Entrance::Resume,
            Entrance::Resume,
            Entrance::Resume,
            Entrance::Front,
            // Once it has gone on, it is looked for where READY said again.
            Entrance::Resume,
        ]
    );
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 3));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_session_that_is_over_begins_anew_where_discord_was_while_its_api_has_trouble() {
    let (sim, served) = begun().await;
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
        let (sim, served) = begun().await;
        sim.close_gateway(code);
        until_heard_last(&sim, &served.house, "last").await;
        assert_eq!((identifies(&sim), resumes(&sim)), (1, 1), "{code:?}");
        served.stop().await;
    }
    let (sim, served) = begun().await;
    sim.ask_to_reconnect();
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 1));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_does_not_end_at_4010_or_4011_but_introduces_itself_again() {
    for code in [4_010, 4_011] {
        let (sim, bare) = alone_at(beating(1_000)).await;
        sim.close_gateway(Some(code));
        until_count(&sim, 2, identified).await;
        assert!(!bare.task.is_finished(), "{code}");
        bare.task.abort();
    }
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
        let (sim, served) = begun().await;
        sim.close_gateway(Some(code));
        let error = served.ends().await;
        assert!(error.to_string().contains(wanted), "{code}: {error}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_never_hears_what_was_said_between_two_sessions() {
    let (sim, mut bare) = alone().await;
    sim.invalidate_sessions();
    say(&sim, "meanwhile").await;
    until_count(&sim, 2, identified).await;
    sim.wait_until_connected().await;
    say(&sim, "last").await;
    let heard = bare.heard.recv().await.unwrap();
    assert_eq!(heard, format!("<@{}> last", sim.bot_id()));
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_introduces_itself_although_discord_allows_no_start() {
    let (sim, bare) = alone().await;
    sim.set_session_starts_left(0);
    sim.invalidate_sessions();
    let is_one = |one: &Violation| one.kind == ViolationKind::SessionStarts;
    sim.wait_for(|world| world.violations().iter().any(is_one))
        .await;
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_session_that_discord_forgot_is_begun_anew_at_the_front_door_and_nothing_is_lost() {
    let (sim, served) = begun().await;
    sim.drop_gateway();
    until_count(&sim, 1, resumed).await;
    sim.invalidate_sessions();
    say(&sim, "meanwhile").await;
    until_count(&sim, 2, identified).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "meanwhile", "last"]);
    assert_eq!(
        sim.entrances(),
        [Entrance::Front, Entrance::Resume, Entrance::Front]
    );
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_begins_anew_when_a_heartbeat_is_not_acknowledged() {
    let (sim, bare) = alone_at(beating(1_000)).await;
    sim.gateway_fault(GatewayFault::NoAck);
    until_count(&sim, 2, identified).await;
    assert_eq!(resumes(&sim), 0);
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_heartbeat_that_is_not_acknowledged_is_followed_by_a_resume() {
    let (sim, served) = begun_at(beating(1_000)).await;
    sim.gateway_fault(GatewayFault::NoAck);
    until_count(&sim, 1, resumed).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(identifies(&sim), 1);
    served.stop().await;
}

fn beats(journal: &[Entry]) -> usize {
    count(journal, |fact| matches!(fact, GatewayFact::Heartbeat))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_keeps_the_old_interval_after_a_resume() {
    // Somebody who keeps to the new one tells when ten of it are over.
    let (clock, ticking) = begun_at(beating(100)).await;
    let (sim, bare) = alone().await;
    sim.gateway_fault(GatewayFault::HelloInterval { ms: 100 });
    sim.drop_gateway();
    until_count(&sim, 1, resumed).await;
    let before = beats(&sim.journal());
    let ten = beats(&clock.journal()) + 10;
    until_count(&clock, ten, beats).await;
    assert!(beats(&sim.journal()) <= before + 1);
    bare.task.abort();
    ticking.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn another_interval_after_a_resume_is_kept_to() {
    let (sim, served) = begun().await;
    let before = beats(&sim.journal());
    sim.gateway_fault(GatewayFault::HelloInterval { ms: 200 });
    sim.drop_gateway();
    // At the old interval these would take minutes.
    until_count(&sim, before + 3, beats).await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn serenity_resumes_without_a_pause_as_often_as_it_is_sent_away() {
    let (sim, bare) = alone().await;
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
    let (sim, served) = begun().await;
    sim.gateway_fault_times(GatewayFault::CloseAtResume { code: Some(4_000) }, 3);
    let start = tokio::time::Instant::now();
    sim.drop_gateway();
    say(&sim, "meanwhile").await;
    until_heard_last(&sim, &served.house, "last").await;
    // Once, twice and four times the pause, each shortened by a quarter at most.
    assert!(
        start.elapsed() >= Duration::from_millis(525),
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
        let (sim, served) = begun_at(beating(2_000)).await;
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
        let sim = CleanSim::start(SimConfig::default()).await;
        sim.gateway_fault(fault);
        let served = served(&sim).await;
        assert_eq!(served.house.texts(), ["ready"], "{fault:?}");
        served.stop().await;
    }))
    .await;
}
