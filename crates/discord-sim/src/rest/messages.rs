//! Messages.

use serde_json::{Value, json};

use crate::body::{BulkDelete, MessageBody, MessagePatch, drop_nulls};
use crate::config::Nonces;
use crate::error::ApiError;
use crate::ids::{AttachmentId, ChannelId, MessageId};
use crate::journal::ViolationKind;
use crate::limits;
use crate::permission::Permission;
use crate::wire;
use crate::world::{Draft, Message, Patch, World, check_edit, check_message, flag};

use super::call::Call;
use super::reply::Reply;

pub(super) fn post(world: &mut World, call: &Call, channel: ChannelId) -> Result<Reply, ApiError> {
    let body: MessageBody = call.parse(world)?;
    let repeatable = body.nonce.is_some() && body.enforce_nonce == Some(true);
    if world.nonces == Nonces::Required && !repeatable {
        let detail = format!(
            "a message without nonce and enforce_nonce: {:?}",
            body.content
        );
        world.violate(ViolationKind::MissingNonce, detail);
    }
    let mut needs = vec![world.send_permission(channel)];
    if !call.uploads.is_empty() {
        needs.push(Permission::AttachFiles);
    }
    world.for_bot(channel, &needs)?;
    if world.is_closed_direct(channel) {
        return Err(ApiError::NoDirectMessages);
    }
    if body.message_reference.is_some()
        && !world.can(world.bot, channel, Permission::ReadMessageHistory)
    {
        return Err(ApiError::ReplyWithoutHistory);
    }
    let reply_to = reply_target(world, channel, &body)?;
    let draft = Draft {
        reply_to,
        ..draft(call, body)?
    };
    let id = world.post(world.bot, channel, draft)?;
    // What was sent with the same nonce before may stand elsewhere.
    let mut channels = world.channels.values();
    let stored = channels
        .find_map(|channel| channel.messages.get(&id))
        .ok_or(ApiError::UnknownMessage)?;
    Ok(Reply::json(wire::message(world, stored)))
}

/// What a reply replies to; a missing message is an error unless the bot said that it may be missing.
fn reply_target(
    world: &World,
    channel: ChannelId,
    body: &MessageBody,
) -> Result<Option<MessageId>, ApiError> {
    let Some(reference) = &body.message_reference else {
        return Ok(None);
    };
    let wanted = reference.message_id.unwrap_or(MessageId::new(0));
    if world.message(channel, wanted).is_ok() {
        return Ok(Some(wanted));
    }
    if reference.fail_if_not_exists == Some(false) {
        return Ok(None);
    }
    let code = "REPLIES_UNKNOWN_MESSAGE";
    Err(ApiError::field(
        "message_reference",
        code,
        "Unknown message",
    ))
}

/// A checked draft of a new message.
pub(super) fn draft(call: &Call, body: MessageBody) -> Result<Draft, ApiError> {
    let uploads = call.described_uploads(body.attachments.as_deref());
    check_message(&body, &uploads)?;
    let draft = Draft {
        content: body.content.unwrap_or_default().trim().to_owned(),
        nonce: body.nonce,
        enforce_nonce: body.enforce_nonce.unwrap_or(false),
        embeds: values(body.embeds.as_ref()),
        components: values(body.components.as_ref()),
        flags: Draft::settable(body.flags.unwrap_or(0)),
        uploads,
        allowed: body.allowed_mentions,
        ..Draft::default()
    };
    let poll = body.poll.is_some();
    let stickers = body.sticker_ids.is_some_and(|ids| !ids.is_empty());
    if draft.is_empty() && !poll && !stickers {
        return Err(ApiError::EmptyMessage);
    }
    Ok(draft)
}

/// A checked patch of a message: what it leaves of the message must be one that could be sent.
pub(super) fn patch(
    world: &World,
    call: &Call,
    body: MessagePatch,
    (channel, id): (ChannelId, MessageId),
) -> Result<Patch, ApiError> {
    let uploads = call.described_uploads(body.attachments.as_deref());
    let message = world
        .any_message(channel, id)
        .ok_or(ApiError::UnknownMessage)?;
    let flags = body.flags.unwrap_or(0) | (message.flags & flag::COMPONENTS_V2);
    let as_new = MessageBody {
        content: body.content.clone(),
        embeds: body.embeds.clone(),
        components: body.components.clone(),
        flags: Some(flags),
        ..MessageBody::default()
    };
    let keep: Option<Vec<AttachmentId>> = body.attachments.map(|kept| {
        kept.iter()
            .filter_map(super::call::kept_id)
            .map(AttachmentId::new)
            .collect()
    });
    let kept = keep.as_ref().map_or(message.attachments.len(), Vec::len);
    check_edit(&as_new, &uploads, kept)?;
    let patch = Patch {
        content: body.content.map(|content| content.trim().to_owned()),
        embeds: body.embeds.map(|embeds| values(Some(&embeds))),
        components: body.components.map(|components| values(Some(&components))),
        flags: body.flags,
        allowed: body.allowed_mentions,
        keep,
        uploads,
        ..Patch::default()
    };
    if patch.leaves_nothing(message) {
        return Err(ApiError::EmptyMessage);
    }
    Ok(patch)
}

