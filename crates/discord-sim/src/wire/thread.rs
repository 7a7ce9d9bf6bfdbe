//! Members of threads, and threads in lists.

use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::permission::Permission;
use crate::world::{Channel, World};

/// A user's membership of a thread.
pub(crate) fn thread_member(world: &World, thread: &Channel, user: UserId) -> Value {
    let joined = thread
        .thread
        .as_ref()
        .and_then(|thread| thread.members.get(&user).copied());
    json!({
        "id": thread.id,
        "user_id": user,
        "join_timestamp": timestamp(joined.unwrap_or_else(|| world.now_ms())),
        "flags": 0,
    })
}

/// A membership with the guild's member in it.
pub(crate) fn full_thread_member(world: &World, thread: &Channel, user: UserId) -> Value {
    let mut value = thread_member(world, thread, user);
    if let Some(guild) = thread.guild {
        value["member"] = json!(super::member(world, guild, user));
    }
    value
}

/// THREAD_MEMBERS_UPDATE.
pub(crate) fn thread_members_update(
    world: &World,
    thread: ChannelId,
    added: &[UserId],
    removed: &[UserId],
) -> Value {
    let Some(found) = world.channels.get(&thread) else {
        return Value::Null;
    };
    let count = found.thread.as_ref().map_or(0, |t| t.members.len());
    let mut value = json!({
        "id": thread,
        "guild_id": found.guild,
        "member_count": count.min(50),
    });
    if !added.is_empty() {
        let added = added.iter().map(|user| {
            let mut member = full_thread_member(world, found, *user);
            member["presence"] = Value::Null;
            member
        });
        value["added_members"] = added.collect();
    }
    if !removed.is_empty() {
        value["removed_member_ids"] = json!(removed);
    }
    value
}

/// Threads with the bot's memberships, as lists of threads are answered.
pub(crate) fn thread_list(world: &World, threads: &[&Channel]) -> Value {
    let joined = threads
        .iter()
        .filter(|thread| thread.has_thread_member(world.bot));
    json!({
        "threads": threads.iter().map(|thread| super::channel(world, thread)).collect::<Vec<_>>(),
        "members": joined.map(|thread| thread_member(world, thread, world.bot)).collect::<Vec<_>>(),
    })
}

/// THREAD_LIST_SYNC of one channel that the bot can see from now on.
pub(crate) fn thread_list_sync(world: &World, guild: GuildId, parent: ChannelId) -> Value {
    let threads: Vec<&Channel> = world
        .channels
        .values()
        .filter(|thread| thread.parent == Some(parent))
        .filter(|thread| thread.thread.as_ref().is_some_and(|t| !t.archived))
        .filter(|thread| world.can(world.bot, thread.id, Permission::ViewChannel))
        .collect();
    let mut value = thread_list(world, &threads);
    value["guild_id"] = json!(guild);
    value["channel_ids"] = json!([parent]);
    value
}
