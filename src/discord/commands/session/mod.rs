//! `/session`: conversations with agents.

mod clear;
mod list;
mod start;
mod stop;

use std::time::Duration;

use super::{Caller, CommandError, Context, sight::visible};
use crate::access::{Action, Permit};

/// How long Discord is asked which threads the caller can see, before the others are left out.
const PATIENCE: Duration = Duration::from_secs(10);

/// Conversations with agents
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(
    slash_command,
    guild_only,
    subcommands("start::start", "stop::stop", "list::list", "clear::clear"),
    subcommand_required
)]
pub(in crate::discord::commands) async fn session(
    _context: Context<'_>,
) -> Result<(), CommandError> {
    Ok(())
}

/// A permit to end the session that somebody means: the one here, or one of the channel by
/// its name. `None` if there is none that he can see.
async fn to_be_ended(
    context: Context<'_>,
    caller: &Caller,
    name: Option<&str>,
) -> Result<Option<Permit>, CommandError> {
    let permit = caller.permit(context, Action::ListSessions).await?;
    let house = &context.data().house;
    let found = house.find_sessions(&permit, name).await?;
    let Some(view) = visible(context, found, PATIENCE).await.into_iter().next() else {
        return Ok(None);
    };
    // He may be something else where it lives.
    let permit = caller
        .permit_at(context, view.place, Action::EndSession)
        .await?;
    Ok(Some(permit))
}

/// Nothing there to be ended.
const fn none(name: Option<&str>) -> &'static str {
    match name {
        None => {
            "There is no conversation here. `/session list` shows those of this channel; choose one with \
             the option `name`."
        }
        Some(_) => {
            "No conversation of this channel is called like that. `/session list` shows those that there \
             are."
        }
    }
}
