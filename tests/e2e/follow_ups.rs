//! What an agent goes on with by itself, where a project lets it.

mod kept;
mod schedules;
mod turns;

use std::path::{Path, PathBuf};

use baton::{
    store::Cause,
    words::{RunState, Scope, Tier, UserId},
};
use discord_sim::ChannelId;
use serde_json::{Value, json};

use crate::stage::{Settings, Stage, commands_with, until};

const HEADING: &str = "-# ↪️ The agent went on by itself with what ann asked for.";

/// A project that lets its agents go on by themselves with what they have left running.
fn in_background(more: &[(&str, &str)]) -> Settings {
    let all = [("BATON_PROJECTS__0__BACKGROUND", "tasks")];
    let env = all.iter().chain(more);
    Settings {
        env: env
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Settings::default()
    }
}

/// A call of a command in the background that ends when this file is there.
fn until_there(go: &Path) -> Value {
    let wait = format!("until [ -e {} ]; do sleep 0.05; done", go.display());
    json!({"tool": "Bash", "input": {"command": wait, "run_in_background": true, "description": "it"}})
}

/// Words for an agent that does this, one after the other.
fn play(steps: &[Value]) -> String {
    format!("begin STUB:{}", Value::from(steps))
}

/// A command in the background that ends when `go` is there, an answer, and what comes by itself then.
fn leaves(stage: &Stage, then: &[Value]) -> (PathBuf, String) {
    let go = stage.project().join("go");
    let first = [until_there(&go), json!({"text": "I have left it running"})];
    let words = play(&[&first, then].concat());
    (go, words)
}

/// A conversation in which ann's agent has left a command running.
async fn left(stage: &Stage, then: &[Value]) -> (PathBuf, ChannelId) {
    let (go, words) = leaves(stage, then);
    let thread = stage.ask("ann", &words).await;
    stage.answer(thread, "I have left it running").await;
    stage.until_settled().await;
    (go, thread)
}

fn go_on(go: &Path) {
    std::fs::write(go, "").unwrap();
}

/// A conversation in which ann's agent goes on by itself and is in the middle of it, until `middle` is
/// released.
async fn in_the_middle(stage: &Stage) -> ChannelId {
    let then =
        json!({"text": "the task has ended", "chunks": 2, "hold_after": 1, "hold": "middle"});
    let (go, thread) = left(stage, &[then]).await;
    go_on(&go);
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "the task").await;
    thread
}

/// The newest run of a conversation that nobody asked for, and the one that caused it.
async fn caused(stage: &Stage, thread: ChannelId) -> Cause {
    let store = stage.store().await;
    let open = stage.open_run(thread).await;
    let follow_up = store.follow_up(open).await.unwrap().expect("a follow-up");
    let (run, cause) = (
        store.run(open).await.unwrap(),
        store.run(follow_up.caused_by).await.unwrap(),
    );
    store.close().await;
    assert_eq!(
        (run.principal_id, run.tier),
        (cause.principal_id, cause.tier)
    );
    Cause {
        run: cause.id,
        principal: cause.principal_id,
        tier: cause.tier,
    }
}

#[tokio::test]
async fn where_the_project_does_not_let_it_an_agent_leaves_nothing_running() {
    let stage = Stage::open().await;
    let go = stage.project().join("go");
    let schedule =
        json!({"tool": "CronCreate", "input": {"cron": "* * * * *", "prompt": "wake up"}});
    let steps = [
        until_there(&go),
        schedule,
        json!({"text": "I have left nothing"}),
    ];
    let thread = stage.ask("ann", &play(&steps)).await;
    stage.answer(thread, "I have left nothing").await;
    stage.until_settled().await;
    // The agent program has no such option and no such tool, and says so.
    let said = stage.model.requests().last().unwrap().body["messages"].to_string();
    assert!(said.contains("run_in_background"), "{said}");
    assert!(
        said.contains("No such tool available: CronCreate"),
        "{said}"
    );
    let store = stage.store().await;
    let trail = store.audit_trail(100).await.unwrap();
    store.close().await;
    let refused = trail
        .iter()
        .filter(|line| line.action == "tool_refused_by_agent");
    assert_eq!(refused.count(), 2, "{trail:?}");
    let left = format!("until [ -e {} ]", go.display());
    assert_eq!(commands_with(&left), [0; 0]);
}

#[tokio::test]
async fn what_an_agent_says_when_its_task_has_ended_is_shown_as_a_follow_up() {
    let stage = Stage::with(in_background(&[])).await;
    let (go, thread) = left(&stage, &[json!({"text": "the task has ended"})]).await;
    go_on(&go);
    let answer = stage.answer(thread, "the task has ended").await;
    assert!(
        answer
            .content
            .starts_with(&format!("{HEADING}\nthe task has ended\n")),
        "{}",
        answer.content
    );
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, ""), 2);
    // And the conversation goes on with the same agent.
    let ann = stage.sim.user("ann");
    ann.says(r#"and now? STUB:[{"text":"now you"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "now you").await;
    assert_eq!(stage.agents().len(), 1);
}

