//! `/cancel`: ends what the agent of this thread does.

use serenity::all::{Cache, CommandInteraction};

use super::{Caller, CommandError, Context, Desk, answer::say, asked, signs};
use crate::{
    access::Action,
    discord::{ids, late::Done},
    session::Cancelled,
    words::MessageId,
};

/// Stop what the agent in this thread is doing
#[poise::command(slash_command, guild_only)]
pub(super) async fn cancel(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::Cancel).await?;
    let done = context.data().house.cancel(&permit).await?;
    say(context, sentence(done)).await
}

/// Somebody has used it, and it comes too late to be answered. What was asked for after that is another thing.
pub(in crate::discord) async fn late(
    desk: &Desk,
    cache: &Cache,
    used: &CommandInteraction,
) -> Result<Done, CommandError> {
    if used.data.name != cancel().name {
        return Ok(Done::Nothing);
    }
    desk.haste.count(ids::user(used.user.id))?;
    let Caller { person, place } = Caller::of(desk, cache, signs(used)).await?;
    // What he was when he used it may be long ago.
    let Some(person) = desk.people.now(person.id).await? else {
        return Ok(Done::Nothing);
    };
    let permit = desk.house.authorize(&person, place, Action::Cancel);
    let permit = permit.await??;
    // Interactions have ids of the kind that messages have.
    let asked = MessageId::new(used.id.get());
    Ok(match desk.house.cancel_what_was(&permit, asked).await? {
        Cancelled::Nothing => Done::Nothing,
        Cancelled::Withdrawn | Cancelled::Stopping => Done::Stopped,
    })
}

const fn sentence(done: Cancelled) -> &'static str {
    match done {
        Cancelled::Nothing => "Nothing is at work here. Use `/cancel` where the conversation is.",
        Cancelled::Withdrawn => "Taken back before it began.",
        Cancelled::Stopping => "Stopping it. The conversation can go on with your next message.",
    }
}
