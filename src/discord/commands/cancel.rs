//! `/cancel`: ends what the agent of this thread does.

use super::{CommandError, Context, answer::say, asked};
use crate::{access::Action, session::Cancelled};

/// Stop what the agent in this thread is doing
#[poise::command(slash_command, guild_only)]
pub(super) async fn cancel(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::Cancel).await?;
    let done = context.data().house.cancel(&permit).await?;
    say(context, sentence(done)).await
}

const fn sentence(done: Cancelled) -> &'static str {
    match done {
        Cancelled::Nothing => "Nothing is at work here. Use `/cancel` where the conversation is.",
        Cancelled::Withdrawn => "Taken back before it began.",
        Cancelled::Stopping => "Stopping it. The conversation can go on with your next message.",
    }
}
