//! A flood of people who may not: it costs little, and those who may are served meanwhile.

use std::{fs, time::Duration};

use baton::words::{Scope, Tier};
use discord_sim::{ChannelId, Fact, GatewayFact, RateLimits, SimConfig, Tls};

use crate::stage::{Settings, Stage, memory};

const GUESTS: usize = 25;
const BLOCKED: usize = 25;
const MESSAGES: usize = 10_000;

/// How much more memory the server may take after it, in bytes; it was 31 MiB.
const MEMORY: u64 = 48 << 20;

/// How much of that may come of the second half, when all is warm; it was 0.7 MiB.
const AGAIN: u64 = 12 << 20;

/// Signs that one person gets at most, see `src/session/courtesy.rs`.
const SIGNS: usize = 10;

/// Requests of the 10,000 in ten minutes for which Discord bans an address (topics/rate-limits).
const INVALID: usize = 50;

/// A stage whose Discord limits the rate of requests as the real one does.
async fn stage() -> Stage {
    let mut stage = Stage::dark(Settings {
        sim: SimConfig {
            tls: Tls::On,
            rate_limits: RateLimits::Realistic,
            ..SimConfig::default()
        },
        ..Settings::default()
    })
    .await;
    let ca = stage.home().join("ca.pem");
    fs::write(&ca, stage.sim.ca_pem().unwrap()).unwrap();
    let base = format!("https://{}", stage.sim.tls_addr().unwrap());
    stage.set_env("BATON_DISCORD__API_BASE", &base);
    stage.set_env("BATON_DISCORD__API_CA", &ca.display().to_string());
    for n in 0..BLOCKED {
        stage.grant(&blocked(n), Scope::Global, Tier::Blocked).await;
    }
    stage.start().await;
    stage
}

fn blocked(n: usize) -> String {
    format!("blocked{n}")
}

/// Waits for an answer behind all that the flood left to be decided on: on a busy machine that takes
/// longer than anything else in the tests.
async fn answered(stage: &Stage, place: ChannelId, text: &str) {
    let is_answer = |message: discord_sim::MessageView| {
        message.author == "bot" && message.content.starts_with(text)
    };
    let came = stage
        .sim
        .wait_within(Duration::from_mins(2), |world| {
            world.messages(place).into_iter().any(is_answer)
        })
        .await;
    assert!(came.is_some(), "{text} did not come");
}

async fn flood(stage: &Stage, thread: ChannelId, messages: std::ops::Range<usize>) {
    for n in messages {
        let person = n % (GUESTS + BLOCKED);
        let name = if person < GUESTS {
            format!("guest{person}")
        } else {
            blocked(person - GUESTS)
        };
        let user = stage.sim.user(&name);
        if n % 3 == 0 {
            let _ = user.says("forbidden word").in_(thread).await;
        } else {
            let said = user.says("@bot forbidden word");
            let _ = said.in_(stage.channel()).await;
        }
        // Other tasks of this process are the simulator's.
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn reactions_are_not_even_told_to_baton() {
    let stage = Stage::open().await;
    let journal = stage.sim.journal().into_iter();
    let mut wanted = journal.filter_map(|entry| match entry.fact {
        Fact::Gateway(GatewayFact::Identified { intents, .. }) => Some(intents),
        _ => None,
    });
    // GUILDS, GUILD_MESSAGES and MESSAGE_CONTENT (events/gateway#gateway-intents).
    assert_eq!(wanted.next(), Some(1 | 1 << 9 | 1 << 15));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_of_people_who_may_not_cost_little_and_keep_nobody_waiting() {
    let stage = stage().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    stage.until_settled().await;
    let before = memory(stage.server().pid()).resident;

    flood(&stage, thread, 0..MESSAGES / 2).await;
    // Members are served in the middle of it.
    let ann = stage.sim.user("ann");
    let said = ann.says(r#"still there? STUB:[{"text":"answer two"}]"#);
    let in_thread = said.in_(thread).await;
    let began = stage
        .ask("ann", r#"and here? STUB:[{"text":"answer three"}]"#)
        .await;
    answered(&stage, thread, "answer two").await;
    answered(&stage, began, "answer three").await;
    stage.sign(in_thread, "👀").await;
    let between = memory(stage.server().pid()).resident;
    flood(&stage, thread, MESSAGES / 2..MESSAGES).await;
    let last = stage
        .ask("ann", r#"the end STUB:[{"text":"answer four"}]"#)
        .await;
    answered(&stage, last, "answer four").await;

    let after = memory(stage.server().pid()).resident;
    eprintln!(
        "from {before} to {between} to {after} bytes, {} invalid requests",
        stage.sim.invalid_requests()
    );
    assert!(after < before + MEMORY, "from {before} to {after} bytes");
    assert!(after < between + AGAIN, "from {between} to {after} bytes");
    let told = stage.count(stage.channel(), "Only members") + stage.count(thread, "Only members");
    assert!(told <= GUESTS, "{told} sentences");
    let everywhere = [stage.channel(), thread];
    let messages = everywhere
        .iter()
        .flat_map(|place| stage.sim.messages(*place));
    let signs = messages
        .filter(|message| message.has_reaction("🚫"))
        .count();
    assert!(signs <= SIGNS * (GUESTS + BLOCKED), "{signs} signs");
    assert!(signs > 0, "nobody saw a sign");
    // Requests that are sent at once are told to wait before the first answer can say so.
    let invalid = stage.sim.invalid_requests();
    assert!(invalid < INVALID, "{invalid} invalid requests");
    assert!(!stage.model_saw("forbidden word"));
}
