//! Threads.

use crate::body::NewThread;
use crate::error::ApiError;
use crate::ids::{ChannelId, MessageId};
use crate::permission::Permission;
use crate::wire;
use crate::world::{ChannelKind, ThreadDraft, Visibility, World};

use super::call::Call;
use super::reply::Reply;

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
    let forum = world.for_bot(channel, &[])?.kind == ChannelKind::Forum;
    let draft = ThreadDraft::from_body(&body);
    let need = match draft.visibility {
        _ if forum => Permission::SendMessages,
        Visibility::Public => Permission::CreatePublicThreads,
        Visibility::Private => Permission::CreatePrivateThreads,
    };
    world.for_bot(channel, &[need])?;
    let first = match body.message {
        Some(message) if forum => Some(super::messages::draft(call, message)?),
        None if forum => {
            let message = "This field is required";
            return Err(ApiError::field("message", "BASE_TYPE_REQUIRED", message));
        }
        Some(_) | None => None,
    };
    let thread = world.thread_without(world.bot, channel, &draft)?;
    if let Some(first) = first {
        world.post(world.bot, thread, first)?;
    }
    created(world, thread)
}

pub(super) fn join(world: &World, channel: ChannelId) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[])?;
    world.not_archived(channel)?;
    Ok(Reply::empty())
}

fn created(world: &World, thread: ChannelId) -> Result<Reply, ApiError> {
    let found = world
        .channels
        .get(&thread)
        .ok_or(ApiError::UnknownChannel)?;
    let mut value = wire::channel(world, found);
    value["member"] = wire::thread_member(world, found);
    Ok(Reply::created(value))
}
