//! Starting a thread.

use std::future::{IntoFuture, Ready, ready};
use std::sync::Arc;

use crate::error::ApiError;
use crate::ids::{ChannelId, UserId};
use crate::permission::Permission;
use crate::shared::Shared;
use crate::world::{ThreadDraft, Visibility};

use super::MessageRef;
use super::actor::must;

/// A thread that is about to be started; awaiting it starts it.
#[derive(Clone, Debug)]
#[must_use = "it is started when it is awaited"]
pub struct StartThread {
    shared: Arc<Shared>,
    user: UserId,
    origin: Origin,
    draft: ThreadDraft,
}

#[derive(Clone, Copy, Debug)]
enum Origin {
    Nowhere,
    Channel(ChannelId),
    Message(MessageRef),
}

impl StartThread {
    pub(crate) fn new(shared: Arc<Shared>, user: UserId, name: &str) -> Self {
        Self {
            shared,
            user,
            draft: ThreadDraft::public(name),
            origin: Origin::Nowhere,
        }
    }

    /// In this channel, from no message.
    pub fn in_(mut self, channel: impl Into<ChannelId>) -> Self {
        self.origin = Origin::Channel(channel.into());
        self
    }

    /// For its members only.
    pub const fn private(mut self) -> Self {
        self.draft.visibility = Visibility::Private;
        self
    }

    /// Archived after this many minutes without a message (60, 1,440, 4,320 or 10,080).
    pub const fn archived_after(mut self, minutes: u32) -> Self {
        self.draft.auto_archive = minutes;
        self
    }

    /// From this message.
    pub const fn from(mut self, message: MessageRef) -> Self {
        self.origin = Origin::Message(message);
        self
    }

    pub(crate) fn send(self) -> Result<ChannelId, ApiError> {
        let Self {
            shared,
            user,
            origin,
            draft,
        } = self;
        shared.act(|core| {
            let world = &mut core.world;
            let place = match origin {
                Origin::Nowhere => return Err(ApiError::UnknownChannel),
                Origin::Channel(channel) => channel,
                Origin::Message(at) => at.channel,
            };
            let need = match draft.visibility {
                Visibility::Public => Permission::CreatePublicThreads,
                Visibility::Private => Permission::CreatePrivateThreads,
            };
            world.comes_to(user, place);
            world.for_user(user, place, &[need])?;
            match origin {
                Origin::Message(at) => world.thread_from(user, at.channel, at.id, &draft),
                Origin::Nowhere | Origin::Channel(_) => world.thread_without(user, place, &draft),
            }
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
