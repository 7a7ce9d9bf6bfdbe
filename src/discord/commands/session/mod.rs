//! `/session`: conversations with agents.

mod busy;
mod clear;
mod list;
mod mode;
mod model;
mod start;
mod stop;

use std::time::Duration;

use super::{Caller, CommandError, Context, answer::say, introduced, sight::visible};
use crate::{
    access::{Action, Permit},
    session::{Tuned, TuningWish},
    words::escape_markdown,
};

/// How long Discord is asked which threads the caller can see, before the others are left out.
const PATIENCE: Duration = Duration::from_secs(10);

const TAKEN: &str =
    "Done: the agent has taken it. What it is at work on now it may finish as it began.";

/// How much is shown of an agent's own words, in code points.
const REFUSAL: usize = 300;

/// Conversations with agents
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(
    slash_command,
    guild_only,
    subcommands(
        "start::start",
        "stop::stop",
        "list::list",
        "clear::clear",
        "model::model",
        "mode::mode",
        "busy::busy"
    ),
    subcommand_required
)]
pub(in crate::discord::commands) async fn session(
    _context: Context<'_>,
) -> Result<(), CommandError> {
    Ok(())
}

/// A permit to do something with the session that somebody means: the one here, or one of the channel
/// by its name. `None` if there is none that he can see.
async fn meant(
    context: Context<'_>,
    caller: &Caller,
    name: Option<&str>,
    action: Action,
) -> Result<Option<Permit>, CommandError> {
    let permit = caller.permit(context, Action::ListSessions).await?;
    let house = &context.data().house;
    let found = house.find_sessions(&permit, name).await?;
    let seen = visible(context, caller, found, PATIENCE).await;
    let Some(view) = seen.into_iter().next() else {
        return Ok(None);
    };
    // He may be something else where it lives.
    let permit = caller.permit_at(context, view.place, action).await?;
    Ok(Some(permit))
}

/// Has the session that somebody means changed, and says what came of it.
async fn tune(
    context: Context<'_>,
    name: Option<&str>,
    wish: TuningWish,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let Some(permit) = meant(context, &caller, name, Action::TuneSession).await? else {
        return say(context, none(name)).await;
    };
    let text = match context.data().house.tune_session(&permit, wish).await? {
        Tuned::Nothing => none(name).to_owned(),
        Tuned::NoModel => {
            "This is no name of a model. Write it as the agent program shows it.".to_owned()
        }
        Tuned::NextTurn => "Done: it holds from the next message there on.".to_owned(),
        Tuned::Taken => TAKEN.to_owned(),
        Tuned::Refused(why) => format!(
            "The agent does not take that, so everything is as it was. It says: {}",
            escape_markdown(&why.chars().take(REFUSAL).collect::<String>())
        ),
    };
    say(context, &text).await
}

/// Nothing there of that kind.
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
