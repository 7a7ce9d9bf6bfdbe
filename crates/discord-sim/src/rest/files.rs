//! Uploaded files, served back.

use crate::error::ApiError;
use crate::ids::AttachmentId;
use crate::signature::Signature;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;

/// Downloads an attachment of a message that still exists, from an address that has not expired.
pub(super) fn get(world: &World, call: &Call, id: AttachmentId) -> Result<Reply, ApiError> {
    Signature::read(id, &call.query)
        .filter(|signature| signature.holds(world.now_ms()))
        .ok_or(ApiError::NoSuchFile)?;
    let bytes = world.files.get(&id).ok_or(ApiError::NoSuchFile)?;
    let kind = world
        .channels
        .values()
        .flat_map(|channel| channel.messages.values())
        .flat_map(|message| &message.attachments)
        .find(|attachment| attachment.id == id)
        .map(|attachment| attachment.content_type.clone())
        .or_else(|| world.loose_files.get(&id).cloned());
    Ok(Reply::file(
        kind.ok_or(ApiError::NoSuchFile)?,
        bytes.clone(),
    ))
}
