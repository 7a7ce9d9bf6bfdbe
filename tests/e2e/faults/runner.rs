//! Runners that do not answer, cannot be reached, or do not start.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    time::Duration,
};

use baton::words::RunState;

use super::{Bench, Wishes, hurry, let_pass, stop, thread, wait};

/// Longer than anything here takes while the clock is not hurried.
const A_WHILE: Duration = Duration::from_mins(2);

/// Long enough for an attempt, not long enough to give up.
const TRIED: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_run_whose_runner_does_not_answer_can_be_cancelled_and_frees_its_slot() {
    let bench = Bench::with(Wishes::one_at_a_time()).await;
    let stuck = bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    let next = bench.ask(2, "what is it?").await;
    stop(bench.runners()[0]);
    bench.cancel(thread(1)).await.unwrap();
    hurry("the run has ended", async || {
        bench.is(stuck, RunState::Cancelled).await
    })
    .await;
    bench.until(next, RunState::Completed).await;
    // It was killed, with all that it had started.
    assert_eq!(bench.runners().len(), 1);
}

#[tokio::test]
async fn a_turn_that_takes_too_long_ends_though_its_runner_does_not_answer() {
    let mut wishes = Wishes::default();
    wishes.limits.turn = A_WHILE;
    let bench = Bench::with(wishes).await;
    let stuck = bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    stop(bench.runners()[0]);
    hurry("the run has ended", async || {
        bench.is(stuck, RunState::Failed).await
    })
    .await;
    let told = bench.told(stuck).await;
    assert!(
        told.starts_with("⚠️ This took longer than a turn may take"),
        "{told}"
    );
}

#[tokio::test]
async fn an_idle_agent_whose_runner_does_not_answer_is_ended_like_any_other() {
    let mut wishes = Wishes::default();
    wishes.limits.idle = A_WHILE;
    let bench = Bench::with(wishes).await;
    tokio::spawn(std::sync::Arc::clone(&bench.engine).keep());
    let first = bench.ask(1, "what is it?").await;
    bench.until(first, RunState::Completed).await;
    wait("the agent is kept", async || bench.warm().await == 1).await;
    stop(bench.runners()[0]);
    hurry("it is ended", async || bench.runners().is_empty()).await;
}

#[tokio::test]
async fn an_agent_whose_runner_does_not_answer_makes_room_for_another() {
    let bench = Bench::new().await;
    for message in [1, 2] {
        let run = bench.ask(message, "what is it?").await;
        bench.until(run, RunState::Completed).await;
    }
    wait("both are kept", async || bench.warm().await == 2).await;
    for runner in bench.runners() {
        stop(runner);
    }
    let third = bench.ask(3, "what is it?").await;
    hurry("there is room", async || bench.runners().len() == 1).await;
    bench.until(third, RunState::Completed).await;
}

#[tokio::test]
async fn a_runner_that_dies_at_its_start_is_told_in_a_sentence_and_its_words_are_not() {
    let room = tempfile::tempdir().unwrap();
    let program = room.path().join("runner");
    let script =
        "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x >&2\necho /private >&2\nexit 1\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let bench = Bench::with(Wishes {
        program,
        ..Wishes::default()
    })
    .await;
    let run = bench.ask(1, "what is it?").await;
    bench.until(run, RunState::Failed).await;
    let told = bench.told(run).await;
    let (sentence, _) = told.split_once("\n-# reference ").unwrap();
    assert_eq!(
        sentence,
        "⚠️ The agent could not be started. Send your message again; if that does not help, ask the \
         operator to look at the log."
    );
}

#[tokio::test]
async fn an_agent_at_work_that_cannot_be_reached_at_once_is_tried_again() {
    let mut bench = Bench::new().await;
    let run = bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    let at_work = bench.runners();
    let mut paths = bench.lying_around().into_iter();
    let socket = paths
        .find(|path| path.extension().is_some_and(|end| end == "sock"))
        .unwrap();
    let away = bench.home.path().join("away");
    fs::rename(&socket, &away).unwrap();
    // Whoever opens this goes in circles: an error that says nothing about the runner.
    symlink(&socket, &socket).unwrap();
    bench.restart().await;
    let_pass(TRIED).await;
    fs::rename(&away, &socket).unwrap();
    fs::write(bench.home.path().join("go"), "").unwrap();
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "the end");
    assert_eq!(bench.runners(), at_work);
}
