//! Messages and what happens to them.

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::ids::{ChannelId, GuildId, MessageId, UserId};
use crate::portal::PortalIntent;
use crate::signature::Signature;
use crate::world::{Attachment, Message, Reaction, World};

/// Whose texts are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// All.
    All,
    /// Those that a bot reads without MESSAGE_CONTENT.
    OfTheBot,
}

/// A message as REST shows it: the switch of the portal holds there, not what a session asked for.
pub(crate) fn message(world: &World, message: &Message) -> Value {
    let texts = if world.portal_intents.contains(&PortalIntent::MessageContent) {
        Texts::All
    } else {
        Texts::OfTheBot
    };
    shown(world, message, texts)
}

/// A message with all that is in it, as who chose it has the bot see it.
pub(crate) fn chosen_message(world: &World, message: &Message) -> Value {
    shown(world, message, Texts::All)
}

fn shown(world: &World, message: &Message, texts: Texts) -> Value {
    let mut value = bare(world, message, texts);
    if let Some(reference) = message.reference {
        let found = world.any_message(reference.channel, reference.message);
        value["referenced_message"] = found.map_or(Value::Null, |found| bare(world, found, texts));
    }
    value
}

/// Takes away what people have put in.
fn strip(message: &mut Value) {
    message["content"] = json!("");
    for list in ["embeds", "attachments", "components"] {
        message[list] = json!([]);
    }
}

fn bare(world: &World, message: &Message, texts: Texts) -> Value {
    let author = world.users.get(&message.author).map(super::user);
    let mut mentioned: Vec<UserId> = message.pinged.users.clone();
    mentioned.extend(
        message
            .pinged
            .replied_user
            .filter(|user| !mentioned.contains(user)),
    );
    let mentions: Vec<Value> = mentioned
        .iter()
        .filter_map(|user| world.users.get(user))
        .map(super::user)
        .collect();
    let mut value = json!({
        "id": message.id,
        "channel_id": message.channel,
        "type": message.kind.number(),
        "author": author,
        "content": message.content,
        "timestamp": timestamp(message.created_ms),
        "edited_timestamp": message.edited_ms.map(timestamp),
        "tts": false,
        "mention_everyone": message.pinged.everyone,
        "mentions": mentions,
        "mention_roles": message.pinged.roles,
        "attachments": attachments(world, message),
        "embeds": super::component::embeds(message),
        "components": super::components(world, message),
        "pinned": message.pinned_ms.is_some(),
        "flags": message.flags,
    });
    let reactions: Vec<Value> = message
        .reactions
        .iter()
        .map(|found| reaction(world, found))
        .collect();
    if !reactions.is_empty() {
        value["reactions"] = json!(reactions);
    }
    if let Some(nonce) = &message.nonce {
        value["nonce"] = json!(nonce);
    }
    if let Some(reference) = message.reference {
        value["message_reference"] = json!({
            "type": 0,
            "channel_id": reference.channel,
            "message_id": reference.message,
        });
        if let Some(guild) = guild_of(world, reference.channel) {
            value["message_reference"]["guild_id"] = json!(guild);
        }
    }
    if let Some(thread) = message
        .thread
        .and_then(|thread| world.channels.get(&thread))
    {
        value["thread"] = super::channel(world, thread);
    }
    if let Some(interaction) = message
        .interaction
        .and_then(|id| world.interactions.get(&id))
    {
        value["application_id"] = json!(world.bot);
        value["webhook_id"] = json!(world.bot);
        if interaction.kind.number() == 2 {
            value["interaction"] = json!({
                "id": interaction.id,
                "type": 2,
                "name": interaction.name,
                "user": world.users.get(&interaction.user).map(super::user),
            });
        }
        value["interaction_metadata"] = super::interaction::metadata(world, interaction);
    }
    if texts == Texts::OfTheBot && world.is_privileged(message) {
        strip(&mut value);
    }
    value
}

/// MESSAGE_CREATE and MESSAGE_UPDATE: the message with its guild and its author's membership.
pub(crate) fn message_event(world: &World, found: &Message, texts: Texts) -> Value {
    let mut event = shown(world, found, texts);
    // Without it discord.js takes a message in a DM that it has not seen for one in an unknown guild.
    if let Some(channel) = world.channels.get(&found.channel) {
        event["channel_type"] = json!(channel.kind.number());
    }
    if let Some(guild) = guild_of(world, found.channel) {
        event["guild_id"] = json!(guild);
        if let Some(member) = super::partial_member(world, guild, found.author) {
            event["member"] = member;
        }
        if let Some(mentions) = event["mentions"].as_array_mut() {
            for mention in mentions {
                let user = mention["id"].as_str().and_then(|id| id.parse().ok());
                let member = user.and_then(|user| super::partial_member(world, guild, user));
                mention["member"] = member.unwrap_or_else(|| json!({"roles": []}));
            }
        }
    }
    event
}

