//! The slash commands, from Discord to the agent and back.

use discord_sim::ChannelId;

use crate::stage::Stage;

/// A model that holds its answer until `working` is released.
const HELD: &str = r#"STUB:[{"text":"done at last","hold":"working"}]"#;

/// Ids and moments are different each time.
fn stable(text: &str) -> String {
    let mut stable = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end();
        let rest = &word[bare.len()..];
        if bare.starts_with("<#") {
            stable.push_str("<#thread>");
        } else if bare.starts_with("<t:") {
            stable.push_str("<when>");
        } else {
            stable.push_str(bare);
        }
        stable.push_str(rest);
    }
    stable
}

async fn list(stage: &Stage, place: ChannelId) -> String {
    stable(&stage.command("ann", "session list", place).await)
}

#[tokio::test]
async fn session_list_shows_where_each_conversation_stands() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    insta::assert_snapshot!(
        list(&stage, stage.channel()).await,
        @"There are no conversations in this channel yet. Mention me to begin one."
    );
    let first = stage
        .ask("ann", r#"fix *the* build STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(first, "answer one").await;
    let second = stage.ask("ann", &format!("write <@1> a poem {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    // The newest first; the same from the channel and from a thread below it.
    let shown = list(&stage, first).await;
    assert_eq!(list(&stage, stage.channel()).await, shown);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(
        lines[0].starts_with("<#thread> write") && lines[0].ends_with("· play · running · <when>")
    );
    assert!(
        lines[1].starts_with("<#thread> fix the build")
            && lines[1].ends_with("· play · idle · <when>")
    );
    stage.model.release("working");
    stage.answer(second, "done at last").await;
}

#[tokio::test]
async fn cancel_stops_the_agent_and_the_conversation_goes_on() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let thread = stage.ask("ann", &format!("remember apricot {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    insta::assert_snapshot!(
        stage.command("ann", "cancel", thread).await,
        @"Stopping it. The conversation can go on with your next message."
    );
    let stopped = stage.says(thread, "🛑").await;
    insta::assert_snapshot!(
        stopped.content,
        @"🛑 Cancelled. The conversation goes on with your next message."
    );
    insta::assert_snapshot!(
        stage.command("ann", "cancel", thread).await,
        @"Nothing is at work here. Use `/cancel` where the conversation is."
    );
    stage
        .sim
        .user("ann")
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
    // The turn that was stopped has no answer.
    assert_eq!(stage.answers(thread, ""), 1);
}

#[tokio::test]
async fn cancel_takes_back_what_has_not_begun() {
    let env = vec![("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned())];
    let stage = Stage::with(crate::stage::Settings {
        env,
        ..Default::default()
    })
    .await;
    stage.until_commands().await;
    let first = stage.ask("ann", &format!("first {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let second = stage
        .ask("ann", r#"pineapple STUB:[{"text":"never said"}]"#)
        .await;
    stage.says(second, "⏳ Everybody").await;
    insta::assert_snapshot!(
        stage.command("ann", "cancel", second).await,
        @"Taken back before it began."
    );
    let gone = stage.says(second, "🛑").await;
    insta::assert_snapshot!(gone.content, @"🛑 Cancelled before it began.");
    stage.model.release("working");
    stage.answer(first, "done at last").await;
    assert!(!stage.model_saw("pineapple"));
}

#[tokio::test]
async fn health_counts_what_goes_on() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let thread = stage.ask("ann", &format!("first {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let health = stage.command("ann", "health", stage.channel()).await;
    let lines: Vec<&str> = health.lines().collect();
    assert_eq!(lines.len(), 7, "{health}");
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        lines[0].starts_with(&format!("**Baton {version}**, up for ")),
        "{health}"
    );
    assert!(lines[1].starts_with("Gateway: connected"), "{health}");
    insta::assert_snapshot!(lines[2..6].join("\n"), @r"
    Events that could not be read: 0
    Runs: 1 of 6 active, 0 of 20 queued
    Agents: 1, 0 of them warm
    Questions that wait for a person: 0
    ");
    assert!(
        lines[6].starts_with("Messages on their way to Discord: "),
        "{health}"
    );
    stage.model.release("working");
    stage.answer(thread, "done at last").await;
}