#[tokio::test]
async fn what_it_does_by_itself_is_decided_with_the_rights_of_who_caused_it() {
    let settings = Settings {
        allowed_tools: vec!["Read"],
        approvers: "\"owners\"",
        ..in_background(&[])
    };
    let stage = Stage::with(settings).await;
    let then = [
        json!({"tool": "Bash", "input": {"command": "touch mine", "description": "it"}}),
        json!({"text": "it is done"}),
    ];
    let (go, words) = leaves(&stage, &then);
    let thread = stage.ask("ann", &words).await;
    // A loop is no plain command: the first question is about it.
    let first = stage.sim.user("owner").direct_channel();
    let question = stage.question(first, "until").await;
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "I have left it running").await;
    stage.until_settled().await;
    go_on(&go);
    let question = stage.question(first, "touch mine").await;
    let ann = UserId::new(stage.sim.user("ann").id().get());
    let cause = caused(&stage, thread).await;
    assert_eq!((cause.principal, cause.tier), (ann, Tier::Member));
    let store = stage.store().await;
    let pending = store.pending_approvals().await.unwrap();
    store.close().await;
    let asked_by: Vec<_> = pending
        .iter()
        .map(|row| (row.asked_by.clone(), row.tier))
        .collect();
    assert_eq!(asked_by, [(vec![ann], Tier::Member)]);
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "it is done").await;
    assert!(stage.project().join("mine").exists());
}

#[tokio::test]
async fn what_a_member_wrote_meanwhile_gains_no_owners_rights_and_takes_nobody_elses_task() {
    let stage = Stage::with(in_background(&[])).await;
    let (go, words) = leaves(&stage, &[]);
    let thread = stage.ask("owner", &words).await;
    stage.answer(thread, "I have left it running").await;
    let play = json!([
        {"text": "noted"},
        {"text": "the task has ended", "chunks": 2, "hold_after": 1, "hold": "middle"},
    ]);
    let ann = stage.sim.user("ann");
    ann.says(format!("and then? STUB:{play}")).in_(thread).await;
    stage.answer(thread, "noted").await;
    stage.until_settled().await;
    go_on(&go);
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "the task").await;
    let store = stage.store().await;
    let open = stage.open_run(thread).await;
    let follow_up = store.follow_up(open).await.unwrap().unwrap();
    let row = store.run(open).await.unwrap();
    let id = |name: &str| UserId::new(stage.sim.user(name).id().get());
    assert_eq!((row.principal_id, row.tier), (id("owner"), Tier::Member));
    // Both stand behind what it asks.
    let mut askers = store
        .askers_of(row.session_id, follow_up.runner)
        .await
        .unwrap();
    let mut both = vec![id("owner"), id("ann")];
    askers.sort_unstable();
    both.sort_unstable();
    assert_eq!(askers, both);
    store.close().await;
    stage.model.release("middle");
    stage.answer(thread, "the task has ended").await;
}

#[tokio::test]
async fn a_task_that_ends_while_the_server_is_dead_is_followed_up_once() {
    let mut stage = Stage::with(in_background(&[])).await;
    let (go, thread) = left(&stage, &[json!({"text": "the task has ended"})]).await;
    let requests = stage.model.requests().len();
    stage.kill().await;
    go_on(&go);
    until("the agent has asked the model", || {
        stage.model.requests().len() > requests
    })
    .await;
    stage.start().await;
    stage.answer(thread, "the task has ended").await;
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, "the task has ended"), 1);
    stage.restart_after_kill().await;
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, "the task has ended"), 1);
}

#[tokio::test]
async fn a_server_that_dies_in_the_middle_of_a_follow_up_loses_nothing_of_it() {
    let mut stage = Stage::with(in_background(&[])).await;
    let thread = in_the_middle(&stage).await;
    stage.restart_after_kill().await;
    stage.model.release("middle");
    stage.answer(thread, "the task has ended").await;
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, ""), 2);
}

#[tokio::test]
async fn a_follow_up_can_be_cancelled_and_its_agent_ends_with_it() {
    let stage = Stage::with(in_background(&[])).await;
    stage.until_commands().await;
    let thread = in_the_middle(&stage).await;
    let run = stage.open_run(thread).await;
    stage.command("ann", "cancel", thread).await;
    stage.says(thread, "🛑 Cancelled.").await;
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage.until_no_agents().await;
    stage.model.release("middle");
}

#[tokio::test]
async fn nothing_is_done_by_itself_for_who_is_blocked_meanwhile() {
    let stage = Stage::with(in_background(&[])).await;
    let (go, thread) = left(&stage, &[json!({"text": "never said"})]).await;
    stage.grant("ann", Scope::Global, Tier::Blocked).await;
    go_on(&go);
    // Either the gate refuses what is to begin, or the look at changed memberships breaks it off first.
    stage.says(thread, "whom it worked for").await;
    stage.until_no_agents().await;
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "never said"), 0);
}
