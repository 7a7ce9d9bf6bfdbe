//! What a message does that comes while the agent works, where it need not wait.

use std::path::Path;

use baton::words::{RunState, Scope, Tier};
use discord_sim::{ChannelId, MessageRef};
use serde_json::json;

use crate::stage::{Program, Settings, Stage, until};

/// An answer in two parts, the second of which waits.
pub(crate) const HELD: &str =
    r#"STUB:[{"text":"the first answer","chunks":2,"hold_after":1,"hold":"middle"}]"#;

async fn stage_with(program: Program, busy: &str) -> Stage {
    let env = vec![("BATON_PROJECTS__0__BUSY".to_owned(), busy.to_owned())];
    let stage = Stage::with(Settings {
        env,
        ..Settings::of(program)
    })
    .await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    stage
}

/// Words for an agent whose tool says that it has begun, and ends when this file is there.
fn waits_for(gate: &Path) -> String {
    let wait = format!(
        "touch begun; until [ -e {} ]; do sleep 0.05; done",
        gate.display()
    );
    let play = json!([{"do": {"run": wait}}, {"text": "without it"}]);
    format!("begin STUB:{play}")
}

/// How many messages the runners' journals say have joined a turn.
fn joined(data: &Path) -> usize {
    let runners = std::fs::read_dir(data.join("run")).into_iter().flatten();
    let journals = runners
        .flatten()
        .filter_map(|runner| std::fs::read(runner.path().join("journal")).ok());
    journals
        .map(|journal| {
            let journal = String::from_utf8_lossy(&journal).into_owned();
            journal.matches("join:").count()
        })
        .sum()
}

/// Writes into a conversation whose agent works, and waits until the agent has been given it.
pub(crate) async fn joins(stage: &Stage, name: &str, text: &str, thread: ChannelId) -> MessageRef {
    let before = joined(&stage.data());
    let said = stage.sim.user(name).says(text).in_(thread).await;
    until("the message has joined", || joined(&stage.data()) > before).await;
    said
}

// Codex drops the half of a reply that is steered.
#[tokio::test]
async fn a_message_that_steers_is_answered_with_the_turn_that_it_joins() {
    let stage = stage_with(Program::Claude, "steer").await;
    let thread = stage.ask("ann", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("middle").await;
    let said = joins(
        &stage,
        "bob",
        r#"and more STUB:[{"text":"the second answer"}]"#,
        thread,
    )
    .await;
    stage.sign(said, "👀").await;
    let run = stage.open_run(thread).await;
    stage.model.release("middle");
    let answer = stage.answer(thread, "the second answer").await;
    assert!(
        answer
            .content
            .starts_with("the first answer\n\nthe second answer"),
        "{}",
        answer.content
    );
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    assert_eq!(stage.answers(thread, ""), 1);
}

both!(a_message_steers_an_agent_between_its_tool_calls);

async fn a_message_steers_an_agent_between_its_tool_calls(program: Program) {
    let stage = stage_with(program, "steer").await;
    let gate = stage.project().join("go");
    let thread = stage.ask("ann", &waits_for(&gate)).await;
    until("the tool runs", || stage.has("begun")).await;
    let text = r#"mind the gap as well STUB:[{"text":"with both in mind"}]"#;
    joins(&stage, "ann", text, thread).await;
    std::fs::write(&gate, "").unwrap();
    stage.answer(thread, "with both in mind").await;
    assert!(stage.model_saw("mind the gap as well"));
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, ""), 1);
}

both!(who_is_less_than_those_for_whom_an_agent_works_does_not_steer_it);

