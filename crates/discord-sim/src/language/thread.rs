//! Starting a thread.

use std::future::{IntoFuture, Ready, ready};
use std::sync::Arc;

use crate::error::ApiError;
use crate::ids::{ChannelId, UserId};
use crate::shared::Shared;
use crate::world::ThreadDraft;

use super::MessageRef;
use super::actor::must;

/// A thread that is about to be started; awaiting it starts it.
#[derive(Clone, Debug)]
#[must_use = "it is started when it is awaited"]
pub struct StartThread {
    shared: Arc<Shared>,
    user: UserId,
    name: String,
    origin: Origin,
}

#[derive(Clone, Copy, Debug)]
enum Origin {
    Nowhere,
    Channel(ChannelId),
    Message(MessageRef),
}

impl StartThread {
    pub(crate) const fn new(shared: Arc<Shared>, user: UserId, name: String) -> Self {
        Self {
            shared,
            user,
            name,
            origin: Origin::Nowhere,
        }
    }

    /// In this channel, from no message.
    pub fn in_(mut self, channel: impl Into<ChannelId>) -> Self {
        self.origin = Origin::Channel(channel.into());
        self
    }

    /// From this message.
    pub const fn from(mut self, message: MessageRef) -> Self {
        self.origin = Origin::Message(message);
        self
    }

    pub(crate) fn send(self) -> Result<ChannelId, ApiError> {
        let draft = ThreadDraft::public(&self.name);
        self.shared.act(|core| match self.origin {
            Origin::Nowhere => Err(ApiError::UnknownChannel),
            Origin::Channel(channel) => core.world.thread_without(self.user, channel, &draft),
            Origin::Message(at) => core.world.thread_from(self.user, at.channel, at.id, &draft),
        })
    }
}

impl IntoFuture for StartThread {
    type Output = ChannelId;
    type IntoFuture = Ready<ChannelId>;

    fn into_future(self) -> Self::IntoFuture {
        ready(must(
            "start a thread (is `.in_(channel)` or `.from(message)` missing?)",
            self.send(),
        ))
    }
}
