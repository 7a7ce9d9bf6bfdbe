//! Roles, and who has them (Discord: resources/guild).

use serde_json::{Value, json};

use crate::body::RoleBody;
use crate::error::ApiError;
use crate::ids::{GuildId, RoleId, UserId};
use crate::permission::{Permission, Permissions};
use crate::wire;
use crate::world::{Mentionable, Role, World};

use super::call::Call;
use super::reply::Reply;

pub(super) fn list(world: &World, guild: GuildId) -> Result<Reply, ApiError> {
    let guild = world.guild_for_bot(guild, &[])?;
    let roles: Vec<Value> = guild.roles.values().map(wire::role).collect();
    Ok(Reply::json(json!(roles)))
}

pub(super) fn get(world: &World, guild: GuildId, role: RoleId) -> Result<Reply, ApiError> {
    let guild = world.guild_for_bot(guild, &[])?;
    let role = guild.roles.get(&role).ok_or(ApiError::UnknownRole)?;
    Ok(Reply::json(wire::role(role)))
}

pub(super) fn create(world: &mut World, call: &Call, guild: GuildId) -> Result<Reply, ApiError> {
    let body: RoleBody = call.parse(world)?;
    may_grant(world, guild, body.permissions)?;
    let role = world.add_role(guild, body.name.as_deref().unwrap_or("new role"));
    world.change_role(guild, role, |role| apply(role, &body))?;
    get(world, guild, role)
}

pub(super) fn edit(
    world: &mut World,
    call: &Call,
    guild: GuildId,
    role: RoleId,
) -> Result<Reply, ApiError> {
    let body: RoleBody = call.parse(world)?;
    may_grant(world, guild, body.permissions)?;
    stands_above(world, guild, role)?;
    world.change_role(guild, role, |role| apply(role, &body))?;
    get(world, guild, role)
}

pub(super) fn delete(world: &mut World, guild: GuildId, role: RoleId) -> Result<Reply, ApiError> {
    may_grant(world, guild, None)?;
    assignable(stands_above(world, guild, role)?)?;
    world.delete_role(guild, role)?;
    Ok(Reply::empty())
}

pub(super) fn give(
    world: &mut World,
    guild: GuildId,
    user: UserId,
    role: RoleId,
) -> Result<Reply, ApiError> {
    may_assign(world, guild, user, role)?;
    world.give_role(guild, user, role);
    Ok(Reply::empty())
}

pub(super) fn take(
    world: &mut World,
    guild: GuildId,
    user: UserId,
    role: RoleId,
) -> Result<Reply, ApiError> {
    may_assign(world, guild, user, role)?;
    world.take_role(guild, user, role);
    Ok(Reply::empty())
}

fn may_assign(world: &World, guild: GuildId, user: UserId, role: RoleId) -> Result<(), ApiError> {
    let found = world.guild_for_bot(guild, &[Permission::ManageRoles])?;
    if !found.members.contains_key(&user) {
        return Err(ApiError::UnknownMember);
    }
    assignable(stands_above(world, guild, role)?)
}

/// The bot can make roles only with what it may do itself.
fn may_grant(
    world: &World,
    guild: GuildId,
    permissions: Option<Permissions>,
) -> Result<(), ApiError> {
    world.guild_for_bot(guild, &[Permission::ManageRoles])?;
    let held = world.guild_permissions(world.bot, guild);
    if permissions.unwrap_or_default().without(held).is_empty() {
        Ok(())
    } else {
        Err(ApiError::MissingPermissions)
    }
}

fn stands_above(world: &World, guild: GuildId, role: RoleId) -> Result<&Role, ApiError> {
    let found = world.guild_for_bot(guild, &[])?;
    let below = found.roles.get(&role).ok_or(ApiError::UnknownRole)?;
    if found.stands_above(world.bot, role) {
        Ok(below)
    } else {
        Err(ApiError::MissingPermissions)
    }
}

/// `@everyone` and the roles of bots can be neither given nor deleted.
fn assignable(role: &Role) -> Result<(), ApiError> {
    if role.position == 0 || role.managed_by.is_some() {
        Err(ApiError::InvalidRole)
    } else {
        Ok(())
    }
}

fn apply(role: &mut Role, body: &RoleBody) {
    if let Some(name) = &body.name {
        role.name.clone_from(name);
    }
    role.permissions = body.permissions.unwrap_or(role.permissions);
    role.color = body.color.unwrap_or(role.color);
    role.hoist = body.hoist.unwrap_or(role.hoist);
    role.mentionable = match body.mentionable {
        Some(true) => Mentionable::ByAll,
        Some(false) => Mentionable::ByPermission,
        None => role.mentionable,
    };
}
