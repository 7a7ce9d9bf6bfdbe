//! How many events a second come through the tap: from Discord's gateway over the relay, serenity and the
//! tap to the listener, in a real server. The simulated Discord is on the same machine and makes them
//! meanwhile; how fast it is alone, its own bench says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unnecessary_debug_formatting,
    dead_code,
    unused_imports,
    unused_macros,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::time::Instant;

use discord_sim::ChannelId;
use stage::{Settings, Stage};

/// Events of one round; the tap holds more than that before it has the rest read back.
const EVENTS: u32 = 3_000;

/// The rounds; the median is told.
const ROUNDS: usize = 5;

/// An agent that says nothing: the last message of a round is seen to have been heard by its 👀.
const AGENT: &str = r#"
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        answer(line, "heard")
"#;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stage = Stage::with(Settings {
            fake: Some(AGENT.to_owned()),
            env: vec![("BATON_LOG__LEVEL".to_owned(), "info".to_owned())],
            ..Settings::default()
        })
        .await;
        let elsewhere = stage.sim.channel("general");
        println!(
            "| messages | events a second, median of {ROUNDS} rounds of {EVENTS} |\n|---|---|"
        );
        println!(
            "| where Baton has no part | {:.0} |",
            rate(&stage, elsewhere).await
        );
        println!(
            "| in a project's channel | {:.0} |",
            rate(&stage, stage.channel()).await
        );
    });
}

/// Has people talk in a channel, not with Baton, and gives the median of the rounds' rates.
async fn rate(stage: &Stage, channel: ChannelId) -> f64 {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(round(stage, channel).await);
        stage.until_settled().await;
    }
    rates.sort_unstable_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// Events come one after the other, so that all are through when the last one is.
async fn round(stage: &Stage, channel: ChannelId) -> f64 {
    let talker = stage.sim.user("talker");
    let began = Instant::now();
    for n in 1..EVENTS {
        let text = format!("The {n}th thing that somebody says to somebody else this morning.");
        talker.says(text).in_(channel).await;
    }
    let last = stage.sim.user("ann").says("@bot this is the last");
    let last = last.in_(stage.channel()).await;
    stage.sign(last, "👀").await;
    f64::from(EVENTS) / began.elapsed().as_secs_f64()
}
