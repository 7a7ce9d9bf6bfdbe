//! Permission overwrites of channels.

use crate::body::OverwritePut;
use crate::error::ApiError;
use crate::ids::{ChannelId, HolderId};
use crate::permission::{Permission, Permissions};
use crate::world::{Overwrite, World};

use super::call::Call;
use super::reply::Reply;

/// "Edit Channel Permissions".
pub(super) fn put(
    world: &mut World,
    call: &Call,
    channel: ChannelId,
    holder: HolderId,
) -> Result<Reply, ApiError> {
    let body: OverwritePut = call.parse(world)?;
    let overwrite = body.overwrite(holder);
    may_set(world, channel, &[overwrite])?;
    world.set_overwrite(channel, overwrite)?;
    Ok(Reply::empty())
}

/// "Delete Channel Permission".
pub(super) fn delete(
    world: &mut World,
    channel: ChannelId,
    holder: HolderId,
) -> Result<Reply, ApiError> {
    may_set(world, channel, &[])?;
    let known = world.channels.get(&channel).and_then(|found| {
        let mut known = found.overwrites.iter().map(|overwrite| overwrite.holder);
        known.find(|known| known.id() == holder)
    });
    world.remove_overwrite(channel, known.ok_or(ApiError::UnknownOverwrite)?)?;
    Ok(Reply::empty())
}

/// Setting overwrites takes MANAGE_ROLES, and only what the bot may do itself can be given or taken
/// (Discord: resources/channel, "Edit Channel Permissions").
pub(super) fn may_set(
    world: &World,
    channel: ChannelId,
    overwrites: &[Overwrite],
) -> Result<(), ApiError> {
    let found = world.for_bot(channel, &[Permission::ManageRoles])?;
    if found.thread.is_some() || found.guild.is_none() {
        return Err(ApiError::WrongChannelType);
    }
    may_give(world.permissions(world.bot, channel), overwrites)
}

/// Whether these overwrites touch only what the bot has.
pub(super) fn may_give(held: Permissions, overwrites: &[Overwrite]) -> Result<(), ApiError> {
    let touched = overwrites.iter().fold(Permissions::NONE, |sum, overwrite| {
        sum.with(overwrite.allow).with(overwrite.deny)
    });
    if touched.without(held).is_empty() {
        Ok(())
    } else {
        Err(ApiError::MissingPermissions)
    }
}
