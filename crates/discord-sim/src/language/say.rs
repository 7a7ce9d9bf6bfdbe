//! Saying something.

use std::future::{IntoFuture, Ready, ready};
use std::sync::Arc;

use crate::body::Nonce;
use crate::error::ApiError;
use crate::ids::{ChannelId, UserId};
use crate::permission::Permission;
use crate::shared::Shared;
use crate::world::{Draft, Upload};

use super::MessageRef;
use super::actor::{mention_bot, must};

/// Something that is about to be said; awaiting it says it.
#[derive(Clone, Debug)]
#[must_use = "it is said when it is awaited"]
pub struct Say {
    shared: Arc<Shared>,
    user: UserId,
    text: String,
    place: SayPlace,
    reply_to: Option<MessageRef>,
    files: Vec<Upload>,
}

#[derive(Clone, Copy, Debug)]
enum SayPlace {
    Nowhere,
    Channel(ChannelId),
    Dm,
}

impl Say {
    pub(crate) const fn new(shared: Arc<Shared>, user: UserId, text: String) -> Self {
        let place = SayPlace::Nowhere;
        Self {
            shared,
            user,
            text,
            place,
            reply_to: None,
            files: Vec::new(),
        }
    }

    /// In this channel or thread.
    pub fn in_(mut self, channel: impl Into<ChannelId>) -> Self {
        self.place = SayPlace::Channel(channel.into());
        self
    }

    /// In the DM with the bot.
    pub const fn in_dm(mut self) -> Self {
        self.place = SayPlace::Dm;
        self
    }

    /// As a reply to this message.
    pub const fn replying_to(mut self, message: MessageRef) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// With a file.
    pub fn with_file(mut self, filename: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push(Upload {
            filename: filename.to_owned(),
            description: None,
            content_type: "application/octet-stream".to_owned(),
            bytes: bytes.into(),
        });
        self
    }

    pub(crate) fn send(self) -> Result<MessageRef, ApiError> {
        let Self {
            shared,
            user,
            text,
            place,
            reply_to,
            files,
        } = self;
        shared.act(|core| {
            let channel = match place {
                SayPlace::Nowhere => return Err(ApiError::UnknownChannel),
                SayPlace::Channel(channel) => channel,
                SayPlace::Dm => core.world.dm_with(user)?,
            };
            core.world.comes_to(user, channel);
            let mut needs = vec![core.world.send_permission(channel)];
            if !files.is_empty() {
                needs.push(Permission::AttachFiles);
            }
            core.world.for_user(user, channel, &needs)?;
            let draft = Draft {
                content: mention_bot(core, &text),
                // Discord's own client sends a nonce with every message.
                nonce: Some(Nonce::Text(format!(
                    "client-{}",
                    core.journal.since(0).len()
                ))),
                uploads: files,
                reply_to: reply_to.map(|message| message.id),
                ..Draft::default()
            };
            let id = core.world.post(user, channel, draft)?;
            Ok(MessageRef { channel, id })
        })
    }
}

impl IntoFuture for Say {
    type Output = MessageRef;
    type IntoFuture = Ready<MessageRef>;

    fn into_future(self) -> Self::IntoFuture {
        ready(must("say this (is `.in_(channel)` missing?)", self.send()))
    }
}
