//! What comes after the first answer to an interaction: `@original` and follow-ups.

use crate::body::{MessageBody, MessagePatch};
use crate::error::ApiError;
use crate::ids::MessageId;
use crate::limits;
use crate::mistake::Mistake;
use crate::wire;
use crate::world::{Ack, Interaction, MentionDefault, Patch, World};

use super::call::Call;
use super::messages;
use super::reply::Reply;
use super::route::Which;

/// A follow-up. Directly after a deferred answer it is that answer.
pub(super) fn follow_up(world: &mut World, call: &Call, token: &str) -> Result<Reply, ApiError> {
    let interaction = world.by_token(token)?;
    let body: MessageBody = call.parse(world)?;
    let draft = messages::draft(call, body)?;
    if let (Some(Ack::Deferred), Some(original)) = (&interaction.ack, interaction.original)
        && world.mistake != Some(Mistake::FollowUpBesideDeferred)
    {
        let patch = Patch {
            content: Some(draft.content),
            embeds: Some(draft.embeds),
            components: Some(draft.components),
            flags: Some(draft.flags),
            allowed: draft.allowed,
            mention_default: MentionDefault::Users,
            keep: None,
            uploads: draft.uploads,
        };
        world.edit(interaction.channel, original, patch)?;
        world.fill_deferred(interaction.id);
        return show(world, &interaction, original);
    }
    if interaction.owners.is_user_alone() && interaction.follow_ups.len() >= limits::FOLLOW_UPS {
        return Err(ApiError::TooManyFollowUps);
    }
    let message = world.post_answer(&interaction, draft)?;
    world.add_follow_up(interaction.id, message);
    show(world, &interaction, message)
}

pub(super) fn get(world: &mut World, token: &str, which: Which) -> Result<Reply, ApiError> {
    let interaction = world.by_token(token)?;
    let message = target(&interaction, which)?;
    show(world, &interaction, message)
}

pub(super) fn edit(
    world: &mut World,
    call: &Call,
    token: &str,
    which: Which,
) -> Result<Reply, ApiError> {
    let interaction = world.by_token(token)?;
    let message = target(&interaction, which)?;
    let body: MessagePatch = call.parse(world)?;
    let patch = messages::patch(world, call, body, (interaction.channel, message))?;
    let patch = Patch {
        mention_default: MentionDefault::Users,
        ..patch
    };
    world.edit(interaction.channel, message, patch)?;
    if interaction.original == Some(message) {
        world.fill_deferred(interaction.id);
    }
    show(world, &interaction, message)
}

pub(super) fn delete(world: &mut World, token: &str, which: Which) -> Result<Reply, ApiError> {
    let interaction = world.by_token(token)?;
    let message = target(&interaction, which)?;
    world.delete(interaction.channel, message)?;
    Ok(Reply::empty())
}

fn target(interaction: &Interaction, which: Which) -> Result<MessageId, ApiError> {
    let own = interaction
        .original
        .into_iter()
        .chain(interaction.follow_ups.iter().copied());
    let found = match which {
        Which::Original => interaction.original,
        Which::Message(wanted) => own.into_iter().find(|message| *message == wanted),
    };
    found.ok_or(ApiError::UnknownMessage)
}

fn show(world: &World, interaction: &Interaction, message: MessageId) -> Result<Reply, ApiError> {
    let found = world.any_message(interaction.channel, message);
    let found = found.ok_or(ApiError::UnknownMessage)?;
    Ok(Reply::json(wire::message(world, found)))
}
