//! A shard of serenity's that has died without a word.

use std::{sync::Arc, time::Duration};

use discord_sim::{EventKind, GatewayMode, SimConfig};
use serde_json::json;

use super::{
    gateway::{Served, say, watching},
    wire::{alone, alone_at, beating, identified, identifies, refused, resumes, until_count},
};
use crate::discord::{DiscordError, testing::CleanSim, watchdog};

/// More than a server has members here.
const STRANGERS: usize = 20;

#[tokio::test]
async fn serenity_does_not_miss_a_shard_that_has_died() {
    let (sim, bare) = alone().await;
    // Sums are checked here: it counts the members of a server down from what it was told, below zero.
    for stranger in 1..=STRANGERS {
        let user = json!({
            "id": stranger.to_string(),
            "username": "stranger",
            "discriminator": "0",
            "avatar": null,
        });
        let gone = json!({"guild_id": sim.guild_id(), "user": user});
        sim.dispatch(EventKind::StrangerRemove, gone);
    }
    sim.wait_for(|world| world.connected_sessions() == 0).await;
    // From here on time passes whenever nobody has anything to do.
    tokio::time::pause();
    let day = Duration::from_hours(24);
    assert!(tokio::time::timeout(day, bare.task).await.is_err());
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_shard_that_has_fallen_silent_is_started_anew_and_hears_again() {
    // Serenity begins anew as well if a heartbeat is not acknowledged in time.
    let (sim, mut bare) = alone_at(beating(3_000)).await;
    let silence = Duration::from_secs(10);
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    sim.set_gateway(GatewayMode::Open);
    // Serenity hangs, whatever the gateway does now.
    let watching = tokio::spawn(watchdog::watch(Arc::clone(&bare.shards), silence));
    until_count(&sim, 2, identified).await;
    sim.wait_until_connected().await;
    say(&sim, "again").await;
    let heard = bare.heard.recv().await.unwrap();
    assert_eq!(heard, format!("<@{}> again", sim.bot_id()));
    // Once was enough, and whoever is heard of is left alone.
    assert!(!watching.is_finished());
    assert_eq!(identifies(&sim), 2);
    watching.abort();
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_shard_that_stays_silent_is_started_anew_twice_and_then_given_up() {
    let (sim, bare) = alone_at(beating(500)).await;
    sim.set_gateway(GatewayMode::Hang);
    sim.drop_gateway();
    until_count(&sim, 1, refused).await;
    let silence = Duration::from_secs(1);
    let error = watchdog::watch(Arc::clone(&bare.shards), silence).await;
    assert!(matches!(error, DiscordError::Dead), "{error:?}");
    assert_eq!((identifies(&sim), resumes(&sim)), (1, 0));
    bare.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_dead_shard_ends_the_server() {
    let sim = CleanSim::start(SimConfig::default()).await;
    // Less than until its first heartbeat: it never gives a sign of life in time.
    let silence = Duration::from_millis(500);
    let served = Served::start_suspicious(&sim, watching(&sim, Some(1)), silence).await;
    let error = served.ends().await;
    assert!(matches!(error, DiscordError::Dead), "{error:?}");
}
