//! Registered commands.

use serde_json::{Value, json};

use crate::body::OptionBody;
use crate::ids::{CommandId, GuildId};
use crate::world::{Command, CommandScope, World};

/// A command as Discord gives it back.
pub(crate) fn command(world: &World, command: &Command) -> Value {
    let body = &command.body;
    let mut value = json!({
        "id": command.id,
        "application_id": world.bot,
        "type": command.kind(),
        "name": body.name,
        "name_localizations": body.name_localizations,
        "description": body.description.as_deref().unwrap_or_default(),
        "description_localizations": body.description_localizations,
        "options": body.options.iter().flatten().map(option).collect::<Vec<_>>(),
        "default_member_permissions": body.default_member_permissions,
        "dm_permission": body.dm_permission.unwrap_or(true),
        "nsfw": body.nsfw.unwrap_or(false),
        "integration_types": body.integration_types.clone().unwrap_or_else(|| vec![0]),
        "contexts": body.contexts,
        "version": command.version.to_string(),
    });
    if let CommandScope::Guild(guild) = command.scope {
        value["guild_id"] = json!(guild);
    }
    value
}

/// Discord leaves out what was not set.
fn option(option: &OptionBody) -> Value {
    let mut value = json!(option);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
        if let Some(below) = option.options.as_ref() {
            fields.insert("options".into(), below.iter().map(self::option).collect());
        }
    }
    value
}

/// Who may use a command of a guild, as people have set it.
pub(crate) fn command_rules(world: &World, guild: GuildId, command: CommandId) -> Value {
    let rules = world.rules_of(guild, command).iter();
    json!({
        "id": command,
        "application_id": world.bot,
        "guild_id": guild,
        "permissions": rules.map(|rule| rule.shown()).collect::<Vec<_>>(),
    })
}
