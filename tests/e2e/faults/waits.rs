//! What those are told who wait for their turn.

use std::sync::Arc;

use baton::{access::Action, session::Standing, words::RunState};

use super::{Bench, Wishes, gate, owner, place, thread};

/// Many meet the moment in which a slot is given back, if there is one.
const TIMES: u64 = 10;

#[tokio::test]
async fn who_asks_again_right_after_his_answer_is_not_told_that_he_waits_for_it() {
    let mut wishes = Wishes::default();
    wishes.limits.person.active = 1;
    let bench = Bench::with(wishes).await;
    tokio::spawn(Arc::clone(&bench.engine).keep());
    let mut run = bench.ask(1, "what is it?").await;
    for message in 2..TIMES {
        bench.until(run, RunState::Completed).await;
        run = bench.ask(message, "and this?").await;
    }
    bench.until(run, RunState::Completed).await;
    let told = "SELECT GROUP_CONCAT(json_extract(payload, '$.text')) FROM deliveries
                WHERE key LIKE 'queued:%'";
    assert_eq!(bench.sql(told).await, "");
}

#[tokio::test]
async fn who_has_a_slot_and_has_not_begun_is_told_so_and_not_that_he_is_at_work() {
    let bench = Bench::new().await;
    // Who has a slot begins no more.
    bench.stop.cancel();
    bench.ask(1, "what is it?").await;
    let permit = gate(&bench.store)
        .authorize(&owner(), place(Some(thread(1))), Action::SeeQueue)
        .await;
    let positions = bench.engine.positions(&permit.unwrap().unwrap()).await;
    let standings: Vec<_> = positions
        .unwrap()
        .into_iter()
        .map(|one| one.standing)
        .collect();
    assert_eq!(standings, [Standing::Next]);
}
