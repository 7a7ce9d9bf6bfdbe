//! Uploaded files, served back.

use crate::error::ApiError;
use crate::ids::AttachmentId;
use crate::world::World;

use super::reply::Reply;

/// Downloads an attachment of a message that still exists.
pub(super) fn get(world: &World, id: AttachmentId) -> Result<Reply, ApiError> {
    let bytes = world.files.get(&id).ok_or(ApiError::UnknownRoute)?;
    let kind = world
        .channels
        .values()
        .flat_map(|channel| channel.messages.values())
        .flat_map(|message| &message.attachments)
        .find(|attachment| attachment.id == id)
        .map(|attachment| attachment.content_type.clone())
        .or_else(|| world.loose_files.get(&id).cloned());
    Ok(Reply::file(
        kind.ok_or(ApiError::UnknownRoute)?,
        bytes.clone(),
    ))
}
