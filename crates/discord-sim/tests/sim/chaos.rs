//! Faults by chance.

use std::time::Duration;

use discord_sim::{Chaos, ChaosFamily, Fact, JournalSize, Sim, SimConfig, WorldView};

use crate::client::{Gateway, INTENTS, post};
use crate::scene::sim;

/// What was done so far, and when.
fn done(world: WorldView<'_>) -> Vec<(i64, String)> {
    let entries = world.journal().iter();
    let done = entries.filter_map(|entry| {
        let Fact::Chaos { what } = &entry.fact else {
            return None;
        };
        Some((entry.at_ms, what.clone()))
    });
    done.collect()
}

#[tokio::test]
async fn a_seed_does_the_same_again_and_all_of_it_is_in_the_journal() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sim = sim().await;
        let run = sim.chaos(&Chaos::seeded(42));
        sim.advance(Duration::from_hours(1));
        let done = sim.wait_for(|world| {
            let done = done(world);
            (done.len() >= 400).then_some(done)
        });
        let what: Vec<String> = done
            .await
            .into_iter()
            .map(|(_, what)| what)
            .take(400)
            .collect();
        for family in ["Request(", "Event(", "Gateway(", "Shut", "Open"] {
            assert!(what.iter().any(|what| what.starts_with(family)), "{family}");
        }
        run.stop().await;
        runs.push(what);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn faults_come_at_their_time_and_end_when_they_are_stopped() {
    let sim = sim().await;
    let only_outages = [
        ChaosFamily::Requests,
        ChaosFamily::Dispatch,
        ChaosFamily::Gateway,
    ]
    .into_iter()
    .fold(Chaos::seeded(1), Chaos::without)
    .every(ChaosFamily::Outage, Duration::from_mins(1));
    let run = sim.chaos(&only_outages);
    while sim.look(done).is_empty() {
        sim.advance(Duration::from_millis(500));
        // The driver has looked at the new time when it has had its turn.
        tokio::task::yield_now().await;
    }
    let (at_ms, what) = sim.look(done)[0].clone();
    assert_eq!(what, "Shut");
    assert!(at_ms < 1_800_000_120_500);
    run.stop().await;
    sim.advance(Duration::from_hours(1));
    post(&sim, sim.channel("general"), "calm").await;
    let (_gateway, ready, _) = Gateway::identified(&sim, INTENTS).await;
    assert_eq!(ready["t"], "READY");
    assert_eq!(sim.look(done).len(), 1);
}

#[tokio::test]
async fn a_bounded_journal_keeps_the_last_facts_and_counts_all() {
    let sim = Sim::start(SimConfig {
        journal: JournalSize::Last(10),
        ..SimConfig::default()
    })
    .await;
    for _ in 0..100 {
        sim.user("member")
            .says("x")
            .in_(sim.channel("general"))
            .await;
    }
    let journal = sim.journal();
    assert!((10..20).contains(&journal.len()));
    let counts = sim.look(|world| world.counts());
    assert_eq!(counts.messages, 100);
    assert_eq!(
        journal.last().map(|entry| entry.seq as u64 + 1),
        Some(counts.facts)
    );
}
