//! Channels.

use crate::body::{ChannelPatch, NewChannel, NewDm};
use crate::error::ApiError;
use crate::ids::{ChannelId, GuildId};
use crate::permission::Permission;
use crate::wire;
use crate::world::{ChannelKind, World, check_channel_name};

use super::call::Call;
use super::reply::Reply;

pub(super) fn get(world: &World, channel: ChannelId) -> Result<Reply, ApiError> {
    let found = world.for_bot(channel, &[])?;
    Ok(Reply::json(wire::channel(world, found)))
}

pub(super) fn edit(world: &mut World, call: &Call, channel: ChannelId) -> Result<Reply, ApiError> {
    let patch: ChannelPatch = call.parse(world)?;
    let found = world.for_bot(channel, &[])?;
    let need = if found.thread.is_some() {
        Permission::ManageThreads
    } else {
        Permission::ManageChannels
    };
    world.for_bot(channel, &[need])?;
    world.patch_channel(channel, &patch, world.bot)?;
    get(world, channel)
}

pub(super) fn delete(world: &mut World, channel: ChannelId) -> Result<Reply, ApiError> {
    let found = world.for_bot(channel, &[])?;
    let need = if found.thread.is_some() {
        Permission::ManageThreads
    } else {
        Permission::ManageChannels
    };
    let found = world.for_bot(channel, &[need])?;
    let gone = wire::channel(world, found);
    world.delete_channel(channel)?;
    Ok(Reply::json(gone))
}

pub(super) fn typing(world: &mut World, channel: ChannelId) -> Result<Reply, ApiError> {
    let need = world.send_permission(channel);
    world.for_bot(channel, &[need])?;
    world.typing(world.bot, channel);
    Ok(Reply::empty())
}

pub(super) fn create(world: &mut World, call: &Call, guild: GuildId) -> Result<Reply, ApiError> {
    let body: NewChannel = call.parse(world)?;
    if !world.guilds.contains_key(&guild) {
        return Err(ApiError::UnknownGuild);
    }
    check_channel_name(&body.name)?;
    let kind = ChannelKind::of_guild_channel(body.kind.unwrap_or(0)).ok_or_else(|| {
        ApiError::field(
            "type",
            "BASE_TYPE_CHOICES",
            "Value must be one of (0, 5, 15).",
        )
    })?;
    let id = world.add_channel(guild, &body.name, kind, body.topic);
    let made = world.channels.get(&id).ok_or(ApiError::UnknownChannel)?;
    Ok(Reply::created(wire::channel(world, made)))
}

pub(super) fn create_dm(world: &mut World, call: &Call) -> Result<Reply, ApiError> {
    let body: NewDm = call.parse(world)?;
    let channel = world.dm_with(body.recipient_id)?;
    get(world, channel)
}
