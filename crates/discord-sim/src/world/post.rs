//! Storing a new message.

use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{AttachmentId, ChannelId, MessageId, UserId};
use crate::journal::Fact;
use crate::limits;
use crate::wire::{self, Texts};

use super::{
    Attachment, ChannelKind, Draft, Message, MessageKind, Reference, Upload, World, mention::spoken,
};

impl World {
    /// Stores a message and tells everybody, or returns the one that the same nonce made before.
    pub(crate) fn post(
        &mut self,
        author: UserId,
        channel: ChannelId,
        draft: Draft,
    ) -> Result<MessageId, ApiError> {
        self.check_place(author, channel)?;
        if let Some(first) = self.repeated(author, &draft) {
            return Ok(first);
        }
        let id = draft.id.unwrap_or_else(|| self.next_message_id());
        let kind = match (draft.interaction, draft.reply_to) {
            (Some(_), _) => MessageKind::Command,
            (None, Some(_)) => MessageKind::Reply,
            (None, None) => MessageKind::Default,
        };
        let mut pinged = self.pings(
            author,
            channel,
            &spoken(&draft.content, &draft.components),
            draft.allowed.as_ref(),
            draft.mention_default,
        );
        pinged.replied_user = self.replied_user(channel, &draft);
        let requester = self.requester(channel, draft.interaction, draft.reply_to);
        self.watch_pings(author, channel, requester, &pinged, &draft.content);
        self.thread_written(channel);
        self.draw_into_thread(channel, author, &pinged.users);
        let attachments = self.keep_files(draft.uploads);
        let message = Message {
            id,
            channel,
            author,
            kind,
            content: draft.content,
            created_ms: self.now_ms(),
            edited_ms: None,
            old_edits: 0,
            pinned_ms: None,
            pinged,
            attachments,
            embeds: draft.embeds,
            components: draft.components,
            reactions: Vec::new(),
            nonce: draft.nonce,
            flags: draft.flags,
            reference: draft.reply_to.map(|message| Reference { channel, message }),
            thread: None,
            interaction: draft.interaction,
            only_for: draft.only_for,
        };
        self.store(message);
        Ok(id)
    }

    /// Stores a message that Discord itself writes.
    pub(crate) fn post_system(
        &mut self,
        channel: ChannelId,
        author: UserId,
        kind: MessageKind,
        content: &str,
    ) -> MessageId {
        let id = self.next_message_id();
        let mut message = Message::system(id, channel, author, kind, self.now_ms());
        content.clone_into(&mut message.content);
        self.store(message)
    }

    pub(super) fn store(&mut self, message: Message) -> MessageId {
        let (id, channel) = (message.id, message.channel);
        self.note(Fact::MessageCreated {
            channel,
            message: id,
            author: message.author,
            content: message.content.clone(),
            pinged: message.pinged.clone(),
        });
        let only_for = message.only_for;
        if let Some(found) = self.channels.get_mut(&channel) {
            found.messages.insert(id, message);
        }
        // Discord does not send ephemeral messages over the gateway.
        if only_for.is_none() {
            self.message_event(channel, id, EventKind::MessageCreate);
        }
        id
    }

    /// Dispatches MESSAGE_CREATE or MESSAGE_UPDATE.
    pub(super) fn message_event(&mut self, channel: ChannelId, id: MessageId, kind: EventKind) {
        let Some(message) = self.any_message(channel, id) else {
            return;
        };
        if message.only_for.is_some() {
            return;
        }
        let data = wire::message_event(self, message, Texts::All);
        let without = wire::message_event(self, message, Texts::OfTheBot);
        let content = if without == data {
            Content::Open
        } else {
            Content::Privileged { without }
        };
        self.emit_in(channel, kind, data, content);
    }

    /// Whether the bot reads it only with MESSAGE_CONTENT: it is neither the bot's own, nor a direct
    /// message, nor does it mention the bot (Discord: events/gateway, "Message Content Intent").
    pub(crate) fn is_privileged(&self, message: &Message) -> bool {
        let in_guild = self
            .channels
            .get(&message.channel)
            .is_none_or(|channel| channel.guild.is_some());
        let concerns_bot = message.author == self.bot
            || message.pinged.users.contains(&self.bot)
            || message.pinged.replied_user == Some(self.bot);
        in_guild && !concerns_bot
    }

    fn check_place(&self, author: UserId, channel: ChannelId) -> Result<(), ApiError> {
        let found = self
            .channels
            .get(&channel)
            .ok_or(ApiError::UnknownChannel)?;
        if matches!(found.kind, ChannelKind::Forum | ChannelKind::Category) {
            return Err(ApiError::NotATextChannel);
        }
        self.may_write_in_thread(author, channel)
    }

    /// The message that the same author sent with the same nonce shortly before, wherever that was
    /// (Discord: resources/message, "Create Message").
    fn repeated(&mut self, author: UserId, draft: &Draft) -> Option<MessageId> {
        let nonce = draft.nonce.as_ref().filter(|_| draft.enforce_nonce)?.text();
        let oldest = self.now_ms() - limits::NONCE_LIFE_MS;
        let is_first = |message: &&Message| {
            let known = message.nonce.as_ref();
            message.author == author && known.is_some_and(|known| known.text() == nonce)
        };
        let first = self.channels.values().find_map(|channel| {
            let messages = channel.messages.values().rev();
            messages
                .take_while(|message| message.created_ms >= oldest)
                .find(is_first)
        })?;
        let (channel, message) = (first.channel, first.id);
        self.note(Fact::NonceRepeated {
            channel,
            message,
            nonce,
        });
        Some(message)
    }

    /// Whom a reply notifies: the author of the first message, unless the reply says otherwise.
    fn replied_user(&self, channel: ChannelId, draft: &Draft) -> Option<UserId> {
        let first = self.any_message(channel, draft.reply_to?)?;
        let wanted = draft
            .allowed
            .as_ref()
            .is_none_or(|allowed| allowed.replied_user.unwrap_or(false));
        wanted.then_some(first.author)
    }

    pub(super) fn keep_files(&mut self, uploads: Vec<Upload>) -> Vec<Attachment> {
        let mut attachments = Vec::new();
        for upload in uploads {
            let id = AttachmentId::new(self.next_id());
            attachments.push(Attachment {
                id,
                filename: upload.filename,
                description: upload.description,
                content_type: upload.content_type,
                size: upload.bytes.len(),
            });
            self.files.insert(id, upload.bytes);
        }
        attachments
    }
}