/// Typed parts back to JSON without the fields that were not given.
fn values<T: serde::Serialize>(parts: Option<&Vec<T>>) -> Vec<Value> {
    let parts = parts.into_iter().flatten();
    parts.map(|part| drop_nulls(json!(part))).collect()
}

pub(super) fn get(world: &World, channel: ChannelId, id: MessageId) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::ReadMessageHistory])?;
    Ok(Reply::json(wire::message(
        world,
        world.message(channel, id)?,
    )))
}

/// Newest first; `before`, `after` and `around` exclude each other
/// (Discord: resources/message, "Get Channel Messages").
pub(super) fn list(world: &World, call: &Call, channel: ChannelId) -> Result<Reply, ApiError> {
    let found = world.for_bot(channel, &[])?;
    if world
        .for_bot(channel, &[Permission::ReadMessageHistory])
        .is_err()
    {
        return Ok(Reply::json(json!([])));
    }
    let limit: usize = call.query("limit").unwrap_or(50);
    if !(1..=limits::PAGE).contains(&limit) {
        let message = "int value should be between 1 and 100.";
        return Err(ApiError::field("limit", "NUMBER_TYPE_MAX", message));
    }
    let visible = || {
        found
            .messages
            .values()
            .filter(|message| message.only_for.is_none())
    };
    let mut page: Vec<&Message> = if let Some(after) = call.query::<MessageId>("after") {
        visible()
            .filter(|message| message.id > after)
            .take(limit)
            .collect()
    } else if let Some(before) = call.query::<MessageId>("before") {
        visible()
            .rev()
            .filter(|message| message.id < before)
            .take(limit)
            .collect()
    } else if let Some(around) = call.query::<MessageId>("around") {
        let older = visible()
            .rev()
            .filter(|message| message.id <= around)
            .take(limit.div_ceil(2));
        let newer = visible()
            .filter(|message| message.id > around)
            .take(limit / 2);
        older.chain(newer).collect()
    } else {
        visible().rev().take(limit).collect()
    };
    page.sort_by_key(|message| std::cmp::Reverse(message.id));
    let page: Vec<Value> = page
        .into_iter()
        .map(|message| wire::message(world, message))
        .collect();
    Ok(Reply::json(json!(page)))
}

/// Of a message that somebody else wrote only the embeds can be hidden, by those who may delete it.
pub(super) fn edit(
    world: &mut World,
    call: &Call,
    channel: ChannelId,
    id: MessageId,
) -> Result<Reply, ApiError> {
    let body: MessagePatch = call.parse(world)?;
    world.for_bot(channel, &[])?;
    let author = world.message(channel, id)?.author;
    if author != world.bot {
        if !body.only_flags() {
            return Err(ApiError::ForeignMessage);
        }
        world.for_bot(channel, &[Permission::ManageMessages])?;
    }
    if !call.uploads.is_empty() {
        world.for_bot(channel, &[Permission::AttachFiles])?;
    }
    world.not_archived(channel)?;
    let patch = patch(world, call, body, (channel, id))?;
    world.count_old_edit(channel, id)?;
    world.edit(channel, id, patch)?;
    Ok(Reply::json(wire::message(
        world,
        world.message(channel, id)?,
    )))
}

pub(super) fn delete(
    world: &mut World,
    channel: ChannelId,
    id: MessageId,
) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[])?;
    let message = world.message(channel, id)?;
    if !message.kind.is_deletable() {
        return Err(ApiError::SystemMessage);
    }
    if message.author != world.bot {
        world.for_bot(channel, &[Permission::ManageMessages])?;
    }
    world.not_archived(channel)?;
    world.delete(channel, id)?;
    Ok(Reply::empty())
}

/// "Bulk Delete Messages": what is not there is passed over.
pub(super) fn bulk_delete(
    world: &mut World,
    call: &Call,
    channel: ChannelId,
) -> Result<Reply, ApiError> {
    let body: BulkDelete = call.parse(world)?;
    world.for_bot(channel, &[Permission::ManageMessages])?;
    if !limits::BULK.contains(&body.messages.len()) {
        let message = "Must be between 2 and 100 in length.";
        return Err(ApiError::field("messages", "BASE_TYPE_BAD_LENGTH", message));
    }
    world.bulk_delete(channel, &body.messages)?;
    Ok(Reply::empty())
}
