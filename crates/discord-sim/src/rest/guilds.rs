//! Reading what the bot is and where it is.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::ids::{GuildId, UserId};
use crate::limits;
use crate::permission::Permission;
use crate::wire;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;

fn gateway_url(world: &World) -> String {
    world.base_url.replacen("http", "ws", 1)
}

pub(super) fn gateway(world: &World) -> Reply {
    Reply::json(json!({"url": gateway_url(world)}))
}

pub(super) fn gateway_bot(world: &World) -> Reply {
    let (remaining, reset_after) = world.starts.left(world.now_ms());
    Reply::json(json!({
        "url": gateway_url(world),
        "shards": 1,
        "session_start_limit": {
            "total": limits::SESSION_STARTS,
            "remaining": remaining,
            "reset_after": reset_after,
            "max_concurrency": 1,
        },
    }))
}

pub(super) fn me(world: &World) -> Reply {
    Reply::json(wire::current_user(world))
}

pub(super) fn application(world: &World) -> Reply {
    Reply::json(wire::application(world))
}

pub(super) fn user(world: &World, user: UserId) -> Result<Reply, ApiError> {
    world
        .users
        .get(&user)
        .map(|user| Reply::json(wire::user(user)))
        .ok_or(ApiError::UnknownUser)
}

pub(super) fn guild(world: &World, guild: GuildId) -> Result<Reply, ApiError> {
    Ok(Reply::json(wire::guild(world.guild_for_bot(guild, &[])?)))
}

/// Discord lists channels here whether the bot can see them or not, but no threads.
pub(super) fn channels(world: &World, guild: GuildId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    let channels: Vec<Value> = world
        .channels
        .values()
        .filter(|channel| channel.guild == Some(guild) && channel.thread.is_none())
        .map(|channel| wire::channel(world, channel))
        .collect();
    Ok(Reply::json(json!(channels)))
}

pub(super) fn active_threads(world: &World, guild: GuildId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    let active: Vec<_> = world
        .channels
        .values()
        .rev()
        .filter(|channel| {
            channel.guild == Some(guild)
                && world.can(world.bot, channel.id, Permission::ViewChannel)
        })
        .filter(|channel| {
            channel
                .thread
                .as_ref()
                .is_some_and(|thread| !thread.archived)
        })
        .collect();
    let threads: Vec<Value> = active
        .iter()
        .map(|channel| wire::channel(world, channel))
        .collect();
    let members: Vec<Value> = active
        .iter()
        .map(|channel| wire::thread_member(world, channel))
        .collect();
    Ok(Reply::json(
        json!({"threads": threads, "members": members, "has_more": false}),
    ))
}

pub(super) fn member(world: &World, guild: GuildId, user: UserId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    wire::member(world, guild, user)
        .map(Reply::json)
        .ok_or(ApiError::UnknownMember)
}

/// "List Guild Members": `limit` of 1 to 1,000, by default 1, in the order of ids after `after`.
pub(super) fn members(world: &World, call: &Call, guild: GuildId) -> Result<Reply, ApiError> {
    let limit: usize = call.query("limit").unwrap_or(1);
    let after: UserId = call.query("after").unwrap_or(UserId::new(0));
    let members: Vec<Value> = world
        .guild_for_bot(guild, &[])?
        .members
        .keys()
        .filter(|user| **user > after)
        .filter_map(|user| wire::member(world, guild, *user))
        .take(limit.min(limits::PAGE * 10))
        .collect();
    Ok(Reply::json(json!(members)))
}
