//! The short conversation that the demo plays, and whether it goes as it should.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use discord_sim::{ChannelId, MessageRef, NO_OPTIONS, Outcome, WorldView};

use super::{
    agent::Model,
    ends::{self, End},
    show::Screen,
    stage::Stage,
};

/// How long anything may take; a real model thinks for a while.
const PATIENCE: Duration = Duration::from_mins(3);

/// Plays it; returns the thread in which it was. What did not go as it should is an error.
pub(super) async fn play(stage: &mut Stage, screen: &Screen) -> Result<ChannelId> {
    screen.say("\n▸ A member mentions the bot. It answers in a thread, live.")?;
    let text = line(
        stage,
        "@bot when does the harbour open? NOTES.md should say.",
        r#"STUB:[{"do":{"read":"NOTES.md"}},{"text":"According to NOTES.md, the harbour opens at six.","chunks":4,"delay":0.6}]"#,
    );
    let asked = stage.sim.user("ann").says(text).in_(stage.channel()).await;
    let thread = ChannelId::new(asked.id.get());
    ends(
        stage,
        thread,
        asked,
        End::Answer(&["six", "6:00", "6 a", "6 o"]),
    )
    .await?;
    let agents = stage.runners()?;
    ensure!(
        agents.len() == stage.runners_of_one_session(),
        "one agent was expected to be at work, and there are {} runners",
        agents.len()
    );

    screen.say("\n▸ A second message reaches the same agent, which remembers the first.")?;
    let text = line(stage, "What did I ask first?", r#"STUB:[{"recall":true}]"#);
    let asked = stage.sim.user("ann").says(text).in_(thread).await;
    ends(stage, thread, asked, End::Answer(&["harbour", "harbor"])).await?;
    ensure!(
        stage.runners()? == agents,
        "the same agent was expected to answer the second message, and another one did"
    );

    screen.say(
        "\n▸ It runs a command that takes for ever, and /cancel ends it with all it started.",
    )?;
    let text = line(
        stage,
        "Run `sleep 3600` and tell me when it is done.",
        r#"STUB:[{"do":{"run":"sleep 3600"}},{"text":"done"}]"#,
    );
    let asked = stage.sim.user("ann").says(text).in_(thread).await;
    at_work(stage, thread, "sleep 3600").await?;
    screen.say("  ann: /cancel")?;
    let cancelled = stage
        .sim
        .user("ann")
        .slash("cancel", NO_OPTIONS)
        .in_(thread)
        .await;
    let reply = cancelled.answer().await;
    screen.say(&format!("      (only ann sees it) {}", reply.content))?;
    ends(stage, thread, asked, End::Cancelled).await?;

    screen.say("\n▸ While it works, the server is killed with SIGKILL. The agent works on.")?;
    let text = line(
        stage,
        "Run `sleep 4 && echo survived`, and tell me what it printed.",
        r#"STUB:[{"do":{"run":"sleep 4 && echo survived"}},{"text":"It printed: survived"}]"#,
    );
    let asked = stage.sim.user("ann").says(text).in_(thread).await;
    at_work(stage, thread, "survived").await?;
    let agents = stage.runners()?;
    stage.kill().await?;
    screen.say("  ☠ the server is dead")?;
    stage.start().await?;
    screen.say("  ↻ a new server has started")?;
    ends(stage, thread, asked, End::Answer(&["survived"])).await?;
    ensure!(
        stage.runners()? == agents,
        "the agent was expected to outlive its server, and another one answered"
    );
    let turns = stage.sim.messages(thread);
    let turns = turns
        .iter()
        .filter(|it| it.author == "bot" && ends::is_end(&it.content));
    let turns = turns.count();
    ensure!(
        turns == 4,
        "each of the four messages was expected to be answered once, and {turns} answers came"
    );
    Ok(thread)
}

/// What ann says: to the simulated model with the script of its answer.
fn line(stage: &Stage, text: &str, script: &str) -> String {
    match stage.model() {
        Model::Real => text.to_owned(),
        Model::Simulated => format!("{text} {script}"),
    }
}

/// Waits until what was asked has come to an end, and looks whether it is the right one.
async fn ends(stage: &Stage, thread: ChannelId, asked: MessageRef, end: End) -> Result<()> {
    let said = until(stage, |world| {
        ends::since(asked.id, &world.messages(thread))
    });
    end.check(&said.await?)
}

async fn until<O: Outcome>(stage: &Stage, holds: impl Fn(WorldView<'_>) -> O) -> Result<O::Value> {
    let waited = stage.sim.wait_within(PATIENCE, holds).await;
    waited.with_context(|| {
        format!(
            "the bot did not do what it should within {PATIENCE:?}; its log:\n{}",
            stage.log()
        )
    })
}

/// Waits until the live message shows this command at work.
async fn at_work(stage: &Stage, thread: ChannelId, command: &str) -> Result<()> {
    let shows = |world: WorldView<'_>| {
        let messages = world.messages(thread);
        let mut of_bot = messages.iter().filter(|it| it.author == "bot");
        of_bot.any(|it| it.content.contains(command))
    };
    until(stage, shows).await
}
