//! Changing and deleting messages.

use serde_json::Value;

use crate::body::AllowedMentions;
use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{AttachmentId, ChannelId, MessageId};
use crate::journal::Fact;
use crate::wire;

use super::{MentionDefault, Upload, World, flag};

/// What changes; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Value>>,
    pub(crate) components: Option<Vec<Value>>,
    pub(crate) flags: Option<u64>,
    pub(crate) allowed: Option<AllowedMentions>,
    pub(crate) mention_default: MentionDefault,
    /// The attachments that stay.
    pub(crate) keep: Option<Vec<AttachmentId>>,
    pub(crate) uploads: Vec<Upload>,
}

impl World {
    /// Applies a patch. Whether its sender may do so was asked before.
    pub(crate) fn edit(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        patch: Patch,
    ) -> Result<(), ApiError> {
        let now = self.now_ms();
        let message = self
            .any_message(channel, id)
            .ok_or(ApiError::UnknownMessage)?;
        let author = message.author;
        let pinged = patch.content.as_ref().map(|content| {
            self.pings(
                author,
                channel,
                content,
                patch.allowed.as_ref(),
                patch.mention_default,
            )
        });
        let uploaded = self.keep_files(patch.uploads);
        let message = self.message_mut(channel, id)?;
        if let Some(mut pinged) = pinged {
            pinged.replied_user = message.pinged.replied_user;
            message.pinged = pinged;
        }
        if let Some(content) = patch.content {
            message.content = content;
        }
        if let Some(embeds) = patch.embeds {
            message.embeds = embeds;
        }
        if let Some(components) = patch.components {
            message.components = components;
        }
        if let Some(flags) = patch.flags {
            let fixed = flag::EPHEMERAL | flag::HAS_THREAD | flag::LOADING;
            message.flags = (message.flags & fixed) | (flags & !fixed);
        }
        if let Some(keep) = patch.keep {
            message
                .attachments
                .retain(|attachment| keep.contains(&attachment.id));
        }
        message.attachments.extend(uploaded);
        if message.flags & flag::LOADING == 0 {
            message.edited_ms = Some(now);
        } else {
            // The first edit of a deferred answer is the answer; Discord does not mark it as edited.
            message.flags &= !flag::LOADING;
        }
        let (content, pinged) = (message.content.clone(), message.pinged.clone());
        self.watch_pings(author, &pinged, &content);
        self.note(Fact::MessageEdited {
            channel,
            message: id,
            content,
        });
        self.message_event(channel, id, EventKind::MessageUpdate);
        Ok(())
    }

    /// Deletes a message. Whether its sender may do so was asked before.
    pub(crate) fn delete(&mut self, channel: ChannelId, id: MessageId) -> Result<(), ApiError> {
        let found = self
            .channels
            .get_mut(&channel)
            .ok_or(ApiError::UnknownChannel)?;
        let guild = found.guild;
        let message = found.messages.remove(&id).ok_or(ApiError::UnknownMessage)?;
        self.note(Fact::MessageDeleted {
            channel,
            message: id,
        });
        if message.only_for.is_none() {
            let data = wire::message_gone(guild, channel, id);
            self.emit_in(channel, EventKind::MessageDelete, data, Content::Open);
        }
        Ok(())
    }
}
