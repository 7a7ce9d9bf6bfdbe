//! Threads: starting and listing them.

use std::cmp::Reverse;

use chrono::DateTime;

use crate::body::NewThread;
use crate::error::ApiError;
use crate::ids::{ChannelId, GuildId, MessageId};
use crate::limits;
use crate::permission::Permission;
use crate::wire;
use crate::world::{Channel, ChannelKind, Thread, ThreadDraft, Visibility, World};

use super::call::Call;
use super::reply::Reply;
use super::route::Archive;

pub(super) fn from_message(
    world: &mut World,
    call: &Call,
    channel: ChannelId,
    message: MessageId,
) -> Result<Reply, ApiError> {
    let body: NewThread = call.parse(world)?;
    world.for_bot(channel, &[Permission::CreatePublicThreads])?;
    let draft = ThreadDraft::from_body(&body);
    let thread = world.thread_from(world.bot, channel, message, &draft)?;
    created(world, thread)
}

/// In a forum the body carries the first message of the post.
pub(super) fn without(
    world: &mut World,
    call: &Call,
    channel: ChannelId,
) -> Result<Reply, ApiError> {
    let body: NewThread = call.parse(world)?;
    let draft = ThreadDraft::from_body(&body);
    if world.for_bot(channel, &[])?.kind == ChannelKind::Forum {
        return post(world, call, channel, &draft, body);
    }
    let need = match draft.visibility {
        Visibility::Public => Permission::CreatePublicThreads,
        Visibility::Private => Permission::CreatePrivateThreads,
    };
    world.for_bot(channel, &[need])?;
    let thread = world.thread_without(world.bot, channel, &draft)?;
    created(world, thread)
}

fn post(
    world: &mut World,
    call: &Call,
    forum: ChannelId,
    draft: &ThreadDraft,
    body: NewThread,
) -> Result<Reply, ApiError> {
    world.for_bot(forum, &[Permission::SendMessages])?;
    let first = body.message.ok_or_else(|| {
        ApiError::field("message", "BASE_TYPE_REQUIRED", "This field is required")
    })?;
    let first = super::messages::draft(call, first)?;
    let thread = world.forum_post(world.bot, forum, draft, first)?;
    let mut reply = thread_value(world, thread)?;
    let first = world.message(thread, MessageId::new(thread.get()))?;
    reply["message"] = wire::message(world, first);
    Ok(Reply::created(reply))
}

fn created(world: &World, thread: ChannelId) -> Result<Reply, ApiError> {
    Ok(Reply::created(thread_value(world, thread)?))
}

fn thread_value(world: &World, thread: ChannelId) -> Result<serde_json::Value, ApiError> {
    let found = world
        .channels
        .get(&thread)
        .ok_or(ApiError::UnknownChannel)?;
    let mut value = wire::channel(world, found);
    value["member"] = wire::thread_member(world, found, world.bot);
    Ok(value)
}

/// All threads of a guild that are open and that the bot can see, the newest first.
pub(super) fn active(world: &World, guild: GuildId) -> Result<Reply, ApiError> {
    world.guild_for_bot(guild, &[])?;
    let threads: Vec<&Channel> = world
        .channels
        .values()
        .rev()
        .filter(|channel| channel.guild == Some(guild))
        .filter(|channel| channel.thread.as_ref().is_some_and(|t| !t.archived))
        .filter(|channel| world.can(world.bot, channel.id, Permission::ViewChannel))
        .collect();
    Ok(page(world, &threads, usize::MAX))
}

/// Archived threads: the last archived first, or by id when the bot asks for those that it joined.
pub(super) fn archived(
    world: &World,
    call: &Call,
    channel: ChannelId,
    which: Archive,
) -> Result<Reply, ApiError> {
    let needs: &[Permission] = match which {
        Archive::Public | Archive::Joined => &[Permission::ReadMessageHistory],
        Archive::Private => &[Permission::ReadMessageHistory, Permission::ManageThreads],
    };
    world.for_bot(channel, needs)?;
    let limit: usize = call.query("limit").unwrap_or(50);
    if !(2..=limits::PAGE).contains(&limit) {
        let message = "int value should be between 2 and 100.";
        return Err(ApiError::field("limit", "NUMBER_TYPE_MAX", message));
    }
    let private = which != Archive::Public;
    let mut threads: Vec<(&Channel, &Thread)> = world
        .channels
        .values()
        .filter(|found| found.parent == Some(channel))
        .filter_map(|found| Some((found, found.thread.as_ref()?)))
        .filter(|(_, thread)| thread.archived)
        .filter(|(found, _)| (found.kind == ChannelKind::PrivateThread) == private)
        .collect();
    if which == Archive::Joined {
        let before: Option<ChannelId> = call.query("before");
        threads.retain(|(found, _)| {
            found.has_thread_member(world.bot) && before.is_none_or(|before| found.id < before)
        });
        threads.sort_by_key(|(found, _)| Reverse(found.id));
    } else {
        let before: Option<String> = call.query("before");
        let before = before.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        let before = before.map(|time| time.timestamp_millis());
        threads.retain(|(_, thread)| before.is_none_or(|before| thread.changed_ms < before));
        threads.sort_by_key(|(_, thread)| Reverse(thread.changed_ms));
    }
    let threads: Vec<&Channel> = threads.into_iter().map(|(found, _)| found).collect();
    Ok(page(world, &threads, limit))
}

fn page(world: &World, threads: &[&Channel], limit: usize) -> Reply {
    let shown = &threads[..threads.len().min(limit)];
    let mut value = wire::thread_list(world, shown);
    value["has_more"] = serde_json::json!(threads.len() > shown.len());
    Reply::json(value)
}
