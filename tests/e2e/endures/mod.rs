//! What Baton endures: every fault that the simulated Discord knows, by name, each against a Baton of
//! its own that people ask things of meanwhile, and whose commands and buttons they use. Whatever happens,
//! each question has one outcome and one answer, what somebody is told of a command is so, the process
//! keeps its size and does not spin, and no rule of Discord's is broken.
//!
//! Faults take time and little else, so they strike side by side. What a test says when it fails begins
//! with the fault's name; `cargo nextest run endures --no-capture` prints the figures of all of them.

mod chaos;
mod events;
mod fatal;
mod fault;
mod gateway;
mod people;
mod rest;
mod uses;
mod watch;

use std::time::Duration;

use discord_sim::{Fact, GatewayFact, WorldView};

use futures::{StreamExt as _, stream};
use tokio::sync::Semaphore;

use crate::stage::Stage;
use fault::{Case, Trouble};
use people::People;
use watch::Watch;

/// How many faults strike at the same time.
const AT_ONCE: usize = 16;

/// Whose turn it is to start: that is the part that keeps a machine busy, and it has to be done in time.
static TURN_TO_START: Semaphore = Semaphore::const_new(2);

/// The most that a Baton may grow while a fault lasts.
const GROWTH_KIB: u64 = 30 << 10;

/// The most of a core that it may take, in percent, in any [`watch::WINDOW`].
const BUSY: f64 = 20.0;

/// How often it may turn to Discord while a fault lasts, be it for an answer or for a connection. Who tries
/// again after longer and longer pauses does so a dozen times; who does not, a hundred times and more.
const ASKS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_with_requests_and_events_nothing_is_lost_and_nothing_spins() {
    // Those that cost Baton its patience come first: the others pass meanwhile.
    let cases = chaos::cases().into_iter().chain(rest::cases());
    endure(cases.chain(events::cases()).collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_with_the_gateway_nothing_is_lost_and_nothing_spins() {
    let cases = gateway::connections().into_iter();
    endure(cases.chain(gateway::closes()).collect()).await;
}

/// Lets each fault strike, and fails with the names of those that were not endured.
async fn endure(cases: Vec<Case>) {
    let told = stream::iter(cases)
        .map(|case| async {
            let name = case.name.clone();
            let told = match tokio::spawn(play(case)).await {
                Ok(told) => told,
                Err(panic) => Err(reason(panic)),
            };
            (name, told)
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let mut failed = Vec::new();
    eprintln!("| fault | grown by | of a core at most | asked Discord |\n|---|---|---|---|");
    for (name, told) in told {
        match told {
            Ok(figures) => eprintln!("| {name} | {figures}"),
            Err(why) => failed.push(format!("{name}: {why}")),
        }
    }
    assert!(failed.is_empty(), "not endured:\n{}", failed.join("\n"));
}

/// Lets one fault strike while people ask.
///
/// Gives the figures as the end of a row.
async fn play(case: Case) -> Result<String, String> {
    let Case { trouble, .. } = &case;
    let turn = TURN_TO_START.acquire().await;
    let mut stage = Stage::dark(case.settings()).await;
    if case.is_secure() {
        stage.reach_it_as_if_it_were_discord();
    }
    stage.start().await;
    let mut people = People::at_work(&stage).await;
    drop(turn);
    let watch = Watch::begin(stage.server().pid());

    let before = stage.sim.look(|world| trouble.traces(world));
    let from = stage.sim.journal().len();
    trouble.strike(&stage.sim).await;
    people.ask_meanwhile(&stage).await;
    // What is measured is how Baton is while the fault lasts.
    tokio::time::sleep(case.lasts).await;
    if trouble.is_by_chance() {
        let has_struck = |world: WorldView<'_>| trouble.traces(world) > before;
        people.ask_until(&stage, has_struck).await;
    }
    watch.until_at_rest().await?;
    let asked = seldom(&stage, from)?;
    trouble.lift(&stage.sim).await;
    let took_effect = stage
        .sim
        .wait_within(people::PATIENCE, |world| trouble.traces(world) > before);
    if took_effect.await.is_none() {
        return Err("it never took effect".to_owned());
    }
    // Events that were lost are found when the connection goes on.
    stage.sim.ask_to_reconnect();
    people.ask_afterwards(&stage).await?;
    people.until_answered(&stage, trouble.words()).await?;
    stage.until_settled().await;

    let figures = watch.end().await;
    people.check(&stage, trouble.words()).await?;
    clean(&stage)?;
    figures.within(GROWTH_KIB, BUSY)?;
    Ok(format!("{figures} | {asked} |"))
}

/// Whether Baton turned to Discord as seldom as it should since this place in the journal.
fn seldom(stage: &Stage, from: usize) -> Result<usize, String> {
    let asks = |fact: &Fact| {
        matches!(
            fact,
            Fact::Rest(_)
                | Fact::Gateway(GatewayFact::Connected { .. } | GatewayFact::Refused { .. })
        )
    };
    let journal = stage.sim.journal();
    let asked = journal[from..].iter().filter(|one| asks(&one.fact)).count();
    if asked < ASKS {
        Ok(asked)
    } else {
        Err(format!("it turned to Discord {asked} times"))
    }
}

/// Whether Discord was treated well. The stage looks as well, but does not know the fault's name.
fn clean(stage: &Stage) -> Result<(), String> {
    let violations = stage.sim.violations();
    if violations.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
    // The stage would fail once more, in the middle of this failure.
    stage.sim.take_violations();
    Err(list.join("; "))
}

/// What a panic said.
fn reason(panic: tokio::task::JoinError) -> String {
    let said = panic.into_panic();
    said.downcast_ref::<String>()
        .cloned()
        .or_else(|| said.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "it panicked".to_owned())
}

/// How long a fault lasts that does not end by itself: as long as the shortest look at the process.
const LASTS: Duration = watch::WINDOW;