/// MESSAGE_DELETE.
pub(crate) fn message_gone(guild: Option<GuildId>, channel: ChannelId, id: MessageId) -> Value {
    let mut event = json!({"id": id, "channel_id": channel});
    if let Some(guild) = guild {
        event["guild_id"] = json!(guild);
    }
    event
}

/// MESSAGE_DELETE_BULK.
pub(crate) fn messages_gone(
    guild: Option<GuildId>,
    channel: ChannelId,
    ids: &[MessageId],
) -> Value {
    let mut event = json!({"ids": ids, "channel_id": channel});
    if let Some(guild) = guild {
        event["guild_id"] = json!(guild);
    }
    event
}

/// CHANNEL_PINS_UPDATE.
pub(crate) fn pins_update(world: &World, channel: ChannelId) -> Value {
    let last = world
        .channels
        .get(&channel)
        .and_then(|found| found.last_pin_ms);
    let mut event = json!({
        "channel_id": channel,
        "last_pin_timestamp": last.map(timestamp),
    });
    if let Some(guild) = guild_of(world, channel) {
        event["guild_id"] = json!(guild);
    }
    event
}

/// MESSAGE_REACTION_ADD and MESSAGE_REACTION_REMOVE.
pub(crate) fn reaction_event(
    world: &World,
    user: UserId,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Value {
    let mut event = json!({
        "user_id": user,
        "channel_id": channel,
        "message_id": message,
        "emoji": emoji_object(emoji),
        "burst": false,
        "burst_colors": [],
        "type": 0,
    });
    if let Some(found) = world.any_message(channel, message) {
        event["message_author_id"] = json!(found.author);
    }
    if let Some(guild) = guild_of(world, channel) {
        event["guild_id"] = json!(guild);
        event["member"] = json!(super::member(world, guild, user));
    }
    event
}

/// MESSAGE_REACTION_REMOVE_ALL.
pub(crate) fn reactions_cleared(
    guild: Option<GuildId>,
    channel: ChannelId,
    message: MessageId,
) -> Value {
    let mut event = json!({"channel_id": channel, "message_id": message});
    if let Some(guild) = guild {
        event["guild_id"] = json!(guild);
    }
    event
}

/// MESSAGE_REACTION_REMOVE_EMOJI.
pub(crate) fn reaction_cleared(
    guild: Option<GuildId>,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
) -> Value {
    let mut event = reactions_cleared(guild, channel, message);
    event["emoji"] = emoji_object(emoji);
    event
}

fn attachments(world: &World, message: &Message) -> Vec<Value> {
    message
        .attachments
        .iter()
        .map(|file| attachment(world, message.channel, file))
        .collect()
}

/// A file of a message.
pub(crate) fn attachment(world: &World, channel: ChannelId, file: &Attachment) -> Value {
    let name =
        percent_encoding::utf8_percent_encode(&file.filename, percent_encoding::NON_ALPHANUMERIC);
    let url = format!(
        "{}/attachments/{channel}/{}/{name}?{}",
        world.base_url,
        file.id,
        Signature::of(file.id, world.now_ms()).query()
    );
    let mut value = json!({
        "id": file.id,
        "filename": file.filename,
        "size": file.size,
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    });
    if let Some(description) = &file.description {
        value["description"] = json!(description);
    }
    value
}

fn reaction(world: &World, reaction: &Reaction) -> Value {
    let count = reaction.users.len();
    json!({
        "count": count,
        "count_details": {"burst": 0, "normal": count},
        "me": reaction.users.contains(&world.bot),
        "me_burst": false,
        "emoji": emoji_object(&reaction.emoji),
        "burst_colors": [],
    })
}

/// A unicode emoji, or `name:id` of a guild's own.
fn emoji_object(emoji: &str) -> Value {
    match emoji.split_once(':') {
        Some((name, id)) => json!({"id": id, "name": name}),
        None => json!({"id": null, "name": emoji}),
    }
}

fn guild_of(world: &World, channel: ChannelId) -> Option<GuildId> {
    world
        .channels
        .get(&channel)
        .and_then(|channel| channel.guild)
}
