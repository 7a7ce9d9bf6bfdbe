//! Reactions.

use serde_json::Value;

use crate::error::ApiError;
use crate::ids::{ChannelId, MessageId, UserId};
use crate::limits;
use crate::permission::Permission;
use crate::wire;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;

pub(super) fn add(
    world: &mut World,
    channel: ChannelId,
    id: MessageId,
    emoji: &str,
) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::ReadMessageHistory])?;
    let known = world
        .message(channel, id)?
        .reactions
        .iter()
        .any(|known| known.emoji == emoji);
    if !known {
        world.for_bot(channel, &[Permission::AddReactions])?;
    }
    world.react(world.bot, channel, id, emoji)?;
    Ok(Reply::empty())
}

/// One's own needs nothing, another's needs MANAGE_MESSAGES.
pub(super) fn remove(
    world: &mut World,
    channel: ChannelId,
    id: MessageId,
    emoji: &str,
    user: Option<UserId>,
) -> Result<Reply, ApiError> {
    let user = user.unwrap_or(world.bot);
    let others = [Permission::ManageMessages];
    let needs: &[Permission] = if user == world.bot { &[] } else { &others };
    world.for_bot(channel, needs)?;
    world.unreact(user, channel, id, emoji)?;
    Ok(Reply::empty())
}

/// All reactions of a message, or all with one emoji.
pub(super) fn clear(
    world: &mut World,
    channel: ChannelId,
    id: MessageId,
    emoji: Option<&str>,
) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::ManageMessages])?;
    match emoji {
        Some(emoji) => world.clear_reaction(channel, id, emoji)?,
        None => world.clear_reactions(channel, id)?,
    }
    Ok(Reply::empty())
}

/// Who reacted with an emoji, in the order of their ids.
pub(super) fn list(
    world: &World,
    call: &Call,
    channel: ChannelId,
    id: MessageId,
    emoji: &str,
) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::ReadMessageHistory])?;
    let limit: usize = call.query("limit").unwrap_or(25);
    if !(1..=limits::PAGE).contains(&limit) {
        let message = "int value should be between 1 and 100.";
        return Err(ApiError::field("limit", "NUMBER_TYPE_MAX", message));
    }
    let after: UserId = call.query("after").unwrap_or(UserId::new(0));
    let message = world.message(channel, id)?;
    let known = message.reactions.iter().find(|known| known.emoji == emoji);
    let mut users: Vec<UserId> = known.map_or_else(Vec::new, |known| known.users.clone());
    users.sort_unstable();
    let shown: Vec<Value> = users
        .into_iter()
        .filter(|user| *user > after)
        .take(limit)
        .filter_map(|user| world.users.get(&user).map(wire::user))
        .collect();
    Ok(Reply::json(shown.into()))
}
