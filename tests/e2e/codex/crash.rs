//! What becomes of many sessions when the one process that serves them ends.

use std::process::Command;

use discord_sim::ChannelId;
use serde_json::json;

use super::{crowded, run, runs, turns_asked};
use crate::stage::{Stage, commands_with, until};

async fn five_at_work(stage: &Stage) -> Vec<ChannelId> {
    let mut threads = Vec::new();
    for n in 0..5 {
        let hold = format!(r#"word{n} STUB:[{{"text":"answer {n}","hold":"five"}}]"#);
        threads.push(stage.ask(&format!("person{n}"), &hold).await);
    }
    stage.sim.wait_for(|_| turns_asked(stage) >= 5).await;
    threads
}

const NO_OPTIONS: [(&str, &str); 0] = [];

#[tokio::test]
async fn one_process_serves_five_sessions_and_each_of_their_runs_outlives_its_end() {
    let stage = crowded(5).await;
    let threads = five_at_work(&stage).await;
    let codex = stage.codexes();
    assert_eq!(codex.len(), 1, "{codex:?}");
    let killed = Command::new("kill")
        .arg("-9")
        .arg(codex[0].to_string())
        .status();
    assert!(killed.unwrap().success());
    until("another Codex serves", || {
        stage.codexes().iter().any(|id| *id != codex[0])
    })
    .await;
    stage.model.release("five");
    for (n, thread) in threads.iter().enumerate() {
        stage.answer(*thread, &format!("answer {n}")).await;
    }
    stage.until_settled().await;
    for thread in &threads {
        assert_eq!(stage.answers(*thread, ""), 1);
        assert_eq!(stage.count(*thread, "⚠️"), 0);
    }
    let ended = stage
        .sql("SELECT group_concat(state) FROM (SELECT state FROM runs)")
        .await;
    assert_eq!(ended, "completed,completed,completed,completed,completed");
    for (n, thread) in threads.into_iter().enumerate() {
        let asks = r#"which word? STUB:[{"recall":true}]"#;
        let person = stage.sim.user(&format!("person{n}"));
        person.says(asks).in_(thread).await;
        let word = format!("word{n}");
        stage.answer(thread, &word).await;
        assert_eq!(stage.answers(thread, ""), 2);
    }
}

/// A Codex that obeys no more is ended, and with it the work of others, who are told why.
#[tokio::test]
async fn those_whose_work_ends_because_another_session_cannot_be_stopped_are_told_so() {
    let stage = crowded(2).await;
    let stuck = r#"go STUB:[{"text":"never said","hold":"stuck"}]"#;
    let stuck = stage.ask("person0", stuck).await;
    let calls = [
        run("echo x >> made"),
        json!({"text": "never said", "hold": "other"}),
    ];
    let said = format!("remember plum STUB:{}", json!(calls));
    let other = stage.ask("person1", &said).await;
    stage.sim.wait_for(|_| turns_asked(&stage) >= 3).await;
    let codex = stage.codexes()[0].to_string();
    let stopped = Command::new("kill").args(["-STOP", &codex]).status();
    assert!(stopped.unwrap().success());
    let cancels = stage.sim.user("person0");
    cancels.slash("cancel", NO_OPTIONS).in_(stuck).await;
    let why = "had to be ended because another one could not be stopped";
    stage.says(other, why).await;
    stage.until_settled().await;
    assert_eq!(stage.count(other, why), 1);
    assert_eq!(stage.count(stuck, why), 0);
    let states = "SELECT group_concat(state) FROM (SELECT state FROM runs ORDER BY state)";
    assert_eq!(stage.sql(states).await, "cancelled,interrupted");
    let made = std::fs::read_to_string(stage.project().join("made")).unwrap();
    assert_eq!(made, "x\n");
    let person = stage.sim.user("person1");
    person
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(other)
        .await;
    stage.answer(other, "plum").await;
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
