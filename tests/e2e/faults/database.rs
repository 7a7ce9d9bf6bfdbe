//! A database that does not take what happened.

use std::time::Duration;

use baton::words::{Approvers, Busy, RunId, RunState};
use prometheus_client::{encoding::text::encode, registry::Registry};

use super::{
    Bench, Wishes, hurry, kill, let_pass,
    obedient::{TAKE, obedient},
    thread, wait,
};

impl Bench {
    /// From now on no run can be moved to that state.
    async fn break_moves(&self, state: RunState) {
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
    bench.break_moves(RunState::Completed).await;
    let run = bench.ask(1, "what is it?").await;
    bench.until(run, RunState::Running).await;
    wait("the agent has answered", async || {
        bench.journal().contains("the answer")
    })
    .await;
    let_pass(Duration::from_mins(5)).await;
    assert!(bench.is(run, RunState::Running).await);
    bench.mend().await;
    hurry("the run has ended", async || {
        bench.is(run, RunState::Completed).await
    })
    .await;
    assert_eq!(bench.told(run).await, "the answer");
}

#[tokio::test]
async fn a_run_that_the_database_keeps_from_its_turn_waits_and_is_answered_later() {
    for broken in [RunState::Starting, RunState::Running] {
        let bench = Bench::new().await;
        bench.break_moves(broken).await;
        let run = bench.ask(1, "what is it?").await;
        wait("its turn has come and gone", async || {
            let pulse = bench.engine.health().await.unwrap().pulse;
            (pulse.active, pulse.queued) == (0, 1) && bench.is(run, RunState::Queued).await
        })
        .await;
        bench.mend().await;
        hurry("it is answered", async || {
            bench.is(run, RunState::Completed).await
        })
        .await;
        assert_eq!(bench.told(run).await, "the answer");
    }
}

#[tokio::test]
async fn a_run_that_could_not_be_withdrawn_keeps_its_place_and_ends_cancelled() {
    let bench = Bench::with(Wishes::one_at_a_time()).await;
    bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    let waits = bench.ask(2, "what is it?").await;
    bench.break_moves(RunState::Cancelled).await;
    let refused = bench.cancel(thread(2)).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(bench.engine.health().await.unwrap().pulse.queued, 1);
    bench.mend().await;
    bench.cancel(thread(1)).await.unwrap();
    bench.until(waits, RunState::Cancelled).await;
}

/// A run that has answered a part, and whose agent waits for two answers of people.
async fn asks_twice() -> (Bench, RunId) {
    let bench = Bench::with(Wishes {
        approvers: Approvers::Owners,
        busy: Busy::Steer,
        ..obedient()
    })
    .await;
    let run = bench.ask(1, "one").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    bench.ask_in(Some(thread(1)), 2, "two").await;
    bench.until_heard(2).await;
    bench.answers_first().await;
    bench.takes_up_second().await;
    bench.does("may_i('q1')").await;
    bench.does("may_i('q2')").await;
    wait("both are asked", async || {
        bench
            .sql("SELECT ask FROM approvals WHERE ask = 'q2'")
            .await
            == "q2"
    })
    .await;
    (bench, run)
}

impl Bench {
    /// One of the two questions cannot be read any more, and the server comes to see that.
    async fn damage(&self) {
        self.sql("UPDATE approvals SET asked_by = '{' WHERE ask = 'q1'")
            .await;
        // It may have looked at the question before it hears this.
        self.is_to_do("withdraw('q1')");
    }

    /// What is counted, as Prometheus reads it.
    fn counted(&self) -> Vec<String> {
        let mut registry = Registry::default();
        self.wishes.metrics.register(&mut registry);
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        page.lines().map(str::to_owned).collect()
    }

    /// Whether people were told all that can be told of a run that was damaged.
    async fn tells_what_it_can(&self, run: RunId) {
        self.tells(run, "one").await;
    }

