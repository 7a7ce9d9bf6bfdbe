//! Guilds and roles.

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::ids::{GuildId, RoleId};
use crate::permission::Permission;
use crate::world::{Availability, Guild, Mentionable, Role, World};

/// What Discord sends as null when nobody has set it.
const UNSET: [&str; 19] = [
    "icon",
    "icon_hash",
    "splash",
    "discovery_splash",
    "afk_channel_id",
    "widget_channel_id",
    "application_id",
    "system_channel_id",
    "rules_channel_id",
    "max_presences",
    "vanity_url_code",
    "description",
    "banner",
    "public_updates_channel_id",
    "safety_alerts_channel_id",
    "incidents_data",
    "home_header",
    "hub_type",
    "latest_onboarding_question_id",
];

/// A guild as REST shows it.
pub(crate) fn guild(guild: &Guild) -> Value {
    let mut value = json!({
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner,
        "region": "us-central",
        "afk_timeout": 300,
        "widget_enabled": false,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": guild.roles.values().map(role).collect::<Vec<_>>(),
        "emojis": [],
        "stickers": [],
        "features": guild.features,
        "mfa_level": 0,
        "system_channel_flags": 0,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "nsfw": false,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": false,
    });
    for unset in UNSET {
        value[unset] = Value::Null;
    }
    value
}

/// GUILD_CREATE: the guild with everything in it. Channels are told whether the bot can see them or
/// not, threads only when it can.
pub(crate) fn guild_create(world: &World, id: GuildId) -> Value {
    let found = world.guilds.get(&id);
    let found = found.filter(|guild| guild.availability == Availability::Normal);
    let Some(found) = found else {
        return unavailable(id);
    };
    let here = || {
        world
            .channels
            .values()
            .filter(|channel| channel.guild == Some(id))
    };
    let channels = here().filter(|channel| channel.thread.is_none());
    let threads = here()
        .filter(|channel| channel.thread.as_ref().is_some_and(|t| !t.archived))
        .filter(|thread| world.can(world.bot, thread.id, Permission::ViewChannel));
    let joined = found
        .members
        .get(&world.bot)
        .map_or(found.created_ms, |bot| bot.joined_ms);
    let mut value = guild(found);
    value["joined_at"] = json!(timestamp(joined));
    value["large"] = json!(false);
    value["unavailable"] = json!(false);
    value["member_count"] = json!(found.members.len());
    value["members"] = found
        .members
        .keys()
        .filter_map(|user| super::member(world, id, *user))
        .collect();
    value["channels"] = channels
        .map(|channel| super::channel(world, channel))
        .collect();
    value["threads"] = threads
        .map(|channel| super::channel(world, channel))
        .collect();
    for empty in [
        "voice_states",
        "presences",
        "stage_instances",
        "guild_scheduled_events",
        "soundboard_sounds",
    ] {
        value[empty] = json!([]);
    }
    value
}

/// A guild in READY: its GUILD_CREATE follows.
pub(crate) fn unavailable(id: GuildId) -> Value {
    json!({"id": id, "unavailable": true})
}

/// A role.
pub(crate) fn role(role: &Role) -> Value {
    let mut value = json!({
        "id": role.id,
        "name": role.name,
        "description": null,
        "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": null, "tertiary_color": null},
        "hoist": role.hoist,
        "icon": null,
        "unicode_emoji": null,
        "position": role.position,
        "permissions": role.permissions,
        "managed": role.managed_by.is_some(),
        "mentionable": role.mentionable == Mentionable::ByAll,
        "flags": 0,
    });
    if let Some(bot) = role.managed_by {
        value["tags"] = json!({"bot_id": bot});
    }
    value
}

/// GUILD_ROLE_CREATE and GUILD_ROLE_UPDATE.
pub(crate) fn role_event(world: &World, guild: GuildId, id: RoleId) -> Value {
    let found = world
        .guilds
        .get(&guild)
        .and_then(|guild| guild.roles.get(&id));
    json!({"guild_id": guild, "role": found.map(role)})
}

/// GUILD_ROLE_DELETE.
pub(crate) fn role_gone(guild: GuildId, id: RoleId) -> Value {
    json!({"guild_id": guild, "role_id": id})
}
