//! Joining and leaving threads.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::ids::{ChannelId, UserId};
use crate::permission::Permission;
use crate::portal::PortalIntent;
use crate::wire;
use crate::world::{Channel, ChannelKind, Thread, World};

use super::call::Call;
use super::reply::Reply;

pub(super) fn join(world: &mut World, channel: ChannelId) -> Result<Reply, ApiError> {
    thread(world, channel)?;
    world.not_archived(channel)?;
    world.join_thread(channel, world.bot)?;
    Ok(Reply::empty())
}

pub(super) fn leave(world: &mut World, channel: ChannelId) -> Result<Reply, ApiError> {
    thread(world, channel)?;
    world.not_archived(channel)?;
    world.leave_thread(channel, world.bot)?;
    Ok(Reply::empty())
}

/// Takes that the bot may write in the thread; into a private one that is not `invitable` only those
/// with MANAGE_THREADS let others.
pub(super) fn add(world: &mut World, channel: ChannelId, user: UserId) -> Result<Reply, ApiError> {
    let (found, state) = thread(world, channel)?;
    let guarded = found.kind == ChannelKind::PrivateThread && !state.invitable;
    let need = if guarded {
        Permission::ManageThreads
    } else {
        Permission::SendMessagesInThreads
    };
    world.for_bot(channel, &[need])?;
    world.not_archived(channel)?;
    member_of_guild(world, channel, user)?;
    world.join_thread(channel, user)?;
    Ok(Reply::empty())
}

/// Takes MANAGE_THREADS, or to have started the private thread.
pub(super) fn remove(
    world: &mut World,
    channel: ChannelId,
    user: UserId,
) -> Result<Reply, ApiError> {
    let (found, state) = thread(world, channel)?;
    let own = found.kind == ChannelKind::PrivateThread && state.owner == world.bot;
    if !own {
        world.for_bot(channel, &[Permission::ManageThreads])?;
    }
    world.not_archived(channel)?;
    world.leave_thread(channel, user)?;
    Ok(Reply::empty())
}

pub(super) fn get(
    world: &World,
    call: &Call,
    channel: ChannelId,
    user: UserId,
) -> Result<Reply, ApiError> {
    let (found, state) = thread(world, channel)?;
    if !state.members.contains_key(&user) {
        return Err(ApiError::UnknownMember);
    }
    Ok(Reply::json(shown(world, call, found, user)))
}

/// Only for bots with the intent for members.
pub(super) fn list(world: &World, call: &Call, channel: ChannelId) -> Result<Reply, ApiError> {
    let (found, state) = thread(world, channel)?;
    if !world.portal_intents.contains(&PortalIntent::GuildMembers) {
        return Err(ApiError::MissingAccess);
    }
    let members: Vec<Value> = state
        .members
        .keys()
        .map(|user| shown(world, call, found, *user))
        .collect();
    Ok(Reply::json(json!(members)))
}

fn shown(world: &World, call: &Call, found: &Channel, user: UserId) -> Value {
    if call.query("with_member") == Some(true) {
        wire::full_thread_member(world, found, user)
    } else {
        wire::thread_member(world, found, user)
    }
}

fn thread(world: &World, channel: ChannelId) -> Result<(&Channel, &Thread), ApiError> {
    let found = world.for_bot(channel, &[])?;
    let state = found.thread.as_ref().ok_or(ApiError::WrongChannelType)?;
    Ok((found, state))
}

fn member_of_guild(world: &World, channel: ChannelId, user: UserId) -> Result<(), ApiError> {
    let guild = world.channels.get(&channel).and_then(|found| found.guild);
    let guild = guild.and_then(|guild| world.guilds.get(&guild));
    let member = guild.is_some_and(|guild| guild.members.contains_key(&user));
    member.then_some(()).ok_or(ApiError::UnknownMember)
}
