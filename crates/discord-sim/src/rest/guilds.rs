//! Reading what the bot is and where it is.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::gateway::Entrance;
use crate::ids::{GuildId, UserId};
use crate::limits;
use crate::portal::PortalIntent;
use crate::wire;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;

fn gateway_url(world: &World) -> String {
    Entrance::Front.url(&world.base_url)
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

/// The guilds that the bot is in, with what it may do there.
pub(super) fn mine(world: &World) -> Reply {
    let guilds: Vec<Value> = world
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&world.bot))
        .map(|guild| {
            json!({
                "id": guild.id,
                "name": guild.name,
                "icon": null,
                "banner": null,
                "owner": guild.owner == world.bot,
                "permissions": world.guild_permissions(world.bot, guild.id),
                "features": guild.features,
            })
        })
        .collect();
    Reply::json(json!(guilds))
}

pub(super) fn leave(world: &mut World, guild: GuildId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    world.bot_leaves(guild);
    Ok(Reply::empty())
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

pub(super) fn member(world: &World, guild: GuildId, user: UserId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    wire::member(world, guild, user)
        .map(Reply::json)
        .ok_or(ApiError::UnknownMember)
}

/// "List Guild Members": `limit` of 1 to 1,000, by default 1, in the order of ids after `after`.
pub(super) fn members(world: &World, call: &Call, guild: GuildId) -> Result<Reply, ApiError> {
    if !world.portal_intents.contains(&PortalIntent::GuildMembers) {
        return Err(ApiError::MissingAccess);
    }
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
