//! Users, members and the application.

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::portal;
use crate::world::{User, UserKind, World};

/// A user, as others see it.
pub(crate) fn user(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.name,
        "discriminator": "0",
        "global_name": user.name,
        "avatar": null,
        "bot": user.kind == UserKind::Bot,
        "system": false,
        "banner": null,
        "accent_color": null,
        "avatar_decoration_data": null,
        "collectibles": null,
        "primary_guild": null,
        "public_flags": 0,
        "flags": 0,
    })
}

/// The bot, as it sees itself.
pub(crate) fn current_user(world: &World) -> Value {
    let mut me = world.users.get(&world.bot).map_or(Value::Null, user);
    me["verified"] = json!(true);
    me["mfa_enabled"] = json!(false);
    me["locale"] = json!("en-US");
    me["email"] = Value::Null;
    me
}

/// A member with its user.
pub(crate) fn member(world: &World, guild: GuildId, id: UserId) -> Option<Value> {
    let mut member = partial_member(world, guild, id)?;
    member["user"] = user(world.users.get(&id)?);
    Some(member)
}

/// A member without its user, as messages carry it.
pub(crate) fn partial_member(world: &World, guild: GuildId, id: UserId) -> Option<Value> {
    let found = world.guilds.get(&guild)?.members.get(&id)?;
    Some(json!({
        "nick": null,
        "avatar": null,
        "banner": null,
        "roles": found.roles,
        "joined_at": timestamp(found.joined_ms),
        "premium_since": null,
        "deaf": false,
        "mute": false,
        "flags": 0,
        "pending": false,
        "communication_disabled_until": null,
        "avatar_decoration_data": null,
    }))
}

/// GUILD_MEMBER_ADD and GUILD_MEMBER_UPDATE.
pub(crate) fn member_event(world: &World, guild: GuildId, id: UserId) -> Value {
    let mut event = member(world, guild, id).unwrap_or_else(|| json!({}));
    event["guild_id"] = json!(guild);
    event
}

/// GUILD_MEMBER_REMOVE.
pub(crate) fn member_gone(world: &World, guild: GuildId, id: UserId) -> Value {
    json!({"guild_id": guild, "user": world.users.get(&id).map(user)})
}

/// TYPING_START.
pub(crate) fn typing(world: &World, id: UserId, channel: ChannelId) -> Value {
    let guild = world
        .channels
        .get(&channel)
        .and_then(|channel| channel.guild);
    let mut event = json!({
        "channel_id": channel,
        "user_id": id,
        "timestamp": world.now_ms() / 1_000,
    });
    if let Some(guild) = guild {
        event["guild_id"] = json!(guild);
        event["member"] = json!(member(world, guild, id));
    }
    event
}

/// The bot's application; its id is the bot's, as it is for applications made since 2016.
pub(crate) fn application(world: &World) -> Value {
    let owner = world
        .guilds
        .get(&world.home)
        .and_then(|guild| world.users.get(&guild.owner));
    let flags = portal::flags(&world.portal_intents);
    json!({
        "id": world.bot,
        "name": world.user_name(world.bot),
        "icon": null,
        "description": "",
        "summary": "",
        "type": null,
        "bot_public": false,
        "bot_require_code_grant": false,
        "verify_key": "00".repeat(32),
        "owner": owner.map(user),
        "team": null,
        "flags": flags,
        "flags_new": flags.to_string(),
        "rpc_origins": [],
        "redirect_uris": [],
        "interactions_endpoint_url": null,
        "role_connections_verification_url": null,
        "integration_types_config": {"0": {}},
        "eligible_oauth2_scopes": [],
        "approximate_guild_count": world.guilds.len(),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "bot": world.users.get(&world.bot).map(user),
    })
}
