//! Registration of application commands.

use serde_json::{Value, json};

use crate::body::CommandBody;
use crate::error::ApiError;
use crate::ids::{CommandId, GuildId};
use crate::wire;
use crate::world::{CommandScope, World};

use super::call::Call;
use super::reply::Reply;

pub(super) fn list(world: &World, scope: CommandScope) -> Reply {
    let commands: Vec<Value> = world
        .commands_of(scope)
        .into_iter()
        .map(|command| wire::command(world, command))
        .collect();
    Reply::json(json!(commands))
}

pub(super) fn put(world: &mut World, call: &Call, scope: CommandScope) -> Result<Reply, ApiError> {
    let bodies: Vec<CommandBody> = call.parse(world)?;
    let ids = world.put_commands(scope, bodies)?;
    let commands: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| world.commands.get(&id))
        .map(|command| wire::command(world, command))
        .collect();
    Ok(Reply::json(json!(commands)))
}

pub(super) fn create(
    world: &mut World,
    call: &Call,
    scope: CommandScope,
) -> Result<Reply, ApiError> {
    let body: CommandBody = call.parse(world)?;
    let before = world.commands.len();
    let id = world.put_command(scope, body)?;
    let value = wire::command(world, world.command(scope, id)?);
    Ok(if world.commands.len() > before {
        Reply::created(value)
    } else {
        Reply::json(value)
    })
}

pub(super) fn get(world: &World, scope: CommandScope, id: CommandId) -> Result<Reply, ApiError> {
    Ok(Reply::json(wire::command(world, world.command(scope, id)?)))
}

pub(super) fn edit(
    world: &mut World,
    call: &Call,
    scope: CommandScope,
    id: CommandId,
) -> Result<Reply, ApiError> {
    let body: CommandBody = call.parse(world)?;
    world.edit_command(scope, id, body)?;
    get(world, scope, id)
}

/// Who may use which commands of a guild. Only people set that, in the guild's settings.
pub(super) fn permissions(world: &World, guild: GuildId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    let ruled = world.ruled_commands(guild).into_iter();
    let shown: Vec<Value> = ruled
        .map(|id| wire::command_rules(world, guild, id))
        .collect();
    Ok(Reply::json(json!(shown)))
}

/// The same of one command, or, by the application's id, of all that have no rules of their own.
pub(super) fn permissions_of(
    world: &World,
    guild: GuildId,
    id: CommandId,
) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    if world.ruled_commands(guild).contains(&id) {
        Ok(Reply::json(wire::command_rules(world, guild, id)))
    } else if id == world.all_commands() || world.commands.contains_key(&id) {
        Err(ApiError::UnknownCommandPermissions)
    } else {
        Err(ApiError::UnknownCommand)
    }
}

pub(super) fn delete(
    world: &mut World,
    scope: CommandScope,
    id: CommandId,
) -> Result<Reply, ApiError> {
    world.delete_command(scope, id)?;
    Ok(Reply::empty())
}
