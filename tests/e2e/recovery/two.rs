//! Two servers that have different data directories and, by a copy of one of them, the same conversation.

use std::fs;

use discord_sim::ChannelId;

use super::{answered_once, the_agent};
use crate::stage::{Program, Stage, another};

/// What is said to whoever writes to the second one.
const REFUSED: &str = "⚠️ Another agent process still works on this conversation.";

/// Copies what a server keeps, without what its runners have, while nobody writes to it.
fn copy_of_the_data(stage: &Stage) -> std::path::PathBuf {
    let copy = stage.home().join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(stage.data()).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    copy
}

async fn says(stage: &Stage, thread: ChannelId, text: &str) {
    stage.sim.user("ann").says(text).in_(thread).await;
}

both!(a_server_on_a_copy_of_the_data_is_refused_the_conversation_that_another_one_has);

async fn a_server_on_a_copy_of_the_data_is_refused_the_conversation_that_another_one_has(
    program: Program,
) {
    let mut stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"answer one"}]"#)
        .await;
    answered_once(&stage, thread, "answer one").await;
    stage.stop().await;
    stage.until_no_agents().await;
    let copy = copy_of_the_data(&stage);
    stage.start().await;
    says(&stage, thread, r#"which? STUB:[{"recall":true}]"#).await;
    stage.answer(thread, "apricot").await;
    stage.until_settled().await;
    let agent = the_agent(&stage);

    // It reads back what it has missed, and wants to answer it as well.
    let second = another(&stage, &copy);
    let said = stage.says(thread, REFUSED).await;
    assert!(!said.content.contains("apricot"), "{}", said.content);
    assert_eq!(the_agent(&stage), agent);
    stage
        .sim
        .wait_for(|world| world.connected_sessions() == 2)
        .await;
    says(&stage, thread, r#"more STUB:[{"text":"answer three"}]"#).await;
    stage
        .sim
        .wait_for(|world| {
            let messages = world.messages(thread);
            let with = |text: &str| {
                let has = messages.iter().filter(|one| one.content.contains(text));
                has.count()
            };
            with("tokens · ") >= 3 && with(REFUSED) == 2
        })
        .await;
    drop(second);
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, "answer three"), 1);
    assert_eq!(stage.answers(thread, "apricot"), 1);
    // The first one and its agent did not notice.
    assert_eq!(the_agent(&stage), agent);
}

// A conversation of Codex's is known by a name of its own only when it has begun: in its first process, Codex itself
// keeps others from it.
#[tokio::test]
async fn a_server_on_a_copy_that_was_made_while_an_agent_lived_leaves_that_agent_alone() {
    let mut stage = Stage::open().await;
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"answer one"}]"#)
        .await;
    answered_once(&stage, thread, "answer one").await;
    let agent = the_agent(&stage);
    stage.kill().await;
    let copy = copy_of_the_data(&stage);
    stage.start().await;
    says(&stage, thread, r#"which? STUB:[{"recall":true}]"#).await;
    stage.answer(thread, "apricot").await;
    stage.until_settled().await;
    assert_eq!(the_agent(&stage), agent);

    let second = another(&stage, &copy);
    stage.says(thread, REFUSED).await;
    drop(second);
    assert_eq!(the_agent(&stage), agent);
}
