//! A conversation: begun, gone on with, and taken up again.

use super::{open, runs};

#[tokio::test]
async fn a_mention_is_answered_and_the_next_message_reaches_the_same_thread() {
    let stage = open().await;
    let thread = stage
        .ask("ann", r#"the first thing STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let ann = stage.sim.user("ann");
    ann.says(r#"two STUB:[{"recall":true}]"#).in_(thread).await;
    stage.answer(thread, "the first thing").await;
}

#[tokio::test]
async fn a_command_that_a_rule_allows_runs_in_the_project() {
    let stage = open().await;
    let thread = stage
        .ask("ann", &runs(&["echo made > by-codex"], "done it"))
        .await;
    stage.answer(thread, "done it").await;
    let made = std::fs::read_to_string(stage.project().join("by-codex")).unwrap();
    assert_eq!(made, "made\n");
}

#[tokio::test]
async fn a_server_that_was_killed_goes_on_with_the_conversation() {
    let mut stage = open().await;
    let thread = stage
        .ask(
            "ann",
            r#"remember the word apricot STUB:[{"text":"noted"}]"#,
        )
        .await;
    stage.answer(thread, "noted").await;
    stage.restart_after_kill().await;
    let ann = stage.sim.user("ann");
    ann.says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
}
