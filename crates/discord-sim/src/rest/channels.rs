//! Channels.

use serde_json::Value;

use crate::body::{ChannelPatch, NewChannel, NewDm, OverwriteBody};
use crate::error::ApiError;
use crate::ids::{ChannelId, GuildId};
use crate::journal::ViolationKind;
use crate::limits;
use crate::permission::Permission;
use crate::wire;
use crate::world::{ChannelDraft, ChannelKind, ForumTag, Overwrite, World, check_channel_name};

use super::call::Call;
use super::overwrites::{may_give, may_set};
use super::reply::Reply;

pub(super) fn get(world: &World, channel: ChannelId) -> Result<Reply, ApiError> {
    let found = world.for_bot(channel, &[])?;
    Ok(Reply::json(wire::channel(world, found)))
}

pub(super) fn edit(world: &mut World, call: &Call, channel: ChannelId) -> Result<Reply, ApiError> {
    let patch: ChannelPatch = call.parse(world)?;
    may_edit(world, channel, &patch)?;
    for name in world.lost_settings(channel, &call.body) {
        let detail = format!(
            "{} {}: {name} is nothing that it has",
            call.method, call.path
        );
        world.violate(ViolationKind::UnknownKey, detail);
    }
    note_numeric_parent(world, call);
    let listed = overwrites(patch.permission_overwrites.as_deref());
    if let Some(listed) = &listed {
        may_set(world, channel, listed)?;
    }
    let mut patch = patch;
    number_tags(world, patch.available_tags.as_mut())?;
    world.patch_channel(channel, &patch, world.bot)?;
    if let Some(listed) = listed {
        world.replace_overwrites(channel, listed)?;
    }
    // Whoever shuts itself out is still told what it has done.
    let changed = world
        .channels
        .get(&channel)
        .ok_or(ApiError::UnknownChannel)?;
    Ok(Reply::json(wire::channel(world, changed)))
}

/// Discord's description has a string or null for the id of a category (`SnowflakeType`), and Discord takes a number as
/// well: it is carried out, and a violation.
fn note_numeric_parent(world: &mut World, call: &Call) {
    if call.body.get("parent_id").is_some_and(Value::is_number) {
        let detail = format!(
            "{} {}: parent_id is a number, and ids are strings",
            call.method, call.path
        );
        world.violate(ViolationKind::Schema, detail);
    }
}

/// Channels take MANAGE_CHANNELS. Threads take MANAGE_THREADS, but who started one may rename and
/// archive it, and who may write in it may open it again unless it is locked
/// (Discord: resources/channel, "Modify Channel").
fn may_edit(world: &World, channel: ChannelId, patch: &ChannelPatch) -> Result<(), ApiError> {
    let found = world.for_bot(channel, &[])?;
    let Some(thread) = &found.thread else {
        return world
            .for_bot(channel, &[Permission::ManageChannels])
            .map(|_| ());
    };
    if thread.archived && patch.archived != Some(false) {
        return Err(ApiError::ArchivedThread);
    }
    let only_opens = ChannelPatch {
        archived: Some(false),
        ..ChannelPatch::default()
    };
    let owners = patch.locked.is_none() && patch.rate_limit_per_user.is_none();
    let need = if !thread.locked && (*patch == only_opens || (owners && thread.owner == world.bot))
    {
        Permission::SendMessagesInThreads
    } else {
        Permission::ManageThreads
    };
    world.for_bot(channel, &[need]).map(|_| ())
}

fn overwrites(listed: Option<&[OverwriteBody]>) -> Option<Vec<Overwrite>> {
    listed.map(|listed| listed.iter().map(OverwriteBody::overwrite).collect())
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
    world.guild_for_bot(guild, &[Permission::ManageChannels])?;
    check_channel_name(&body.name)?;
    let kind = ChannelKind::of_guild_channel(body.kind.unwrap_or(0)).ok_or_else(|| {
        ApiError::field(
            "type",
            "BASE_TYPE_CHOICES",
            "Value must be one of (0, 4, 5, 15).",
        )
    })?;
    world.check_parent(Some(guild), kind, body.parent_id)?;
    note_numeric_parent(world, call);
    let listed = overwrites(body.permission_overwrites.as_deref()).unwrap_or_default();
    may_give(world.guild_permissions(world.bot, guild), &listed)?;
    let mut tags = body.available_tags;
    number_tags(world, tags.as_mut())?;
    let id = world.add_channel(
        guild,
        ChannelDraft {
            topic: body.topic,
            parent: body.parent_id,
            overwrites: listed,
            tags: tags.unwrap_or_default(),
            ..ChannelDraft::new(&body.name, kind)
        },
    );
    let made = world.channels.get(&id).ok_or(ApiError::UnknownChannel)?;
    Ok(Reply::created(wire::channel(world, made)))
}

fn number_tags(world: &mut World, tags: Option<&mut Vec<ForumTag>>) -> Result<(), ApiError> {
    let Some(tags) = tags else {
        return Ok(());
    };
    if tags.len() > limits::FORUM_TAGS {
        let message = format!("Must be {} or fewer in length.", limits::FORUM_TAGS);
        return Err(ApiError::field(
            "available_tags",
            "BASE_TYPE_MAX_LENGTH",
            message,
        ));
    }
    world.number_tags(tags);
    Ok(())
}

pub(super) fn create_dm(world: &mut World, call: &Call) -> Result<Reply, ApiError> {
    let body: NewDm = call.parse(world)?;
    let channel = world.dm_with(body.recipient_id)?;
    get(world, channel)
}
