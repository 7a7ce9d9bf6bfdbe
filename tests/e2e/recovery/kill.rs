//! `kill -9` of the server at each point of a message's way.

use std::fs;

use discord_sim::Rule;

use super::{answered_once, streamed, the_agent, tool, until_there};
use crate::stage::{Settings, Stage, thread_of, until};

#[tokio::test]
async fn killed_after_the_event_came_and_before_it_was_accepted() {
    let mut stage = Stage::open().await;
    let store = stage.store().await;
    let occupied = store.write().await.unwrap();
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"caught up"}]"#)
        .await;
    until("the event has come", || {
        stage.log().contains("a message has arrived")
    })
    .await;
    stage.kill().await;
    drop(occupied);
    store.close().await;
    assert_eq!(stage.sim.threads(stage.channel()), []);
    stage.start().await;
    answered_once(&stage, thread, "caught up").await;
}

#[tokio::test]
async fn killed_after_it_was_accepted() {
    let mut stage = Stage::open().await;
    let hold = stage.sim.hold(Rule::add_reaction());
    let said = stage
        .sim
        .user("ann")
        .says(r#"@bot hello STUB:[{"text":"accepted"}]"#);
    let said = said.in_(stage.channel()).await;
    hold.arrived().await;
    stage.kill().await;
    drop(hold);
    stage.start().await;
    answered_once(&stage, thread_of(said), "accepted").await;
    assert!(stage.sim.message(said).unwrap().has_reaction("👀"));
}

#[tokio::test]
async fn killed_while_a_run_is_queued() {
    let env = vec![("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned())];
    let mut stage = Stage::with(Settings {
        env,
        ..Settings::default()
    })
    .await;
    let first = stage.ask("ann", &streamed("the first ", "answer")).await;
    stage.model.wait_for_hold("middle").await;
    let second = stage
        .ask("ann", r#"me too STUB:[{"text":"the second answer"}]"#)
        .await;
    stage.says(second, "yours is next").await;
    let agent = the_agent(&stage);
    stage.restart_after_kill().await;
    assert_eq!(the_agent(&stage), agent);
    stage.model.release("middle");
    answered_once(&stage, first, "the first answer").await;
    answered_once(&stage, second, "the second answer").await;
}

#[tokio::test]
async fn killed_while_a_tool_runs() {
    let mut stage = Stage::open().await;
    let thread = stage.ask("ann", &tool("", "the tool is done")).await;
    until_there(&stage.project().join("begun")).await;
    let agent = the_agent(&stage);
    stage.restart_after_kill().await;
    fs::write(stage.project().join("go"), "").unwrap();
    answered_once(&stage, thread, "the tool is done").await;
    assert_eq!(the_agent(&stage), agent);
    assert_eq!(
        fs::read_to_string(stage.project().join("ran")).unwrap(),
        "x\n"
    );
}

#[tokio::test]
async fn killed_while_text_streams() {
    let mut stage = Stage::open().await;
    let thread = stage
        .ask("ann", &streamed("streamed half, ", "other half"))
        .await;
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "streamed half,").await;
    let agent = the_agent(&stage);
    stage.restart_after_kill().await;
    stage.model.release("middle");
    answered_once(&stage, thread, "streamed half, other half").await;
    assert_eq!(the_agent(&stage), agent);
    // The live message of the first server has gone.
    assert_eq!(
        stage.sim.messages(thread).len(),
        1,
        "{}",
        stage.sim.transcript(thread)
    );
}

#[tokio::test]
async fn killed_after_the_result_and_before_discord_got_it() {
    killed_at_the_answer(Rule::post_message()).await;
}

#[tokio::test]
async fn killed_when_discord_had_the_answer_and_had_not_said_so() {
    killed_at_the_answer(Rule::post_message().after_commit()).await;
}

async fn killed_at_the_answer(rule: Rule) {
    let mut stage = Stage::open().await;
    let hold = stage.sim.hold(rule.containing(" tokens"));
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"the result"}]"#)
        .await;
    hold.arrived().await;
    let agent = the_agent(&stage);
    stage.kill().await;
    drop(hold);
    stage.start().await;
    answered_once(&stage, thread, "the result").await;
    // It goes on in the same process, which knows what it said.
    stage
        .sim
        .user("ann")
        .says(r#"and? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "hello").await;
    assert_eq!(the_agent(&stage), agent);
}

#[tokio::test]
async fn killed_between_two_parts_of_a_long_answer() {
    let mut stage = Stage::open().await;
    let text = format!(
        "first part {}\\n\\nsecond part {}",
        "a ".repeat(900),
        "b ".repeat(500)
    );
    let hold = stage.sim.hold(Rule::post_message().containing(" tokens"));
    let thread = stage
        .ask("ann", &format!(r#"much STUB:[{{"text":"{text}"}}]"#))
        .await;
    hold.arrived().await;
    stage.says(thread, "first part").await;
    stage.kill().await;
    drop(hold);
    stage.start().await;
    answered_once(&stage, thread, "second part").await;
    assert_eq!(stage.count(thread, "first part"), 1);
    assert_eq!(
        stage.sim.messages(thread).len(),
        2,
        "{}",
        stage.sim.transcript(thread)
    );
}
