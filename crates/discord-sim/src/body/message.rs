//! Bodies of "Create Message" and "Edit Message" (Discord: resources/message).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Component, Embed};
use crate::ids::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// A new message; follow-ups to interactions have the same shape.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct MessageBody {
    pub(crate) content: Option<String>,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) enforce_nonce: Option<bool>,
    pub(crate) tts: Option<bool>,
    pub(crate) embeds: Option<Vec<Embed>>,
    pub(crate) allowed_mentions: Option<AllowedMentions>,
    pub(crate) message_reference: Option<Reference>,
    pub(crate) components: Option<Vec<Component>>,
    pub(crate) sticker_ids: Option<Vec<Value>>,
    pub(crate) attachments: Option<Vec<AttachmentBody>>,
    pub(crate) flags: Option<u64>,
    pub(crate) poll: Option<Value>,
    pub(crate) thread_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) avatar_url: Option<String>,
}

/// A change of a message. Fields that are missing stay as they are.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct MessagePatch {
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Embed>>,
    pub(crate) flags: Option<u64>,
    pub(crate) allowed_mentions: Option<AllowedMentions>,
    pub(crate) components: Option<Vec<Component>>,
    pub(crate) attachments: Option<Vec<AttachmentBody>>,
    pub(crate) poll: Option<Value>,
}

impl MessagePatch {
    /// Whether it changes nothing but flags.
    pub(crate) const fn only_flags(&self) -> bool {
        self.flags.is_some()
            && self.content.is_none()
            && self.embeds.is_none()
            && self.components.is_none()
            && self.attachments.is_none()
    }
}

/// "Bulk Delete Messages".
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct BulkDelete {
    pub(crate) messages: Vec<MessageId>,
}

/// A nonce: Discord takes a string or an integer and gives back what it got.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Nonce {
    Text(String),
    Number(u64),
}

impl Nonce {
    /// As text, so that `7` and `"7"` are one nonce.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Whom a message may notify.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AllowedMentions {
    pub(crate) parse: Option<Vec<ParseKind>>,
    pub(crate) users: Option<Vec<UserId>>,
    pub(crate) roles: Option<Vec<RoleId>>,
    pub(crate) replied_user: Option<bool>,
}

/// A kind of mention that is taken from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ParseKind {
    Users,
    Roles,
    Everyone,
}

/// What a reply points at.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Reference {
    #[serde(rename = "type")]
    pub(crate) kind: Option<u8>,
    pub(crate) message_id: Option<MessageId>,
    pub(crate) channel_id: Option<ChannelId>,
    pub(crate) guild_id: Option<GuildId>,
    pub(crate) fail_if_not_exists: Option<bool>,
}

/// One file of a message: an upload (the id is its place in the form) or one that stays (its id).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AttachmentBody {
    pub(crate) id: Option<Value>,
    pub(crate) filename: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) url: Option<String>,
    pub(crate) proxy_url: Option<String>,
    pub(crate) is_spoiler: Option<bool>,
    pub(crate) duration_secs: Option<f64>,
    pub(crate) waveform: Option<String>,
}

impl AttachmentBody {
    /// The id as a number, whichever way it was written.
    pub(crate) fn number(&self) -> Option<u64> {
        let id = self.id.as_ref()?;
        id.as_u64().or_else(|| id.as_str()?.parse().ok())
    }
}
