//! INTERACTION_CREATE and the answer to a callback.

use serde_json::{Value, json};

use crate::ids::MessageId;
use crate::limits;
use crate::world::{Interaction, InteractionKind, Owners, World};

/// INTERACTION_CREATE.
pub(crate) fn interaction(world: &World, interaction: &Interaction) -> Value {
    let found = world.channels.get(&interaction.channel);
    let app = world.permissions(world.bot, interaction.channel);
    let person = world.users.get(&interaction.user).map(super::user);
    let mut value = json!({
        "id": interaction.id,
        "application_id": world.bot,
        "type": interaction.kind.number(),
        "data": interaction.data,
        "channel": found.map(|channel| super::channel(world, channel)),
        "channel_id": interaction.channel,
        "token": interaction.token,
        "version": 1,
        "app_permissions": app,
        "locale": world.locale(interaction.user).name(),
        "entitlements": [],
        "authorizing_integration_owners": owners(world, interaction),
        "context": 1,
        "attachment_size_limit": limits::FILE_BYTES,
    });
    match found.and_then(|channel| channel.guild) {
        Some(guild) => {
            let mut member = super::member(world, guild, interaction.user)
                .unwrap_or_else(|| json!({"user": person, "roles": []}));
            let held = world.permissions(interaction.user, interaction.channel);
            member["permissions"] = json!(held);
            value["member"] = member;
            value["guild_id"] = json!(guild);
            value["guild_locale"] = json!("en-US");
            let features = world.guilds.get(&guild).map(|guild| &guild.features);
            value["guild"] = json!({"id": guild, "locale": "en-US", "features": features});
            value["context"] = json!(0);
        }
        None => value["user"] = json!(person),
    }
    if let Some(message) = interaction.kind.message() {
        let shown = world.any_message(interaction.channel, message);
        value["message"] = shown.map_or(Value::Null, |shown| super::message(world, shown));
    }
    value
}

/// Who has installed the application that is used. In a DM the guild is 0.
fn owners(world: &World, interaction: &Interaction) -> Value {
    let found = world.channels.get(&interaction.channel);
    let guild = found.and_then(|channel| channel.guild);
    let guild = guild.map_or_else(|| json!("0"), |guild| json!(guild));
    match interaction.owners {
        Owners::Guild => json!({"0": guild}),
        Owners::User => json!({"1": interaction.user}),
        Owners::Both => json!({"0": guild, "1": interaction.user}),
    }
}

/// What a message tells of the interaction that it answers
/// (Discord: resources/message, "Message Interaction Metadata Object").
pub(super) fn metadata(world: &World, interaction: &Interaction) -> Value {
    let mut value = json!({
        "id": interaction.id,
        "type": interaction.kind.number(),
        "user": world.users.get(&interaction.user).map(super::user),
        "authorizing_integration_owners": owners(world, interaction),
    });
    match interaction.kind {
        InteractionKind::Component(message) => value["interacted_message_id"] = json!(message),
        InteractionKind::Modal { opener, .. } => {
            if let Some(opener) = world.interactions.get(&opener) {
                value["triggering_interaction_metadata"] = metadata(world, opener);
            }
        }
        InteractionKind::Slash | InteractionKind::Menu | InteractionKind::Autocomplete => {}
    }
    value
}

/// What a callback with `with_response=true` gets.
pub(crate) fn callback_answer(
    world: &World,
    interaction: &Interaction,
    callback: u8,
    message: Option<MessageId>,
) -> Value {
    let shown = message.and_then(|id| world.any_message(interaction.channel, id));
    let mut resource = json!({"type": callback});
    if let Some(shown) = shown {
        resource["message"] = super::message(world, shown);
    }
    json!({
        "interaction": {
            "id": interaction.id,
            "type": interaction.kind.number(),
            "response_message_id": message,
            "response_message_loading": callback == 5,
            "response_message_ephemeral": shown.is_some_and(|shown| shown.only_for.is_some()),
        },
        "resource": resource,
    })
}