    /// The same, with what it has answered.
    async fn tells(&self, run: RunId, answered: &str) {
        self.until(run, RunState::Failed).await;
        let told = self.told(run).await;
        assert!(told.contains("Baton could not use its database"), "{told}");
        assert_eq!(self.told_before(run).await, answered);
        assert_eq!(self.requests().await, "answered failed");
        let questions = "SELECT GROUP_CONCAT(ask || ' ' || state, ', ') FROM
                           (SELECT ask, state FROM approvals ORDER BY ask)";
        assert_eq!(self.sql(questions).await, "q1 lost, q2 lost");
        let closed = "SELECT CAST(COUNT(*) AS TEXT) FROM deliveries WHERE kind = 'question_end'";
        assert_eq!(self.sql(closed).await, "2");
    }
}

#[tokio::test]
async fn a_run_that_meets_what_no_other_try_can_mend_ends_and_its_place_is_free() {
    let (bench, run) = asks_twice().await;
    bench.damage().await;
    bench.tells_what_it_can(run).await;
    wait("the agent is ended", async || bench.runners().is_empty()).await;
    let next = bench.ask(3, "go").await;
    bench.until(next, RunState::Running).await;
}

#[tokio::test]
async fn what_was_answered_and_what_it_cost_is_kept_although_the_end_cannot_be_stored_whole() {
    let (bench, run) = asks_twice().await;
    // No end of a run can be stored whole that ends this question with it.
    bench
        .sql("UPDATE approvals SET asked_by = '{' WHERE ask = 'q1'")
        .await;
    bench.does("end(result='two', total_cost_usd=0.25)").await;
    bench.tells(run, "one\n\ntwo").await;
    let used = "SELECT input_tokens || ' ' || output_tokens || ' ' || cost_microusd FROM runs";
    assert_eq!(bench.sql(used).await, "2 2 250000");
    let counted = bench.counted();
    let failed = counted
        .iter()
        .find(|line| line.contains("state=\"failed\""));
    assert!(
        failed.is_some_and(|line| line.ends_with(" 1")),
        "{counted:?}"
    );
}

#[tokio::test]
async fn what_not_even_its_failure_could_be_stored_of_the_next_server_tells() {
    let (mut bench, run) = asks_twice().await;
    bench.break_moves(RunState::Failed).await;
    bench.damage().await;
    wait("the agent is ended", async || bench.runners().is_empty()).await;
    assert!(!bench.is(run, RunState::Failed).await);
    bench.restart().await;
    bench.mend().await;
    bench.tells_what_it_can(run).await;
}

/// Whether a runner outlives its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runner {
    Lives,
    IsGone,
}

#[tokio::test]
async fn an_answer_in_a_journal_waits_for_a_database_that_cannot_be_read_when_it_is_found() {
    for table in ["follow_ups", "run_events", "joined_requests"] {
        for runner in [Runner::Lives, Runner::IsGone] {
            let mut bench = Bench::new().await;
            let run = bench.ask(1, "work for ever").await;
            bench.until_begun().await;
            bench.stop.cancel();
            std::fs::write(bench.home.path().join("go"), "").unwrap();
            wait("the agent has answered", async || {
                bench.journal().contains("the end")
            })
            .await;
            if runner == Runner::IsGone {
                kill(bench.runners()[0]);
                wait("the runner is gone", async || bench.runners().is_empty()).await;
            }
            let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
            bench.sql(&rename(table, "gone")).await;
            bench.restart().await;
            let_pass(Duration::from_mins(1)).await;
            assert!(
                bench.is(run, RunState::Running).await,
                "{table}, {runner:?}"
            );
            bench.sql(&rename("gone", table)).await;
            hurry("the run has ended", async || {
                !bench.told(run).await.is_empty()
            })
            .await;
            let end = (
                bench.is(run, RunState::Completed).await,
                bench.told(run).await,
            );
            assert_eq!(end, (true, "the end".to_owned()), "{table}, {runner:?}");
        }
    }
}
