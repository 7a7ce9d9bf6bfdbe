//! The runner or the agent dies: the run ends, its tree is gone, and the session goes on.

use std::fs;

use discord_sim::ChannelId;

use super::{
    answered_once, is_alive, kill_process, runners, streamed, the_agent, tool, until_there,
};
use crate::{
    cancel::{asleep, unheard_of},
    stage::{Program, Stage, parent, until},
};

/// What the person is told.
const INTERRUPTED: &str = "ended from outside";

/// A run whose tool has started something that has left its process group.
async fn busy_with_a_fugitive(stage: &Stage) -> (ChannelId, String) {
    let sleep = unheard_of();
    let flee = format!("setsid sleep {sleep} > /dev/null 2>&1 &");
    let thread = stage
        .ask(
            "ann",
            &format!("the word is apricot {}", tool(&flee, "never")),
        )
        .await;
    until_there(&stage.project().join("begun")).await;
    until("the fugitive lives", || asleep(&sleep) == 1).await;
    (thread, sleep)
}

/// The runner of the one agent of a stage.
fn its_runner(stage: &Stage) -> u32 {
    parent(the_agent(stage)).expect("its runner lives")
}

/// The run has ended, once and visibly; nothing of it lives; the session remembers.
async fn ended_and_goes_on(stage: &Stage, thread: ChannelId, fugitive: &str) {
    stage.says(thread, INTERRUPTED).await;
    stage.nothing_lives(|| asleep(fugitive) == 0).await;
    assert_eq!(stage.agents(), [0; 0]);
    assert_eq!(stage.count(thread, "never"), 0);
    stage
        .sim
        .user("ann")
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, INTERRUPTED), 1);
}

both!(a_killed_runner_ends_its_run_and_the_session_goes_on);

async fn a_killed_runner_ends_its_run_and_the_session_goes_on(program: Program) {
    let stage = Stage::of(program).await;
    let (thread, fugitive) = busy_with_a_fugitive(&stage).await;
    kill_process(its_runner(&stage));
    ended_and_goes_on(&stage, thread, &fugitive).await;
}

both!(a_killed_agent_ends_its_run_and_the_session_goes_on);

async fn a_killed_agent_ends_its_run_and_the_session_goes_on(program: Program) {
    let stage = Stage::of(program).await;
    let (thread, fugitive) = busy_with_a_fugitive(&stage).await;
    kill_process(the_agent(&stage));
    ended_and_goes_on(&stage, thread, &fugitive).await;
}

#[tokio::test]
async fn a_runner_killed_while_the_server_is_down_ends_its_run_at_the_next_start() {
    let mut stage = Stage::open().await;
    let (thread, fugitive) = busy_with_a_fugitive(&stage).await;
    let runner = runners(&stage)[0];
    stage.kill().await;
    kill_process(runner);
    until("the runner has ended", || !is_alive(runner)).await;
    stage.start().await;
    ended_and_goes_on(&stage, thread, &fugitive).await;
}

both!(an_agent_killed_while_the_server_is_down_ends_its_run_at_the_next_start);

async fn an_agent_killed_while_the_server_is_down_ends_its_run_at_the_next_start(program: Program) {
    let mut stage = Stage::of(program).await;
    let (thread, fugitive) = busy_with_a_fugitive(&stage).await;
    let agent = the_agent(&stage);
    stage.kill().await;
    kill_process(agent);
    until("the agent has ended", || !is_alive(agent)).await;
    stage.start().await;
    ended_and_goes_on(&stage, thread, &fugitive).await;
}

#[tokio::test]
async fn a_server_that_was_killed_while_it_cleared_up_does_not_ask_again() {
    let mut stage = Stage::open().await;
    let (thread, fugitive) = busy_with_a_fugitive(&stage).await;
    let runner = runners(&stage)[0];
    stage.kill().await;
    kill_process(runner);
    until("the runner has ended", || !is_alive(runner)).await;
    for entry in fs::read_dir(stage.data().join("run")).unwrap().flatten() {
        if entry.path().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    stage.start().await;
    ended_and_goes_on(&stage, thread, &fugitive).await;
}

#[tokio::test]
async fn an_answer_that_only_the_journal_of_a_dead_runner_knows_is_delivered() {
    let mut stage = Stage::open().await;
    let thread = stage
        .ask("ann", &streamed("known to ", "the journal"))
        .await;
    stage.model.wait_for_hold("middle").await;
    let runner = runners(&stage)[0];
    stage.kill().await;
    stage.model.release("middle");
    until("the turn is in the journal", || {
        journal(&stage).contains("\"type\":\"result\"")
    })
    .await;
    kill_process(runner);
    until("the runner has ended", || !is_alive(runner)).await;
    stage.start().await;
    answered_once(&stage, thread, "known to the journal").await;
    assert_eq!(stage.agents(), [0; 0]);
}

/// Everything that stands in the journals of a stage.
fn journal(stage: &Stage) -> String {
    let entries = fs::read_dir(stage.data().join("run")).unwrap();
    let journals = entries.flatten().map(|entry| entry.path().join("journal"));
    journals
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect()
}

both!(an_agent_killed_before_it_did_anything_begins_its_turn_anew_by_itself_once);

async fn an_agent_killed_before_it_did_anything_begins_its_turn_anew_by_itself_once(
    program: Program,
) {
    let stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"noted"}]"#)
        .await;
    answered_once(&stage, thread, "noted").await;
    let ann = stage.sim.user("ann");
    for (cut, text) in [("one", "first half, "), ("two", "half again, ")] {
        let script = streamed(text, "second half").replace("middle", cut);
        ann.says(script).in_(thread).await;
        stage.model.wait_for_hold(cut).await;
        let agent = the_agent(&stage);
        kill_process(agent);
        until("another agent works", || {
            let agents = super::agents(&stage);
            agents.len() == 1 && agents[0] != agent
        })
        .await;
        stage.model.wait_for_hold(cut).await;
        stage.model.release(cut);
        answered_once(&stage, thread, &format!("{text}second half")).await;
    }
    ann.says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
}

both!(an_agent_that_is_killed_again_and_again_interrupts_its_run);

async fn an_agent_that_is_killed_again_and_again_interrupts_its_run(program: Program) {
    let stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", &streamed("first half, ", "second half"))
        .await;
    stage.model.wait_for_hold("middle").await;
    let (number, _) = stage.turn_with("second half").await;
    kill_process(the_agent(&stage));
    let again = |one: &model_sim::RequestRecord| one.number > number && one.step.is_some();
    stage.model.wait_for_request(again).await;
    kill_process(the_agent(&stage));
    stage.says(thread, INTERRUPTED).await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "second half"), 0);
    assert_eq!(stage.agents(), [0; 0]);
}

#[tokio::test]
async fn an_agent_killed_before_it_did_anything_while_the_server_is_down_begins_anew_too() {
    let mut stage = Stage::open().await;
    let thread = stage
        .ask("ann", &streamed("first half, ", "second half"))
        .await;
    stage.model.wait_for_hold("middle").await;
    let agent = the_agent(&stage);
    stage.kill().await;
    kill_process(agent);
    until("the agent has ended", || !is_alive(agent)).await;
    stage.start().await;
    until("another agent works", || {
        super::agents(&stage).iter().any(|one| *one != agent)
    })
    .await;
    stage.model.wait_for_hold("middle").await;
    stage.model.release("middle");
    answered_once(&stage, thread, "first half, second half").await;
}
