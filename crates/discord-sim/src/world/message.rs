//! Messages as they are stored, and the drafts from which they are made.

use serde::Serialize;
use serde_json::Value;

use crate::body::{AllowedMentions, Nonce};
use crate::ids::{AttachmentId, ChannelId, InteractionId, MessageId, UserId};
use crate::journal::Pinged;

use super::MentionDefault;

/// Message flags (Discord: resources/message, "Message Flags").
pub(crate) mod flag {
    /// No link previews.
    pub(crate) const SUPPRESS_EMBEDS: u64 = 1 << 2;
    /// A thread was started from this message.
    pub(crate) const HAS_THREAD: u64 = 1 << 5;
    /// Only one person sees it.
    pub(crate) const EPHEMERAL: u64 = 1 << 6;
    /// A deferred answer that has not come yet ("thinking…").
    pub(crate) const LOADING: u64 = 1 << 7;
    /// Nobody's device makes a sound.
    pub(crate) const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
    /// All of the message is components.
    pub(crate) const COMPONENTS_V2: u64 = 1 << 15;
}

/// Discord's message types that the simulator has (Discord: resources/message, "Message Types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Somebody said something.
    Default,
    /// Somebody joined the guild.
    Joined,
    /// A thread was renamed.
    Renamed,
    /// A message was pinned.
    Pinned,
    /// A thread was started without a message.
    ThreadCreated,
    /// An answer to a message.
    Reply,
    /// The answer to a slash command.
    Command,
    /// The first message of a thread that was started from a message.
    ThreadStarter,
}

impl MessageKind {
    /// Discord's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Renamed => 4,
            Self::Pinned => 6,
            Self::Joined => 7,
            Self::ThreadCreated => 18,
            Self::Reply => 19,
            Self::Command => 20,
            Self::ThreadStarter => 21,
        }
    }

    /// Whether Discord wrote it and not a user.
    pub const fn is_system(self) -> bool {
        match self {
            Self::Default | Self::Reply | Self::Command => false,
            Self::Joined
            | Self::Renamed
            | Self::Pinned
            | Self::ThreadCreated
            | Self::ThreadStarter => true,
        }
    }

    /// Whether it can be deleted (Discord: resources/message, "Message Types").
    pub const fn is_deletable(self) -> bool {
        match self {
            Self::Default
            | Self::Reply
            | Self::Command
            | Self::Joined
            | Self::Pinned
            | Self::ThreadCreated => true,
            Self::Renamed | Self::ThreadStarter => false,
        }
    }
}

/// A stored message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) channel: ChannelId,
    pub(crate) author: UserId,
    pub(crate) kind: MessageKind,
    pub(crate) content: String,
    pub(crate) created_ms: i64,
    pub(crate) edited_ms: Option<i64>,
    /// Edits since it was an hour old.
    pub(crate) old_edits: usize,
    pub(crate) pinned_ms: Option<i64>,
    pub(crate) pinged: Pinged,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) flags: u64,
    pub(crate) reference: Option<Reference>,
    pub(crate) thread: Option<ChannelId>,
    pub(crate) interaction: Option<InteractionId>,
    /// The one person who sees an ephemeral message.
    pub(crate) only_for: Option<UserId>,
}

impl Message {
    /// An empty message that Discord itself writes.
    pub(super) fn system(
        id: MessageId,
        channel: ChannelId,
        author: UserId,
        kind: MessageKind,
        created_ms: i64,
    ) -> Self {
        Self {
            id,
            channel,
            author,
            kind,
            content: String::new(),
            created_ms,
            edited_ms: None,
            old_edits: 0,
            pinned_ms: None,
            pinged: Pinged::default(),
            attachments: Vec::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            reactions: Vec::new(),
            nonce: None,
            flags: 0,
            reference: None,
            thread: None,
            interaction: None,
            only_for: None,
        }
    }
}

/// A message that another one points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

/// A file of a message; its bytes are kept in the world.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) id: AttachmentId,
    pub(crate) filename: String,
    pub(crate) description: Option<String>,
    pub(crate) content_type: String,
    pub(crate) size: usize,
}

/// An emoji on a message and who put it there, in order.
#[derive(Clone, Debug)]
pub(crate) struct Reaction {
    /// A unicode emoji, or `name:id`.
    pub(crate) emoji: String,
    pub(crate) users: Vec<UserId>,
}

/// A file that is being uploaded.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) filename: String,
    pub(crate) description: Option<String>,
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// A message that is about to be stored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// The id that it must have: the first message of a forum post has its thread's.
    pub(crate) id: Option<MessageId>,
    pub(crate) content: String,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) enforce_nonce: bool,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) flags: u64,
    pub(crate) uploads: Vec<Upload>,
    pub(crate) allowed: Option<AllowedMentions>,
    pub(crate) mention_default: MentionDefault,
    pub(crate) reply_to: Option<MessageId>,
    pub(crate) interaction: Option<InteractionId>,
    pub(crate) only_for: Option<UserId>,
}

impl Draft {
    /// The flags that a bot may set on a new message.
    pub(crate) const fn settable(flags: u64) -> u64 {
        flags
            & (flag::SUPPRESS_EMBEDS
                | flag::EPHEMERAL
                | flag::SUPPRESS_NOTIFICATIONS
                | flag::COMPONENTS_V2)
    }

    /// Whether there is nothing in it to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.uploads.is_empty()
    }
}
