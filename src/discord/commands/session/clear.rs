//! `/session clear`: begins a conversation anew in the same place.

use super::{
    super::{CommandError, Context, answer::say, introduced, offers},
    meant, none,
};
use crate::{access::Action, session::Cleared, words::MessageId};

/// Begin a conversation anew in its place: the agent forgets what was said
#[poise::command(slash_command, guild_only)]
pub(super) async fn clear(
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
    let command = MessageId::new(context.interaction.id.get());
    let house = &context.data().house;
    let text = match house.clear_session(&permit, command).await? {
        Cleared::Nothing => none(name.as_deref()),
        Cleared::AtWork => {
            "The agent is at work there. Let it finish or use `/cancel`, then clear it."
        }
        Cleared::Cleared => "Done: the agent remembers nothing of what was said there before.",
    };
    say(context, text).await
}
