//! Journals that grow.

use baton::words::RunState;

use super::{Bench, thread, wait};

#[tokio::test]
async fn an_agent_whose_journal_is_more_than_half_full_is_not_kept() {
    let bench = Bench::new().await;
    let first = bench.ask(1, "tell it at length").await;
    bench.until(first, RunState::Completed).await;
    wait("it is ended", async || bench.runners().is_empty()).await;
    let next = bench.ask_in(Some(thread(1)), 2, "tell it at length").await;
    bench.until(next, RunState::Completed).await;
}

#[tokio::test]
async fn a_turn_that_fills_the_journal_is_ended_and_the_person_told_why() {
    let bench = Bench::new().await;
    let run = bench.ask(1, "talk endlessly").await;
    bench.until(run, RunState::Failed).await;
    let told = bench.told(run).await;
    let (sentence, _) = told.split_once("\n-# reference ").unwrap();
    assert_eq!(
        sentence,
        "⚠️ The agent did more than Baton can keep a record of, so it was ended. What it did so far \
         stays in its memory: send a message to go on. If it happens again, ask the operator to look \
         at the log."
    );
    let next = bench.ask_in(Some(thread(1)), 2, "what is it?").await;
    bench.until(next, RunState::Completed).await;
}
