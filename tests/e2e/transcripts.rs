//! Transcripts of real conversations: the same as what the database has of them, also after a crash.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use discord_sim::ChannelId;
use serde_json::Value;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use crate::stage::{Program, Settings, Stage, until};

/// A line as both tell it: the place in the order, the run, what happened and what is known of it.
type Event = (i64, String, String, Value);

/// What the database has, in the order in which it was stored.
async fn stored(stage: &Stage) -> Vec<Event> {
    let options = SqliteConnectOptions::new()
        .filename(stage.data().join("baton.db"))
        .read_only(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let rows: Vec<(i64, String, String, String)> =
        sqlx::query_as("SELECT seq, lower(hex(run_id)), kind, data FROM run_events ORDER BY seq")
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    let event = |(seq, run, kind, data): (i64, String, String, String)| {
        (seq, run, kind, serde_json::from_str(&data).unwrap())
    };
    rows.into_iter().map(event).collect()
}

fn file(stage: &Stage, thread: ChannelId) -> PathBuf {
    stage.data().join(format!("transcripts/{thread}.jsonl"))
}

fn lines(stage: &Stage, thread: ChannelId) -> Vec<Value> {
    let text = fs::read_to_string(file(stage, thread)).unwrap_or_default();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn events(lines: &[Value]) -> Vec<Event> {
    let event = |line: &Value| {
        (
            line["seq"].as_i64().unwrap(),
            line["run"].as_str().unwrap().replace('-', ""),
            line["kind"].as_str().unwrap().to_owned(),
            line["data"].clone(),
        )
    };
    lines.iter().map(event).collect()
}

/// Waits until the last word of a conversation is written.
async fn until_written(stage: &Stage, thread: ChannelId, answer: &str) {
    until("the transcript has the answer", || {
        let lines = lines(stage, thread);
        let told = lines.last().and_then(|line| line["told"].as_str());
        told.is_some_and(|told| told.contains(answer))
    })
    .await;
}

both!(a_conversation_has_a_transcript_of_what_is_stored_of_it);

async fn a_conversation_has_a_transcript_of_what_is_stored_of_it(program: Program) {
    let stage = Stage::of(program).await;
    let thread = stage
        .ask(
            "ann",
            r#"read it STUB:[{"do":{"run":"echo one"}},{"text":"answer one"}]"#,
        )
        .await;
    stage.answer(thread, "answer one").await;
    let more = stage
        .sim
        .user("ann")
        .says(r#"and more STUB:[{"text":"answer two"}]"#);
    more.in_(thread).await;
    stage.answer(thread, "answer two").await;
    until_written(&stage, thread, "answer two").await;
    let lines = lines(&stage, thread);
    assert_eq!(events(&lines), stored(&stage).await);
    let asked = |line: &Value| line["asked"][0]["text"].as_str().map(str::to_owned);
    let asked: Vec<String> = lines.iter().filter_map(asked).collect();
    assert_eq!(asked.len(), 2, "{lines:?}");
    assert!(
        asked[0].starts_with("read it") && asked[1].starts_with("and more"),
        "{asked:?}"
    );
    let kinds: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"tool_decided"), "{kinds:?}");
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file(&stage, thread)), 0o600);
    assert_eq!(mode(stage.data().join("transcripts")), 0o700);
}

both!(killed_again_and_again_the_server_leaves_out_nothing_and_says_nothing_twice);

async fn killed_again_and_again_the_server_leaves_out_nothing_and_says_nothing_twice(
    program: Program,
) {
    let mut stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"begin STUB:[{"text":"first half, other half","chunks":2,"hold_after":1,"hold":"middle"}]"#)
        .await;
    stage.model.wait_for_hold("middle").await;
    for _ in 0..3 {
        // Each start may be writing down what the one before it did not.
        stage.restart_after_kill().await;
    }
    stage.model.release("middle");
    stage.answer(thread, "first half, other half").await;
    stage.restart_after_kill().await;
    until_written(&stage, thread, "other half").await;
    assert_eq!(events(&lines(&stage, thread)), stored(&stage).await);
}

#[tokio::test]
async fn full_files_are_set_aside_and_where_none_are_wished_none_are_kept() {
    let env = |name: &str, value: &str| (format!("BATON_TRANSCRIPTS__{name}"), value.to_owned());
    let mut stage = Stage::with(Settings {
        env: vec![env("MAX_SIZE", "4 KiB"), env("KEEP", "1")],
        ..Settings::default()
    })
    .await;
    let long = "x".repeat(3_000);
    let thread = stage
        .ask("ann", &format!(r#"{long} STUB:[{{"text":"answer one"}}]"#))
        .await;
    stage.answer(thread, "answer one").await;
    until_written(&stage, thread, "answer one").await;
    let more = format!(r#"{long} STUB:[{{"text":"answer two"}}]"#);
    stage.sim.user("ann").says(more).in_(thread).await;
    stage.answer(thread, "answer two").await;
    until_written(&stage, thread, "answer two").await;
    let full = fs::read_to_string(stage.data().join(format!("transcripts/{thread}.jsonl.1")));
    assert!(full.unwrap().contains("answer one"));
    stage.stop().await;
    stage.set_env("BATON_TRANSCRIPTS__ENABLED", "false");
    stage.start().await;
    let last = stage
        .sim
        .user("ann")
        .says(r#"last STUB:[{"text":"answer three"}]"#);
    last.in_(thread).await;
    stage.answer(thread, "answer three").await;
    stage.until_settled().await;
    stage.stop().await;
    let text = fs::read_to_string(file(&stage, thread)).unwrap();
    assert!(!text.contains("answer three"), "{text}");
}
