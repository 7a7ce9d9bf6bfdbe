//! The first answer to an interaction (Discord: interactions/receiving-and-responding).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::ChoiceBody;
use super::message::{AttachmentBody, MessagePatch};
use super::{AllowedMentions, Component, Embed, MessageBody};

/// A callback: its type and what goes with it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Callback {
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    #[serde(default)]
    pub(crate) data: Option<CallbackData>,
}

/// The data of all callback types together.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct CallbackData {
    pub(crate) tts: Option<bool>,
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Embed>>,
    pub(crate) allowed_mentions: Option<AllowedMentions>,
    pub(crate) flags: Option<u64>,
    pub(crate) components: Option<Vec<Component>>,
    pub(crate) attachments: Option<Vec<AttachmentBody>>,
    pub(crate) poll: Option<Value>,
    pub(crate) choices: Option<Vec<ChoiceBody>>,
    pub(crate) custom_id: Option<String>,
    pub(crate) title: Option<String>,
}

impl CallbackData {
    /// The part that changes a message.
    pub(crate) fn into_patch(self) -> MessagePatch {
        MessagePatch {
            content: self.content,
            embeds: self.embeds,
            flags: self.flags,
            allowed_mentions: self.allowed_mentions,
            components: self.components,
            attachments: self.attachments,
            poll: None,
        }
    }

    /// The part that makes a message.
    pub(crate) fn into_message(self) -> MessageBody {
        MessageBody {
            content: self.content,
            tts: self.tts,
            embeds: self.embeds,
            allowed_mentions: self.allowed_mentions,
            components: self.components,
            attachments: self.attachments,
            flags: self.flags,
            poll: self.poll,
            ..MessageBody::default()
        }
    }
}
