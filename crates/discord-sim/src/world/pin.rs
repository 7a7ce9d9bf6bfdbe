//! Pinned messages (Discord: resources/message, "Get Channel Pins").

use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{ChannelId, MessageId, UserId};
use crate::limits;
use crate::wire;

use super::{Message, MessageKind, Reference, World};

impl World {
    /// The pinned messages of a channel, the last pinned first.
    pub(crate) fn pins(&self, channel: ChannelId) -> Vec<(&Message, i64)> {
        let found = self.channels.get(&channel);
        let messages = found.into_iter().flat_map(|found| found.messages.values());
        let mut pins: Vec<(&Message, i64)> = messages
            .filter_map(|message| Some((message, message.pinned_ms?)))
            .collect();
        pins.sort_by_key(|(message, at)| std::cmp::Reverse((*at, message.id)));
        pins
    }

    /// Pins a message, which Discord says in the channel; doing so twice changes nothing.
    pub(crate) fn pin(
        &mut self,
        by: UserId,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<(), ApiError> {
        self.not_archived(channel)?;
        let message = self.message(channel, id)?;
        if message.kind.is_system() {
            return Err(ApiError::SystemMessage);
        }
        if message.pinned_ms.is_some() {
            return Ok(());
        }
        if self.pins(channel).len() >= limits::PINS {
            return Err(ApiError::TooManyPins);
        }
        let now = self.now_ms();
        self.message_mut(channel, id)?.pinned_ms = Some(now);
        if let Some(found) = self.channels.get_mut(&channel) {
            found.last_pin_ms = Some(now);
        }
        self.pins_event(channel, id);
        let told = Message {
            reference: Some(Reference {
                channel,
                message: id,
            }),
            ..self.system_message(channel, by, MessageKind::Pinned)
        };
        self.store(told);
        Ok(())
    }

    /// Unpins a message; doing so twice changes nothing.
    pub(crate) fn unpin(&mut self, channel: ChannelId, id: MessageId) -> Result<(), ApiError> {
        self.not_archived(channel)?;
        self.message(channel, id)?;
        let message = self.message_mut(channel, id)?;
        if message.pinned_ms.take().is_some() {
            self.pins_event(channel, id);
        }
        Ok(())
    }

    fn pins_event(&mut self, channel: ChannelId, id: MessageId) {
        self.message_event(channel, id, EventKind::MessageUpdate);
        let data = wire::pins_update(self, channel);
        self.emit_in(channel, EventKind::ChannelPinsUpdate, data, Content::Open);
    }
}
