//! The end that somebody asks for, for serenity alone and then for serenity behind the relay. In time that goes slowly:
//! what is measured is for how long something is waited for.

use std::time::Duration;

use discord_sim::{GatewayMode, SimConfig};

use super::{
    super::testing::{CleanSim, SLOWLY, timed},
    gateway::{Served, watching},
    wire::{alone, begun, identified, identifies, refused, until_count},
};

#[tokio::test]
async fn where_discord_allows_no_start_the_server_waits_and_says_why() {
    let sim = CleanSim::start(SimConfig::default()).await;
    sim.set_session_starts_left(0);
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    let why = served.link.until_it_waits().await;
    assert!(why.starts_with("Discord allows no new connection"), "{why}");
    assert_eq!(identifies(&sim), 0);
    ends_soon(served).await;
}

/// What takes longer does not come.
const LONG: Duration = Duration::from_mins(2);

/// What [`crate::discord::run`] promises.
const SOON: Duration = Duration::from_secs(3);

/// A server in such a state ends before serenity alone would.
async fn ends_soon(served: Served) {
    let (_, waited) = timed(SLOWLY, served.stop()).await;
    assert!(waited < SOON, "{waited:?}");
}

#[tokio::test]
async fn serenity_takes_five_seconds_to_end_while_it_waits_for_the_gateway() {
    let (sim, bare) = alone().await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    let ((), waited) = timed(SLOWLY, bare.shards.shutdown_all()).await;
    // All the time that the whole process has.
    assert!(waited >= Duration::from_secs(5), "{waited:?}");
    bare.task.abort();
}

#[tokio::test]
async fn serenity_does_not_end_at_all_when_it_is_asked_to_while_it_has_no_connection() {
    let (sim, bare) = alone().await;
    sim.refuse_gateway();
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    let gone = async {
        while !bare.shards.runners.lock().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(LONG, gone).await;
    assert!(gone.is_ok(), "its shard does not go");
    bare.shards.shutdown_all().await;
    // It was not even heard.
    sim.accept_gateway();
    until_count(&sim, 2, identified).await;
    assert!(!bare.task.is_finished());
    bare.task.abort();
}

#[tokio::test]
async fn the_end_comes_soon_whatever_the_gateway_does() {
    for mode in [GatewayMode::Open, GatewayMode::Refuse, GatewayMode::Hang] {
        let (sim, served) = begun().await;
        sim.set_gateway(mode);
        sim.drop_gateway();
        if mode != GatewayMode::Open {
            until_count(&sim, 1, refused).await;
        }
        ends_soon(served).await;
    }
}
