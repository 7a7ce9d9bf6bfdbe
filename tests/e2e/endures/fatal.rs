//! Closes after which there is no point in coming back: Baton ends with a sentence, at once and not
//! after a while of trying, and the next one finishes what was accepted.

use std::time::Duration;

use discord_sim::EventKind;
use futures::{StreamExt as _, stream};
use serde_json::json;

use super::{
    AT_ONCE, Case, TURN_TO_START, clean,
    fault::{Shake, Words},
    people::People,
    reason,
};
use crate::stage::Stage;

/// The codes, and a part of what is to stand in the log
/// (Discord: opcodes-and-status-codes#gateway-gateway-close-event-codes).
const CODES: [(u16, &str); 6] = [
    (4_004, "token"),
    (4_010, "split its servers"),
    (4_011, "split its servers"),
    (4_012, "Update Baton"),
    (4_013, "intent"),
    (4_014, "intent"),
];

/// How long the end may take.
const ENDS: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_close_that_says_never() {
    let told = stream::iter(CODES)
        .map(|(code, sentence)| async move {
            let told = tokio::spawn(play(code, sentence)).await;
            let told = told.unwrap_or_else(|panic| Err(reason(panic)));
            told.err().map(|why| format!("close {code}: {why}"))
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let failed: Vec<String> = told.into_iter().flatten().collect();
    assert!(failed.is_empty(), "not endured:\n{}", failed.join("\n"));
}

async fn play(code: u16, sentence: &str) -> Result<(), String> {
    let case = Case::gateway(format!("close {code}"), Shake::Close(Some(code)), None);
    let turn = TURN_TO_START.acquire().await;
    let mut stage = Stage::with(case.settings()).await;
    let mut people = People::at_work(&stage).await;
    drop(turn);
    case.trouble.strike(&stage.sim).await;
    let status = tokio::time::timeout(ENDS, stage.ends()).await;
    let status = status.map_err(|_| format!("it lives after {ENDS:?}"))?;
    let log = stage.log();
    if status.code() != Some(1) || !log.contains(sentence) {
        return Err(format!("{status}, and the log says\n{log}"));
    }
    people.ask_meanwhile(&stage).await;
    stage.start().await;
    people.ask_afterwards(&stage).await.unwrap();
    people.until_answered(&stage, Words::Arrive).await?;
    stage.until_settled().await;
    people.check(&stage, Words::Arrive).await?;
    clean(&stage)
}

/// How long serenity's shard may be silent, and be started anew, twice, and be given up.
const GIVES_UP: Duration = Duration::from_mins(5);

/// More than a server has members here.
const STRANGERS: usize = 20;

/// Kills serenity's shard, where sums are checked: it counts the members of a server down from what it was told,
/// below zero. That stands for whatever else may go wrong in there without a word.
fn strike_dead(stage: &Stage) {
    for stranger in 1..=STRANGERS {
        let user = json!({
            "id": stranger.to_string(),
            "username": "stranger",
            "discriminator": "0",
            "avatar": null,
        });
        let gone = json!({"guild_id": stage.sim.guild_id(), "user": user});
        stage.sim.dispatch(EventKind::StrangerRemove, gone);
    }
}

/// Whether a process has ended that nobody has asked about yet (proc(5): the third field of `stat`).
fn has_ended(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    rest.starts_with('Z')
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_dies_again_and_again_ends_the_process_with_a_sentence() {
    let mut stage = Stage::open().await;
    let pid = stage.server().pid();
    let dying = async {
        let mut look = tokio::time::interval(Duration::from_millis(100));
        let mut seen = 0;
        while !has_ended(pid) {
            let gateway = stage.sim.gateway();
            if gateway.connected > 0 && gateway.identifies > seen {
                seen = gateway.identifies;
                strike_dead(&stage);
            }
            look.tick().await;
        }
        seen
    };
    let lives = tokio::time::timeout(GIVES_UP, dying).await;
    let lives = lives.unwrap_or_else(|_| panic!("it is not given up\n{}", stage.log()));
    let status = stage.ends().await;
    let log = stage.log();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("restarting it did not help"), "{log}");
    // On a busy machine a sign of life may come in between; then it is counted anew.
    assert!(lives >= 3, "started {lives} times\n{log}");
}
