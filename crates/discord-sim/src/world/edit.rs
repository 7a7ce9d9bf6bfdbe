//! Changing and deleting messages.

use serde_json::Value;

use crate::body::AllowedMentions;
use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{AttachmentId, ChannelId, MessageId};
use crate::journal::Fact;
use crate::limits;
use crate::wire;

use super::{MentionDefault, Message, Upload, World, flag, mention::spoken};

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

impl Patch {
    /// Whether the message would have nothing to show after it.
    pub(crate) fn leaves_nothing(&self, message: &Message) -> bool {
        let stays = |given: Option<bool>, had: bool| given.unwrap_or(had);
        let files = self
            .keep
            .as_ref()
            .map_or(!message.attachments.is_empty(), |keep| !keep.is_empty());
        !stays(
            self.content.as_ref().map(|c| !c.is_empty()),
            !message.content.is_empty(),
        ) && !stays(
            self.embeds.as_ref().map(|e| !e.is_empty()),
            !message.embeds.is_empty(),
        ) && !stays(
            self.components.as_ref().map(|c| !c.is_empty()),
            !message.components.is_empty(),
        ) && !files
            && self.uploads.is_empty()
            && message.flags & flag::LOADING == 0
    }
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
        // Of components only those of the newer layout speak.
        let flags = message.flags | patch.flags.unwrap_or(0);
        let is_layout = flags & flag::COMPONENTS_V2 != 0;
        let says = patch.content.is_some() || (is_layout && patch.components.is_some());
        let pinged = says.then(|| {
            let content = patch.content.as_ref().unwrap_or(&message.content);
            let components = patch.components.as_ref().unwrap_or(&message.components);
            self.pings(
                author,
                channel,
                &spoken(content, components),
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
            // What is all components stays so (Discord: components/reference, "Component Object").
            let kept = flag::COMPONENTS_V2;
            let fixed = flag::EPHEMERAL | flag::HAS_THREAD | flag::LOADING;
            message.flags = (message.flags & (fixed | kept)) | (flags & !fixed);
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
        let (used, reference) = (message.interaction, message.reference);
        let requester = self.requester(channel, used, reference.map(|to| to.message));
        self.watch_pings(author, channel, requester, &pinged, &content);
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

    /// Deletes several messages at once. Those that are not there are passed over.
    pub(crate) fn bulk_delete(
        &mut self,
        channel: ChannelId,
        ids: &[MessageId],
    ) -> Result<(), ApiError> {
        let oldest = self.now_ms() - limits::BULK_AGE_MS;
        if ids.iter().any(|id| id.made_ms() < oldest) {
            return Err(ApiError::TooOldToBulkDelete);
        }
        let found = self
            .channels
            .get_mut(&channel)
            .ok_or(ApiError::UnknownChannel)?;
        let guild = found.guild;
        let gone: Vec<MessageId> = ids
            .iter()
            .copied()
            .filter(|id| found.messages.remove(id).is_some())
            .collect();
        for message in &gone {
            self.note(Fact::MessageDeleted {
                channel,
                message: *message,
            });
        }
        let data = wire::messages_gone(guild, channel, &gone);
        self.emit_in(channel, EventKind::MessageDeleteBulk, data, Content::Open);
        Ok(())
    }

    /// Messages older than an hour can be edited only a few times (error 30046).
    pub(crate) fn count_old_edit(
        &mut self,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<(), ApiError> {
        let now = self.now_ms();
        let message = self.message_mut(channel, id)?;
        if now - message.created_ms <= limits::OLD_MESSAGE_MS {
            return Ok(());
        }
        if message.old_edits >= limits::OLD_EDITS {
            return Err(ApiError::TooManyOldEdits);
        }
        message.old_edits += 1;
        Ok(())
    }
}
