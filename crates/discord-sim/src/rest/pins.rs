//! Pins, over the new routes and the old ones that Discord still has.

use chrono::DateTime;
use serde_json::{Value, json};

use crate::clock::timestamp;
use crate::error::ApiError;
use crate::ids::{ChannelId, MessageId};
use crate::permission::Permission;
use crate::wire;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;

/// Pins of one page of the new route (Discord: resources/message, "Get Channel Pins").
const PAGE: usize = 50;

/// The last pinned first; nothing for a bot that may not read the history.
pub(super) fn list(world: &World, call: &Call, channel: ChannelId) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[])?;
    let limit: usize = call.query("limit").unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        let message = "int value should be between 1 and 50.";
        return Err(ApiError::field("limit", "NUMBER_TYPE_MAX", message));
    }
    let before: Option<String> = call.query("before");
    let before = before.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    let before = before.map_or(i64::MAX, |time| time.timestamp_millis());
    let mut pins = world.pins(channel);
    pins.retain(|(_, at)| *at < before);
    if !world.can(world.bot, channel, Permission::ReadMessageHistory) {
        pins.clear();
    }
    let items = pins.iter().take(limit).map(|(message, at)| {
        json!({"pinned_at": timestamp(*at), "message": wire::message(world, message)})
    });
    let items: Vec<Value> = items.collect();
    Ok(Reply::json(
        json!({"has_more": pins.len() > items.len(), "items": items}),
    ))
}

/// The old route: all of them, as messages.
pub(super) fn list_all(world: &World, channel: ChannelId) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::ReadMessageHistory])?;
    let pins = world.pins(channel);
    let shown = pins
        .iter()
        .map(|(message, _)| wire::message(world, message));
    Ok(Reply::json(shown.collect()))
}

pub(super) fn put(
    world: &mut World,
    channel: ChannelId,
    message: MessageId,
) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::PinMessages])?;
    world.pin(world.bot, channel, message)?;
    Ok(Reply::empty())
}

pub(super) fn delete(
    world: &mut World,
    channel: ChannelId,
    message: MessageId,
) -> Result<Reply, ApiError> {
    world.for_bot(channel, &[Permission::PinMessages])?;
    world.unpin(channel, message)?;
    Ok(Reply::empty())
}
