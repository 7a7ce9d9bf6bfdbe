//! A database that does not take what happened.

use std::time::Duration;

use baton::words::RunState;

use super::{Bench, Wishes, hurry, thread};

impl Bench {
    /// From now on no run can be ended so.
    async fn break_ends(&self, state: RunState) {
        let trigger = format!(
            "CREATE TRIGGER broken BEFORE UPDATE OF state ON runs WHEN NEW.state = '{state}'
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        );
        self.sql(&trigger).await;
    }

    async fn mend(&self) {
        self.sql("DROP TRIGGER broken").await;
    }
}

#[tokio::test]
async fn an_answer_waits_until_the_database_takes_it_however_long_that_is() {
    let bench = Bench::new().await;
    bench.break_ends(RunState::Completed).await;
    let run = bench.ask(1, "what is it?").await;
    bench.until(run, RunState::Running).await;
    let began = tokio::time::Instant::now();
    let five_minutes = Duration::from_mins(5);
    hurry("five minutes are over", async || {
        began.elapsed() > five_minutes
    })
    .await;
    assert!(bench.is(run, RunState::Running).await);
    bench.mend().await;
    hurry("the run has ended", async || {
        bench.is(run, RunState::Completed).await
    })
    .await;
    assert_eq!(bench.told(run).await, "the answer");
}

#[tokio::test]
async fn a_run_that_could_not_be_withdrawn_keeps_its_place_and_ends_cancelled() {
    let bench = Bench::with(Wishes::one_at_a_time()).await;
    bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    let waits = bench.ask(2, "what is it?").await;
    bench.break_ends(RunState::Cancelled).await;
    let refused = bench.cancel(thread(2)).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(bench.engine.health().await.unwrap().queued, 1);
    bench.mend().await;
    bench.cancel(thread(1)).await.unwrap();
    bench.until(waits, RunState::Cancelled).await;
}