async fn who_is_less_than_those_for_whom_an_agent_works_does_not_steer_it(program: Program) {
    let stage = stage_with(program, "steer").await;
    let thread = stage.ask("owner", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("middle").await;
    let text = r#"and more STUB:[{"text":"the second answer"}]"#;
    let said = stage.sim.user("ann").says(text).in_(thread).await;
    stage.sign(said, "👀").await;
    stage.model.release("middle");
    stage.answer(thread, "the second answer").await;
    assert_eq!(stage.answers(thread, ""), 2);
    assert_eq!(joined(&stage.data()), 0);
}

#[tokio::test]
async fn who_is_less_than_those_for_whom_an_agent_works_does_not_interrupt_it() {
    let stage = stage_with(Program::Claude, "interrupt").await;
    let thread = stage.ask("owner", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("middle").await;
    let run = stage.open_run(thread).await;
    let text = r#"rather this STUB:[{"text":"the other answer"}]"#;
    let said = stage.sim.user("ann").says(text).in_(thread).await;
    stage.sign(said, "👀").await;
    stage.model.release("middle");
    // What the owner asked is answered first, and whole.
    stage.answer(thread, "the first answer").await;
    stage.answer(thread, "the other answer").await;
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    assert_eq!(stage.count(thread, "🛑"), 0);
}

both!(what_joined_a_turn_that_is_cancelled_is_answered_by_the_next);

async fn what_joined_a_turn_that_is_cancelled_is_answered_by_the_next(program: Program) {
    let stage = stage_with(program, "steer").await;
    let gate = stage.project().join("go");
    let thread = stage.ask("ann", &waits_for(&gate)).await;
    until("the tool runs", || stage.has("begun")).await;
    let text = r#"and more STUB:[{"text":"the second answer"}]"#;
    joins(&stage, "bob", text, thread).await;
    stage.command("ann", "cancel", thread).await;
    stage.says(thread, "🛑 Cancelled.").await;
    stage.answer(thread, "the second answer").await;
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, "the second answer"), 1);
    assert_eq!(stage.count(thread, "without it"), 0);
}

both!(what_joined_a_turn_is_answered_although_the_server_is_killed);

async fn what_joined_a_turn_is_answered_although_the_server_is_killed(program: Program) {
    let mut stage = stage_with(program, "steer").await;
    let gate = stage.project().join("go");
    let thread = stage.ask("ann", &waits_for(&gate)).await;
    until("the tool runs", || stage.has("begun")).await;
    let text = r#"and more STUB:[{"text":"the second answer"}]"#;
    joins(&stage, "bob", text, thread).await;
    stage.kill().await;
    std::fs::write(&gate, "").unwrap();
    stage.start().await;
    stage.answer(thread, "the second answer").await;
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, "the second answer"), 1);
    assert_eq!(stage.count(thread, "without it"), 0);
    assert_eq!(joined(&stage.data()), 1);
}

both!(a_message_that_interrupts_ends_the_turn_and_begins_the_next);

async fn a_message_that_interrupts_ends_the_turn_and_begins_the_next(program: Program) {
    let stage = stage_with(program, "interrupt").await;
    let thread = stage.ask("ann", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("middle").await;
    let run = stage.open_run(thread).await;
    let text = r#"rather this STUB:[{"text":"the second answer"}]"#;
    stage.sim.user("bob").says(text).in_(thread).await;
    stage.answer(thread, "the second answer").await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.count(thread, "🛑 Cancelled."), 1);
    assert_eq!(stage.answers(thread, ""), 1);
}

#[tokio::test]
async fn a_conversation_has_a_way_of_its_own_until_it_is_given_up() {
    let stage = stage_with(Program::Claude, "queue").await;
    stage.until_commands().await;
    let thread = stage.ask("ann", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("middle").await;
    let told = stage
        .command_with("ann", "session busy", [("does", "steer")], thread)
        .await;
    assert_eq!(
        told,
        "Done: a message there that comes while the agent works joins the turn, if its author may as much as \
         those for whom the agent works."
    );
    let text = r#"and more STUB:[{"text":"the second answer"}]"#;
    joins(&stage, "bob", text, thread).await;
    let told = stage
        .command_with("ann", "session busy", [("does", "project")], thread)
        .await;
    assert_eq!(
        told,
        "Done: a message there that comes while the agent works waits for its turn."
    );
    let said = stage.sim.user("bob").says(text).in_(thread).await;
    stage.sign(said, "👀").await;
    assert_eq!(joined(&stage.data()), 1);
    stage.model.release("middle");
    stage.answer(thread, "the second answer").await;
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, ""), 2);
}
