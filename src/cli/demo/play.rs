//! The short conversation that the demo plays.

use std::time::Duration;

use anyhow::{Context as _, Result};
use discord_sim::{ChannelId, MessageView, NO_OPTIONS, WorldView};

use super::{agent::Model, show::Screen, stage::Stage};

/// How long anything may take; a real model thinks for a while.
const PATIENCE: Duration = Duration::from_mins(3);

/// Plays it; returns the thread in which it was.
pub(super) async fn play(stage: &mut Stage, screen: &Screen) -> Result<ChannelId> {
    screen.say("\n▸ A member mentions the bot. It answers in a thread, live.")?;
    let text = line(
        stage,
        "@bot when does the harbour open? NOTES.md should say.",
        r#"STUB:[{"tool":"Read","input":{"file_path":"NOTES.md"}},{"text":"According to NOTES.md, the harbour opens at six.","chunks":4,"delay":0.6}]"#,
    );
    let asked = stage.sim.user("ann").says(text).in_(stage.channel()).await;
    let thread = ChannelId::new(asked.id.get());
    outcome(stage, thread, 1).await?;

    screen.say("\n▸ A second message reaches the same agent, which remembers the first.")?;
    let text = line(stage, "What did I ask first?", r#"STUB:[{"recall":true}]"#);
    stage.sim.user("ann").says(text).in_(thread).await;
    outcome(stage, thread, 2).await?;

    screen.say(
        "\n▸ It runs a command that takes for ever, and /cancel ends it with all it started.",
    )?;
    let text = line(
        stage,
        "Run `sleep 3600` and tell me when it is done.",
        r#"STUB:[{"tool":"Bash","input":{"command":"sleep 3600","timeout":600000}},{"text":"done"}]"#,
    );
    stage.sim.user("ann").says(text).in_(thread).await;
    until(stage, |world| at_work(world, thread, "sleep 3600")).await?;
    screen.say("  ann: /cancel")?;
    let cancelled = stage
        .sim
        .user("ann")
        .slash("cancel", NO_OPTIONS)
        .in_(thread)
        .await;
    let reply = cancelled.answer().await;
    screen.say(&format!("      (only ann sees it) {}", reply.content))?;
    outcome(stage, thread, 3).await?;

    screen.say("\n▸ While it works, the server is killed with SIGKILL. The agent works on.")?;
    let text = line(
        stage,
        "Run `sleep 4 && echo survived`, and tell me what it printed.",
        r#"STUB:[{"tool":"Bash","input":{"command":"sleep 4 && echo survived"}},{"text":"It printed: survived"}]"#,
    );
    stage.sim.user("ann").says(text).in_(thread).await;
    until(stage, |world| at_work(world, thread, "survived")).await?;
    stage.kill().await?;
    screen.say("  ☠ the server is dead")?;
    stage.start().await?;
    screen.say("  ↻ a new server has started")?;
    outcome(stage, thread, 4).await?;
    Ok(thread)
}

/// What ann says: to the simulated model with the script of its answer.
fn line(stage: &Stage, text: &str, script: &str) -> String {
    match stage.model() {
        Model::Real => text.to_owned(),
        Model::Simulated => format!("{text} {script}"),
    }
}

/// Waits until the thread has this many outcomes.
async fn outcome(stage: &Stage, thread: ChannelId, count: usize) -> Result<()> {
    until(stage, |world| {
        world
            .messages(thread)
            .iter()
            .filter(|message| is_outcome(message))
            .count()
            >= count
    })
    .await
}

async fn until(stage: &Stage, holds: impl Fn(WorldView<'_>) -> bool) -> Result<()> {
    let waited = stage.sim.wait_within(PATIENCE, holds).await;
    waited.with_context(|| {
        format!(
            "the bot did not do what it should within {PATIENCE:?}; its log:\n{}",
            stage.log()
        )
    })
}

fn is_outcome(message: &MessageView) -> bool {
    let text = &message.content;
    message.author == "bot" && (text.contains(" tokens · ") || text.starts_with(['🛑', '⚠']))
}

/// Whether the live message shows this command at work.
fn at_work(world: WorldView<'_>, thread: ChannelId, command: &str) -> bool {
    world
        .messages(thread)
        .iter()
        .any(|m| m.author == "bot" && m.content.contains(command))
}
