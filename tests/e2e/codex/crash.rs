//! What becomes of many sessions when the one process that serves them ends.

use std::process::Command;

use discord_sim::ChannelId;

use super::{codex_of, crowded, runs};
use crate::stage::{Stage, commands_with, until};

async fn five_at_work(stage: &Stage) -> Vec<ChannelId> {
    let mut threads = Vec::new();
    for n in 0..5 {
        let hold = format!(r#"go STUB:[{{"text":"answer {n}","hold":"five"}}]"#);
        threads.push(stage.ask(&format!("person{n}"), &hold).await);
    }
    stage
        .sim
        .wait_for(|_| stage.model.requests().len() >= 5)
        .await;
    threads
}

const NO_OPTIONS: [(&str, &str); 0] = [];

#[tokio::test]
async fn one_process_serves_five_sessions_and_each_of_their_runs_outlives_its_end() {
    let stage = crowded(5).await;
    let threads = five_at_work(&stage).await;
    let codex = codex_of(&stage);
    assert_eq!(codex.len(), 1, "{codex:?}");
    let killed = Command::new("kill")
        .arg("-9")
        .arg(codex[0].to_string())
        .status();
    assert!(killed.unwrap().success());
    until("another Codex serves", || {
        codex_of(&stage).iter().any(|id| *id != codex[0])
    })
    .await;
    stage.model.release("five");
    for (n, thread) in threads.into_iter().enumerate() {
        stage.answer(thread, &format!("answer {n}")).await;
    }
    let ended = stage
        .sql("SELECT group_concat(state) FROM (SELECT state FROM runs)")
        .await;
    assert_eq!(ended, "completed,completed,completed,completed,completed");
}

#[tokio::test]
async fn a_session_that_is_stopped_leaves_nothing_running_and_others_go_on() {
    let stage = crowded(2).await;
    let first = stage.ask("person0", &runs(&["sleep 4711"], "slept")).await;
    let second = stage
        .ask(
            "person1",
            r#"go STUB:[{"text":"still here","hold":"other"}]"#,
        )
        .await;
    until("the command runs", || {
        !commands_with("sleep 4711").is_empty()
    })
    .await;
    let cancels = stage.sim.user("person0");
    cancels.slash("cancel", NO_OPTIONS).in_(first).await;
    until("the command has ended", || {
        commands_with("sleep 4711").is_empty()
    })
    .await;
    stage.model.release("other");
    stage.answer(second, "still here").await;
}
