//! Ending on request, one server a directory, and what holds across a restart.

use baton::words::RunState;
use discord_sim::ChannelId;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{answered_once, runners, streamed, the_agent, tool, until_there};
use crate::stage::{Program, Stage, until};

/// What the log says at the beginning of it.
const TAKES_UP: &str = "taking up what an earlier server left";

/// Stops every runner of a stage, or has it go on.
fn signal_runners(stage: &Stage, signal: Signal) {
    let runners = runners(stage);
    assert!(!runners.is_empty());
    for pid in runners {
        kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
    }
}

both!(asked_to_end_with_a_run_at_work_the_server_goes_and_the_next_one_takes_the_run_up);

async fn asked_to_end_with_a_run_at_work_the_server_goes_and_the_next_one_takes_the_run_up(
    program: Program,
) {
    let mut stage = Stage::of(program).await;
    let thread = stage.ask("ann", &streamed("begun, ", "and finished")).await;
    stage.model.wait_for_hold("middle").await;
    let agent = the_agent(&stage);
    stage.stop().await;
    assert_eq!(the_agent(&stage), agent);
    stage.start().await;
    stage.model.release("middle");
    answered_once(&stage, thread, "begun, and finished").await;
    assert_eq!(the_agent(&stage), agent);
}

both!(asked_to_end_while_a_tool_runs_the_server_goes_and_the_tool_does_not);

async fn asked_to_end_while_a_tool_runs_the_server_goes_and_the_tool_does_not(program: Program) {
    let mut stage = Stage::of(program).await;
    let thread = stage.ask("ann", &tool("", "the tool is done")).await;
    until_there(&stage.project().join("begun")).await;
    let agent = the_agent(&stage);
    let run = stage.open_run(thread).await;
    stage.stop().await;
    assert_eq!(the_agent(&stage), agent);
    stage.start().await;
    assert_eq!(stage.state(run).await, RunState::Running);
    std::fs::write(stage.project().join("go"), "").unwrap();
    answered_once(&stage, thread, "the tool is done").await;
    assert_eq!(the_agent(&stage), agent);
    let ran = std::fs::read_to_string(stage.project().join("ran")).unwrap();
    assert_eq!(ran, "x\n");
}

#[tokio::test]
async fn asked_to_end_while_it_takes_up_what_was_left_the_server_goes() {
    let mut stage = Stage::open().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    answered_once(&stage, thread, "answer one").await;
    stage.until_settled().await;
    stage.kill().await;
    // The server waits half a minute for a runner that does not answer.
    signal_runners(&stage, Signal::SIGSTOP);
    let begun = stage.log().matches(TAKES_UP).count();
    stage.start_unconnected();
    until("it takes up what was left", || {
        stage.log().matches(TAKES_UP).count() > begun
    })
    .await;
    stage.stop().await;
    signal_runners(&stage, Signal::SIGCONT);
}

#[tokio::test]
async fn a_second_server_says_who_holds_the_directory() {
    let stage = Stage::open().await;
    let second = stage.start_another().await;
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success(), "{said}");
    assert!(
        said.contains(&format!("process {}", stage.server().pid())),
        "{said}"
    );
    // The first one did not notice.
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"still here"}]"#)
        .await;
    answered_once(&stage, thread, "still here").await;
}

/// Stores a wish to cancel as the server does it, as if that had died right after.
async fn wish_to_cancel(stage: &Stage, thread: ChannelId) {
    let store = stage.store().await;
    let thread = baton::words::ChannelId::new(thread.get());
    let session = store.session_in(thread).await.unwrap().unwrap();
    let run = store.open_run_of(session.id).await.unwrap().unwrap();
    let mut tx = store.write().await.unwrap();
    let by = baton::words::UserId::new(stage.sim.user("ann").id().get());
    tx.note_cancel(run.id, by, baton::clock::Millis::new(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

both!(a_run_whose_cancel_was_stored_before_the_kill_is_cancelled_after_it);

async fn a_run_whose_cancel_was_stored_before_the_kill_is_cancelled_after_it(program: Program) {
    let mut stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", &format!("the word is apricot {}", tool("", "never")))
        .await;
    until_there(&stage.project().join("begun")).await;
    stage.kill().await;
    wish_to_cancel(&stage, thread).await;
    stage.start().await;
    stage.says(thread, "Cancelled").await;
    assert_eq!(stage.count(thread, "never"), 0);
    stage
        .sim
        .user("ann")
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "Cancelled"), 1);
}

#[tokio::test]
async fn an_answer_that_the_database_does_not_take_at_first_is_not_lost() {
    let stage = Stage::open().await;
    let thread = stage.ask("ann", &streamed("begun, ", "and finished")).await;
    stage.model.wait_for_hold("middle").await;
    let store = stage.store().await;
    let occupied = store.write().await.unwrap();
    stage.model.release("middle");
    until("the end was not taken", || {
        stage.log().contains("could not be stored; trying again")
    })
    .await;
    drop(occupied);
    store.close().await;
    answered_once(&stage, thread, "begun, and finished").await;
}
