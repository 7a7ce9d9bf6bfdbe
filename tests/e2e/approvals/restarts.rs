//! Questions outlive the server, and not the agent.

use super::*;
use crate::{
    recovery::{is_alive, kill_process, the_agent},
    stage::{parent, until},
};

/// How often a conversation's agent was given an answer to what it asked.
pub(super) fn given(stage: &Stage, asked: &ApprovalRow) -> usize {
    let runners = std::fs::read_dir(stage.data().join("run")).unwrap();
    let journals = runners
        .flatten()
        .filter_map(|runner| std::fs::read(runner.path().join("journal")).ok());
    let id = format!("answer:{}", asked.ask);
    journals
        .map(|journal| String::from_utf8_lossy(&journal).matches(&id).count())
        .sum()
}

/// What a command that was allowed has left behind.
fn ran(stage: &Stage) -> String {
    std::fs::read_to_string(stage.project().join("ran")).unwrap_or_default()
}

/// Ends the server while people are asked, and again as soon as they have decided.
async fn outlives(program: Program, mut end: impl AsyncFnMut(&mut Stage)) {
    let mut stage = Stage::with(owners_decide_on(program)).await;
    let messages = stage.owners_messages();
    let thread = stage.ask("ann", &runs(&["echo x >> ran"], "the end")).await;
    let question = stage.question(messages, "echo x").await;
    stage.says(thread, "an owner was asked").await;
    let agent = the_agent(&stage);
    let asked = stage.pending().await.remove(0);
    end(&mut stage).await;
    assert_eq!(the_agent(&stage), agent);
    stage.start().await;
    assert_eq!((given(&stage, &asked), ran(&stage)), (0, String::new()));
    stage.pressed("owner", &question, "Allow once").await;
    end(&mut stage).await;
    stage.start().await;
    stage.answer(thread, "the end").await;
    stage.closed(question.at(), "✅ Allowed once by").await;
    stage.until_settled().await;
    // Once each, though three servers were there. What is stopped without work lets its agents go.
    assert!(given(&stage, &asked) <= 1);
    assert_eq!(ran(&stage), "x\n");
    assert_eq!(stage.count(messages, "echo x"), 1);
    assert_eq!(stage.answers(thread, "the end"), 1);
}

both!(a_question_that_waits_when_the_server_is_killed_is_answered_afterwards);

async fn a_question_that_waits_when_the_server_is_killed_is_answered_afterwards(program: Program) {
    outlives(program, async |stage: &mut Stage| stage.kill().await).await;
}

both!(a_question_that_waits_when_the_server_is_stopped_is_answered_afterwards);

async fn a_question_that_waits_when_the_server_is_stopped_is_answered_afterwards(program: Program) {
    outlives(program, async |stage: &mut Stage| {
        stage.stop().await;
    })
    .await;
}

both!(a_question_whose_posting_a_kill_interrupts_is_asked_once);

async fn a_question_whose_posting_a_kill_interrupts_is_asked_once(program: Program) {
    let mut stage = Stage::with(owners_decide_on(program)).await;
    let messages = stage.owners_messages();
    let posting = discord_sim::Rule::post_message()
        .in_channel(messages)
        .after_commit();
    let held = stage.sim.hold(posting);
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(messages, "touch it").await;
    stage.kill().await;
    drop(held);
    stage.start().await;
    stage.says(thread, "an owner was asked").await;
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    assert_eq!(stage.count(messages, "touch it"), 1);
}

/// The question says that nobody can answer it any more; whoever goes on is asked anew.
async fn is_lost_and_asked_again(stage: &Stage, thread: ChannelId, question: &MessageView) {
    let lost = stage
        .closed(question.at(), "The agent's process is gone")
        .await;
    assert!(
        lost.content.contains("it is asked again"),
        "{}",
        lost.content
    );
    stage.says(thread, "ended from outside").await;
    stage.until_settled().await;
    assert_eq!(stage.pending().await, []);
    assert!(!stage.has("it"));
    let ann = stage.sim.user("ann");
    ann.says(runs(&["touch it"], "the end")).in_(thread).await;
    let again = stage
        .sim
        .wait_for_message(stage.owners_messages(), |message| {
            message.id != question.id && !message.components.is_empty()
        })
        .await;
    assert!(!stage.has("it"));
    stage.pressed("owner", &again, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.closed(again.at(), "✅ Allowed once by").await;
    stage.until_settled().await;
    assert!(stage.has("it"));
    assert_eq!(stage.answers(thread, "the end"), 1);
}

both!(a_question_whose_agent_is_killed_is_lost_and_asked_again_when_somebody_goes_on);

async fn a_question_whose_agent_is_killed_is_lost_and_asked_again_when_somebody_goes_on(
    program: Program,
) {
    let (stage, thread, question) = touching_by(program, "it").await;
    stage.says(thread, "an owner was asked").await;
    kill_process(the_agent(&stage));
    is_lost_and_asked_again(&stage, thread, &question).await;
}

both!(a_question_whose_runner_is_killed_is_lost_and_asked_again_when_somebody_goes_on);

async fn a_question_whose_runner_is_killed_is_lost_and_asked_again_when_somebody_goes_on(
    program: Program,
) {
    let (stage, thread, question) = touching_by(program, "it").await;
    stage.says(thread, "an owner was asked").await;
    kill_process(parent(the_agent(&stage)).expect("its runner lives"));
    is_lost_and_asked_again(&stage, thread, &question).await;
}

// Codex, which has one gate, has begun with nothing by then: its turn begins anew by itself.
#[tokio::test]
async fn a_question_whose_agent_is_killed_while_the_server_is_down_is_lost_at_the_next_start() {
    let (mut stage, thread, question) = touching("it").await;
    stage.says(thread, "an owner was asked").await;
    let agent = the_agent(&stage);
    stage.kill().await;
    kill_process(agent);
    until("the agent has ended", || !is_alive(agent)).await;
    stage.start().await;
    is_lost_and_asked_again(&stage, thread, &question).await;
}
