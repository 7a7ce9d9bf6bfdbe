//! Closes after which there is no point in coming back: Baton ends with a sentence, at once and not
//! after a while of trying, and the next one finishes what was accepted.

use std::time::Duration;

use futures::{StreamExt as _, stream};

use super::{AT_ONCE, Case, TURN_TO_START, clean, fault::Shake, people::People, reason};
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
const ENDS: Duration = Duration::from_secs(10);

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
    people.ask_afterwards(&stage).await;
    people.until_answered(&stage).await?;
    stage.until_settled().await;
    people.check(&stage).await?;
    clean(&stage)
}
