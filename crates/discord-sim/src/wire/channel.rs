//! Channels and threads.

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::ids::UserId;
use crate::world::{Channel, ChannelKind, Holder, Overwrite, Thread, World};

/// A channel, thread or DM.
pub(crate) fn channel(world: &World, channel: &Channel) -> Value {
    if let Some(recipient) = channel.recipient {
        return dm(world, channel, recipient);
    }
    let last_message = channel.messages.keys().next_back();
    let mut value = json!({
        "id": channel.id,
        "type": channel.kind.number(),
        "guild_id": channel.guild,
        "name": channel.name,
        "parent_id": channel.parent,
        "last_message_id": last_message,
        "last_pin_timestamp": channel.last_pin_ms.map(timestamp),
        "rate_limit_per_user": channel.slowmode,
        "flags": channel.flags,
    });
    match &channel.thread {
        Some(thread) => add_thread(&mut value, channel, thread),
        None => add_guild_channel(&mut value, world, channel),
    }
    value
}

fn add_guild_channel(value: &mut Value, world: &World, channel: &Channel) {
    value["position"] = json!(channel.position);
    value["topic"] = json!(channel.topic);
    value["nsfw"] = json!(channel.nsfw);
    value["permission_overwrites"] = channel.overwrites.iter().map(overwrite).collect();
    if channel.kind == ChannelKind::Forum {
        // Of a forum it is the newest post (Discord: resources/channel, "Channel Object").
        let posts = world
            .channels
            .values()
            .filter(|it| it.parent == Some(channel.id));
        value["last_message_id"] = json!(posts.map(|post| post.id).max());
        value["available_tags"] = json!(channel.tags);
        value["default_reaction_emoji"] = Value::Null;
        value["default_sort_order"] = Value::Null;
        value["default_forum_layout"] = json!(0);
    }
    for (name, default) in &channel.defaults {
        value[name] = default.clone();
    }
}

/// A permission overwrite.
fn overwrite(overwrite: &Overwrite) -> Value {
    let kind = match overwrite.holder {
        Holder::Role(_) => 0,
        Holder::Member(_) => 1,
    };
    json!({"id": overwrite.holder.id(), "type": kind, "allow": overwrite.allow, "deny": overwrite.deny})
}

fn add_thread(value: &mut Value, channel: &Channel, thread: &Thread) {
    value["owner_id"] = json!(thread.owner);
    let count = channel
        .messages
        .values()
        .filter(|message| !message.kind.is_system())
        .count();
    value["message_count"] = json!(count);
    value["total_message_sent"] = json!(thread.sent);
    // Discord stops to count at 50 (resources/channel, "Channel Object").
    value["member_count"] = json!(thread.members.len().min(50));
    value["thread_metadata"] = json!({
        "archived": thread.archived,
        "auto_archive_duration": thread.auto_archive,
        "archive_timestamp": timestamp(thread.changed_ms),
        "locked": thread.locked,
        "create_timestamp": timestamp(thread.created_ms),
    });
    if channel.kind == ChannelKind::PrivateThread {
        value["thread_metadata"]["invitable"] = json!(thread.invitable);
    }
    if !thread.tags.is_empty() {
        value["applied_tags"] = json!(thread.tags);
    }
}

fn dm(world: &World, channel: &Channel, recipient: UserId) -> Value {
    json!({
        "id": channel.id,
        "type": channel.kind.number(),
        "last_message_id": channel.messages.keys().next_back(),
        "last_pin_timestamp": channel.last_pin_ms.map(timestamp),
        "flags": 0,
        "recipients": [world.users.get(&recipient).map(super::user)],
    })
}

/// THREAD_CREATE of a thread that was not there before.
pub(crate) fn new_thread(world: &World, thread: &Channel) -> Value {
    let mut value = channel(world, thread);
    value["newly_created"] = json!(true);
    value
}
