//! `/session list`: the conversations of a channel.

use super::{
    CommandError, Context,
    answer::{fitting, say},
    asked,
};
use crate::{access::Action, discord::render, session::SessionView};

/// Conversations with agents
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(slash_command, guild_only, subcommands("list"), subcommand_required)]
pub(super) async fn session(_context: Context<'_>) -> Result<(), CommandError> {
    Ok(())
}

/// Show the conversations of this channel
#[poise::command(slash_command, guild_only)]
async fn list(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::ListSessions).await?;
    let sessions = context.data().house.sessions(&permit).await?;
    let text = if sessions.is_empty() {
        "There are no conversations in this channel yet. Mention me to begin one.".to_owned()
    } else {
        fitting(&sessions.iter().map(line).collect::<Vec<_>>())
    };
    say(context, &text).await
}

fn line(session: &SessionView) -> String {
    let state = session.state.map_or("idle", |state| state.as_str());
    let line = format!(
        "<#{}> {} · {} · {state} · <t:{}:R>",
        session.thread,
        render::escape_markdown(&session.title),
        render::escape_markdown(&session.project),
        session.used_at.get() / 1_000,
    );
    match &session.unreachable {
        Some(why) => {
            let why = render::escape_markdown(why);
            format!("{line} · ⚠️ Discord takes no messages there: {why}")
        }
        None => line,
    }
}
