//! A login that is lost, and found again.

use std::fs;

use super::{by_login, log_in};
use crate::stage::{Program, Settings, Stage};

/// Says something in a thread and waits for what it is told of the login.
async fn refused(stage: &Stage, thread: discord_sim::ChannelId, sentence: &str) {
    let ann = stage.sim.user("ann");
    ann.says(r#"try STUB:[{"text":"no"}]"#).in_(thread).await;
    let told = stage.says(thread, sentence).await;
    assert!(told.content.starts_with("⚠️ "), "{}", told.content);
}

#[tokio::test]
async fn a_login_that_is_lost_is_said_and_a_new_one_is_taken_up_by_the_same_agent() {
    let stage = Stage::with(by_login()).await;
    log_in(&stage, "old");
    stage.model.accept_only(Some(vec!["old".to_owned()]));
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let agents = stage.agents();
    let ann = stage.sim.user("ann");

    stage.model.accept_only(Some(vec!["new".to_owned()]));
    let dead = "The model service does not accept the agent's login any more. It may be renewed just now: send your message once more in a minute. If the same comes again, the operator has to log it in again on the machine, Codex also with `/login codex`.";
    refused(&stage, thread, dead).await;
    log_in(&stage, "new");
    ann.says(r#"which? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;

    fs::remove_file(stage.home().join("claude/.credentials.json")).unwrap();
    let missing = "The agent is not logged in. The operator has to log it in again on the machine, Codex also with `/login codex`; then \
                   send your message once more.";
    refused(&stage, thread, missing).await;
    log_in(&stage, "new");
    ann.says(r#"again STUB:[{"text":"answer again"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer again").await;

    assert_eq!(stage.agents(), agents, "the agent was started anew");
    let store = stage.store().await;
    let alerts = store.alerts(9).await.unwrap();
    store.close().await;
    // Whoever keeps the login alive has his own words about the file: that it is gone, and that it ends tomorrow.
    let told: Vec<(&str, &str)> = alerts
        .iter()
        .map(|alert| (alert.kind.as_str(), alert.text.as_str()))
        .filter(|(kind, _)| *kind == "login_needed")
        .collect();
    assert_eq!(told, [("login_needed", missing), ("login_needed", dead)]);
}

both!(an_account_that_is_refused_again_and_again_is_not_tried_for_long);

async fn an_account_that_is_refused_again_and_again_is_not_tried_for_long(program: Program) {
    let stage = Stage::with(Settings::of(program)).await;
    stage.model.accept_only(Some(Vec::new()));
    let thread = stage.ask("ann", r#"hello STUB:[{"text":"no"}]"#).await;
    stage
        .says(
            thread,
            "⚠️ The model service does not accept the agent's API key.",
        )
        .await;
    stage.until_settled().await;
    // The program by itself would ask once and four times more.
    let tries = super::asked(&stage, "hello");
    assert!(tries < 5, "{tries} tries");
    stage.model.accept_only(None);
    stage
        .sim
        .user("ann")
        .says(r#"again STUB:[{"text":"answer again"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer again").await;
}
