//! The first answer to an interaction.

use serde_json::json;

use crate::body::{Callback, CallbackData, ChoiceBody, drop_nulls};
use crate::error::{ApiError, FormErrors};
use crate::ids::{InteractionId, MessageId};
use crate::limits;
use crate::wire;
use crate::world::{
    Ack, Draft, Interaction, InteractionKind, MentionDefault, Patch, World, check_localized,
    check_modal, flag,
};

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
    let (ack, original) = match (kind, interaction.kind, interaction.kind.message()) {
        (8, InteractionKind::Autocomplete, _) => (Ack::Choices(choices(&data)?), None),
        (4..=7 | 9, InteractionKind::Autocomplete, _) => return Err(wrong_type()),
        (4, ..) => (Ack::Message, Some(answer(world, call, &interaction, data)?)),
        (5, ..) => (Ack::Deferred, Some(think(world, &interaction, &data)?)),
        (6, _, Some(message)) => (Ack::DeferredUpdate, Some(message)),
        (7, _, Some(message)) => {
            update(world, call, &interaction, message, data)?;
            (Ack::Updated, Some(message))
        }
        (9, kind, _) if !matches!(kind, InteractionKind::Modal { .. }) => {
            check_modal(&data)?;
            (Ack::Modal(drop_nulls(json!(data))), None)
        }
        _ => return Err(wrong_type()),
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

/// The message of a component is changed at once; what is not named stays as it is.
fn update(
    world: &mut World,
    call: &Call,
    interaction: &Interaction,
    message: MessageId,
    data: CallbackData,
) -> Result<(), ApiError> {
    let at = (interaction.channel, message);
    let patch = messages::patch(world, call, data.into_patch(), at)?;
    let patch = Patch {
        mention_default: MentionDefault::Users,
        ..patch
    };
    world.edit(interaction.channel, message, patch)
}

fn wrong_type() -> ApiError {
    let message = "Value is not a callback type for this interaction.";
    ApiError::field("type", "BASE_TYPE_CHOICES", message)
}

/// Up to 25 choices, each with a name and a value of up to 100 characters.
fn choices(data: &CallbackData) -> Result<Vec<ChoiceBody>, ApiError> {
    let choices = data.choices.as_deref().unwrap_or_default();
    let mut errors = FormErrors::default();
    if choices.len() > limits::OPTIONS {
        let message = format!("Must be {} or fewer in length.", limits::OPTIONS);
        errors.add("data.choices", "BASE_TYPE_MAX_LENGTH", message);
    }
    for (index, choice) in choices.iter().enumerate() {
        let value = choice.value.as_str().unwrap_or("1");
        for (field, text) in [("name", choice.name.as_str()), ("value", value)] {
            if !(1..=limits::OPTION_CHARS).contains(&text.chars().count()) {
                let path = format!("data.choices.{index}.{field}");
                let message = "Must be between 1 and 100 in length.";
                errors.add(&path, "BASE_TYPE_BAD_LENGTH", message);
            }
        }
        let path = format!("data.choices.{index}.name_localizations");
        let localized = choice.name_localizations.as_ref();
        check_localized(&path, localized, limits::OPTION_CHARS, &mut errors);
    }
    errors.into_result()?;
    Ok(choices.to_vec())
}
