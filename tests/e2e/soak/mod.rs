//! An hour of people at work while everything goes wrong that can go wrong between Baton and Discord.

mod clockwork;
mod people;
mod restarts;
mod sizes;
mod uses;

use std::time::Duration;

use baton::clock::{Clock, Millis};
use discord_sim::{Chaos, JournalSize, RateLimits, SimConfig, Tls, ZombieWatch};

use crate::stage::{Settings, Stage};
use clockwork::{Clockwork, Hold};
use people::People;
use sizes::Sizes;
use uses::Uses;

/// How long chaos reigns.
const HOUR: Duration = Duration::from_hours(1);

/// How long after it everything may take to come to an end: an outcome that is unknown is looked
/// for after two minutes, and pauses between tries are half a minute at most.
const CALM: Duration = Duration::from_mins(20);

/// The start of the hour in Unix time; Discord's ids carry it.
const START_MS: i64 = 1_790_000_000_000;

/// How many moments time stands still for somebody who waits for a first sign: three seconds later it would
/// be too late, and three of those seconds are over in no time. Most have it after one or two; where chaos has lost
/// a command it is waited for in vain.
const SIGN: usize = 80;

#[test]
fn an_hour_of_chaos_loses_nothing_and_doubles_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(an_hour());
}

async fn an_hour() {
    let hold = Hold::on_time();
    let baton = Clock::held_at(Millis::new(START_MS));
    let discord = discord_sim::Clock::manual(START_MS);
    let mut stage = Stage::dark(Settings {
        sim: SimConfig {
            clock: discord.clone(),
            zombies: ZombieWatch::Simulated,
            journal: JournalSize::Last(2_000),
            tls: Tls::On,
            rate_limits: RateLimits::Realistic,
            ..SimConfig::default()
        },
        ..Settings::default()
    })
    .await;
    stage.reach_it_as_if_it_were_discord();
    // One person asks all, and much of it is heard late and all at once: no bound may come first.
    for (name, value) in [
        ("PERSON_MAX_ACTIVE", "6"),
        ("MAILBOX", "200"),
        ("EXPIRY", "2h"),
    ] {
        stage.set_env(&format!("BATON_ADMISSION__{name}"), value);
    }
    let mut time = Clockwork::new(hold, baton.clone(), discord);
    let mut server = stage.serve_here(baton);
    time.until(CALM, async || {
        server.is_alive().await;
        missing(stage.sim.gateway().connected > 0, "a connection")
    })
    .await;

    time.until(CALM, async || {
        let known = stage.sim.look(|world| !world.commands().is_empty());
        missing(known, "the commands")
    })
    .await;
    time.heed(stage.store().await);
    let mut people = People::of(&stage).await;
    let mut uses = Uses::of(&stage);
    let chaos = stage.sim.chaos(&Chaos::seeded(seed()));
    let mut sizes = Sizes::default();
    while time.passed() < HOUR {
        people.speak(time.passed()).await;
        people.listen();
        uses.make(time.passed()).await;
        for _ in 0..SIGN {
            if !uses.is_waiting(time.passed()) {
                break;
            }
            time.stand_still().await;
        }
        time.step().await;
        sizes.look(time.passed());
        server.is_alive().await;
    }
    chaos.stop().await;
    // An event that was lost is found when the connection is made anew.
    stage.sim.drop_gateway();
    time.until(CALM, async || {
        people.listen();
        people.unanswered()
    })
    .await;
    time.until(CALM, async || uses.untold()).await;
    time.until(CALM, async || missing(stage.is_settled().await, "peace"))
        .await;
    people.check().await;
    uses.check().await;
    sizes.check();
    server.stop(async || time.step().await).await;
}

/// What goes wrong, and when. Other hours can be had with `SOAK_SEED`, a whole number.
fn seed() -> u64 {
    let other = std::env::var("SOAK_SEED").ok();
    let seed = other.map_or(20_261_121, |seed| {
        seed.parse().expect("SOAK_SEED: a number")
    });
    eprintln!("the hour of SOAK_SEED={seed}");
    seed
}

fn missing(there: bool, what: &str) -> Option<String> {
    (!there).then(|| what.to_owned())
}
