//! The ends of a question: each has one, whatever happens at the same time.

use std::sync::Arc;

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn of_many_decisions_at_once_one_counts() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    let all = (0..8).map(|n| {
        let ruling = if n % 2 == 0 { YES } else { no("no") };
        bench.decide(question.id, ruling)
    });
    let all = join_all(all).await;
    let done: Vec<_> = all.iter().filter_map(|one| one.as_ref().ok()).collect();
    assert_eq!(done.len(), 1, "{all:?}");
    let row = bench.row(question.id).await;
    assert_eq!(done, [&Settled::Ended(row.state)]);
    for other in all.iter().filter(|one| one.is_err()) {
        let (by, state) = (Some(owner().id), row.state);
        assert_eq!(other, &Err(NotDecided::AlreadyEnded { by, state }));
    }
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.answered().len(), 1);
}

#[tokio::test]
async fn a_decision_and_a_cancel_at_once_have_one_winner() {
    for cancel_first in [true, false] {
        let bench = Bench::with(owners_decide()).await;
        let (run, question) = bench.asked("may you?").await;
        let decide = bench.decide(question.id, YES);
        let cancel = bench.cancel(thread(11));
        let decided = if cancel_first {
            let (cancelled, decided) = tokio::join!(cancel, decide);
            cancelled.unwrap();
            decided
        } else {
            let (decided, cancelled) = tokio::join!(decide, cancel);
            cancelled.unwrap();
            decided
        };
        wait("the run has ended", async || {
            bench.store.run(run).await.unwrap().state.is_final()
        })
        .await;
        let row = bench.row(question.id).await;
        match decided {
            Ok(settled) => assert_eq!(settled, Settled::Ended(row.state)),
            Err(why) => {
                let (by, state) = (None, ApprovalState::Cancelled);
                assert_eq!(why, NotDecided::AlreadyEnded { by, state });
                assert_eq!(row.state, ApprovalState::Cancelled);
            }
        }
        let ends = "SELECT CAST(COUNT(*) AS TEXT) FROM run_events WHERE kind = 'question_ended'";
        assert_eq!(bench.sql(ends).await, "1");
    }
}

#[tokio::test]
async fn what_is_cancelled_while_it_waits_ends_and_cannot_be_decided_any_more() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    bench.cancel(thread(11)).await.unwrap();
    bench.until(run, RunState::Cancelled).await;
    let (by, state) = (None, ApprovalState::Cancelled);
    assert_eq!(
        bench.decide(question.id, YES).await,
        Err(NotDecided::AlreadyEnded { by, state })
    );
}

#[tokio::test]
async fn a_question_that_nobody_decides_ends_in_time_and_the_agent_is_told() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    bench.clock.advance(Duration::from_hours(2));
    // The clock is before everything else.
    assert_eq!(
        bench.decide(question.id, YES).await,
        Err(NotDecided::Expired)
    );
    tokio::spawn(Arc::clone(&bench.engine).keep());
    bench.until(run, RunState::Completed).await;
    let row = bench.row(question.id).await;
    assert_eq!((row.state, row.decided_by), (ApprovalState::Expired, None));
    assert_eq!(bench.answered()[0].1["behavior"], "deny");
    assert!(
        bench
            .audited()
            .await
            .contains(&"question_expired".to_owned())
    );
}

#[tokio::test]
async fn a_question_that_the_agent_takes_back_is_over() {
    let bench = Bench::with(owners_decide()).await;
    let run = bench.ask(11, "never mind").await;
    bench.until(run, RunState::Completed).await;
    let states = "SELECT state FROM approvals";
    assert_eq!(bench.sql(states).await, "cancelled");
    assert_eq!(bench.answered(), []);
}

#[tokio::test]
async fn the_time_of_a_turn_stands_still_while_people_think() {
    let mut wishes = owners_decide();
    wishes.limits.turn = Duration::from_mins(5);
    let bench = Bench::with(wishes).await;
    let (run, question) = bench.asked("may you?").await;
    let_pass(Duration::from_mins(15)).await;
    assert!(bench.is(run, RunState::Waiting).await);
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
}

