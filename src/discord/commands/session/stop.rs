//! `/session stop`: ends a conversation for good.

use super::{
    super::{CommandError, Context, answer::say, introduced, offers},
    meant, none,
};
use crate::{access::Action, session::Stopped};

/// End a conversation: what it is at work on is stopped, and its agent is let go
#[poise::command(slash_command, guild_only)]
pub(super) async fn stop(
    context: Context<'_>,
    #[description = "Which one of this channel; without it, the one here"]
    #[autocomplete = "offers::sessions"]
    #[max_length = 100]
    name: Option<String>,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let Some(permit) = meant(context, &caller, name.as_deref(), Action::EndSession).await? else {
        return say(context, none(name.as_deref())).await;
    };
    let text = match context.data().house.stop_session(&permit).await? {
        Stopped::Nothing => none(name.as_deref()),
        Stopped::Ended => "It is ended. `/session start` or a mention of me begins another.",
    };
    say(context, text).await
}
