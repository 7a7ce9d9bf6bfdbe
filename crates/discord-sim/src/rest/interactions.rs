//! The first answer to an interaction.

use serde_json::json;

use crate::body::{Callback, CallbackData, MessageBody};
use crate::error::ApiError;
use crate::ids::{InteractionId, MessageId};
use crate::limits;
use crate::wire;
use crate::world::{Ack, Draft, Interaction, InteractionKind, Patch, World, flag};

use super::call::Call;
use super::messages;
use super::reply::Reply;

/// "Create Interaction Response".
pub(super) fn callback(
    world: &mut World,
    call: &Call,
    id: InteractionId,
    token: &str,
) -> Result<Reply, ApiError> {
    let interaction = world.awaiting_ack(id, token)?;
    let callback: Callback = call.parse(world)?;
    let kind = callback.kind;
    let data = callback.data.unwrap_or_default();
    let (ack, original) = match (kind, interaction.kind) {
        (4, _) => (Ack::Message, Some(answer(world, call, &interaction, data)?)),
        (5, _) => (Ack::Deferred, Some(think(world, &interaction, &data)?)),
        (6, InteractionKind::Component(message)) => (Ack::DeferredUpdate, Some(message)),
        (7, InteractionKind::Component(message)) => {
            update(world, call, &interaction, message, data)?;
            (Ack::Updated, Some(message))
        }
        (8, InteractionKind::Slash) => (Ack::Choices(choices(&data)?), None),
        (9, _) => (Ack::Modal(json!(data)), None),
        _ => {
            let message = "Value is not a callback type for this interaction.";
            return Err(ApiError::field("type", "BASE_TYPE_CHOICES", message));
        }
    };
    world.set_original(id, original);
    world.acknowledge(id, kind, ack);
    if call.query("with_response") == Some(true) {
        return Ok(Reply::json(wire::callback_answer(
            world,
            &interaction,
            kind,
            original,
        )));
    }
    Ok(Reply::empty())
}

fn answer(
    world: &mut World,
    call: &Call,
    interaction: &Interaction,
    data: CallbackData,
) -> Result<MessageId, ApiError> {
    let draft = messages::draft(call, data.into_message())?;
    world.post_answer(interaction, draft)
}

/// "Thinking…": an empty message; of its flags only EPHEMERAL counts.
fn think(
    world: &mut World,
    interaction: &Interaction,
    data: &CallbackData,
) -> Result<MessageId, ApiError> {
    let flags = flag::LOADING | (data.flags.unwrap_or(0) & flag::EPHEMERAL);
    world.post_answer(
        interaction,
        Draft {
            flags,
            ..Draft::default()
        },
    )
}

fn update(
    world: &mut World,
    call: &Call,
    interaction: &Interaction,
    message: MessageId,
    data: CallbackData,
) -> Result<(), ApiError> {
    let body: MessageBody = data.into_message();
    let given = (
        body.content.is_some(),
        body.embeds.is_some(),
        body.components.is_some(),
    );
    let allowed = body.allowed_mentions.clone();
    let draft = match messages::draft(call, body) {
        Ok(draft) => draft,
        // An update may leave out what it does not change.
        Err(ApiError::EmptyMessage) => Draft::default(),
        Err(error) => return Err(error),
    };
    let patch = Patch {
        content: given.0.then_some(draft.content),
        embeds: given.1.then_some(draft.embeds),
        components: given.2.then_some(draft.components),
        allowed,
        uploads: draft.uploads,
        ..Patch::default()
    };
    world.edit(interaction.channel, message, patch)
}

fn choices(data: &CallbackData) -> Result<serde_json::Value, ApiError> {
    let choices = data.choices.as_deref().unwrap_or_default();
    if choices.len() > limits::OPTIONS {
        let message = format!("Must be {} or fewer in length.", limits::OPTIONS);
        return Err(ApiError::field(
            "data.choices",
            "BASE_TYPE_MAX_LENGTH",
            message,
        ));
    }
    Ok(json!(choices))
}