#[tokio::test]
async fn a_server_that_starts_anew_goes_on_waiting_and_the_answer_comes_once() {
    let mut bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    bench.restart().await;
    assert!(bench.is(run, RunState::Waiting).await);
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.answered(), [("q1".to_owned(), allow("touch q1"))]);
    let asked = bench.audited().await;
    let times = asked.iter().filter(|one| *one == "question_asked").count();
    assert_eq!(times, 1);
}

#[tokio::test]
async fn a_decision_that_a_server_died_over_reaches_the_agent_at_the_next_start() {
    let mut bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    // As a server leaves it that dies between the decision and the answer.
    bench.stop.cancel();
    bench
        .sql("UPDATE approvals SET state = 'allowed', decided_by = 1, decided_at = 1")
        .await;
    bench.sql("UPDATE runs SET state = 'running'").await;
    bench.restart().await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.answered(), [("q1".to_owned(), allow("touch q1"))]);
    assert_eq!(bench.row(question.id).await.state, ApprovalState::Allowed);
}

#[tokio::test]
async fn an_answered_question_hides_no_open_one_before_it() {
    let mut bench = Bench::with(owners_decide()).await;
    let (run, _) = bench.asked("both").await;
    wait("both are asked", async || bench.pending().await.len() == 2).await;
    let both = bench.pending().await;
    assert_eq!(bench.decide(both[1].id, YES).await, Ok(ALLOWED));
    wait("the second is answered", async || {
        bench.answered().len() == 1
    })
    .await;
    assert!(bench.is(run, RunState::Waiting).await);
    for _ in 0..2 {
        bench.restart().await;
    }
    assert_eq!(bench.decide(both[0].id, no("no")).await.map(drop), Ok(()));
    bench.until(run, RunState::Completed).await;
    let answers: Vec<_> = bench.answered().into_iter().map(|(id, _)| id).collect();
    assert_eq!(answers, ["q2", "q1"]);
}

#[tokio::test]
async fn a_question_whose_agent_has_gone_is_lost_and_the_agent_asks_again() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    kill(bench.runners()[0]);
    bench.until(run, RunState::Interrupted).await;
    assert_eq!(bench.row(question.id).await.state, ApprovalState::Lost);
    let (by, state) = (None, ApprovalState::Lost);
    assert_eq!(
        bench.decide(question.id, YES).await,
        Err(NotDecided::AlreadyEnded { by, state })
    );
    let again = bench.ask_in(Some(thread(11)), 12, "may you?").await;
    bench.until(again, RunState::Waiting).await;
    let asked = bench.pending().await.remove(0);
    assert_eq!(bench.decide(asked.id, YES).await, Ok(ALLOWED));
    bench.until(again, RunState::Completed).await;
}

#[tokio::test]
async fn a_yes_whose_turn_to_be_stored_comes_too_late_is_none_and_leaves_nothing_behind() {
    let bench = Bench::with(owners_decide()).await;
    let (_, question) = bench.asked("may you?").await;
    let permit = bench.permit_for(&owner(), Action::Decide).await;
    // Somebody else writes into the database meanwhile.
    let busy = bench.store.write().await.unwrap();
    let engine = Arc::clone(&bench.engine);
    let deciding = tokio::spawn(async move {
        let session = Ruling::Allow(Span::Session);
        let here = thread(11);
        engine
            .decide(&permit, &owner(), question.id, session, here)
            .await
    });
    // It comes so far in either order, and what it says is the same.
    for _ in 0..20 {
        a_moment().await;
    }
    bench.clock.advance(Duration::from_hours(2));
    drop(busy);
    assert_eq!(deciding.await.unwrap().unwrap(), Err(NotDecided::Expired));
    let row = bench.row(question.id).await;
    assert_eq!(row.state, ApprovalState::Pending);
    let grants = "SELECT CAST(COUNT(*) AS TEXT) FROM grants";
    assert_eq!(bench.sql(grants).await, "0");
}
