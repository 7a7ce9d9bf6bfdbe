//! What a test sees of the world.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::GatewayStatus;
use crate::ids::{ChannelId, MessageId, UserId};
use crate::journal::{Counts, Entry, Pinged, Violation};
use crate::shared::Core;
use crate::world::{Message, MessageKind, World, flag};

/// A message, by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// The channel or thread.
    pub channel: ChannelId,
    /// The message.
    pub id: MessageId,
}

/// A message as a test sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageView {
    /// The message.
    pub id: MessageId,
    /// The channel or thread.
    pub channel: ChannelId,
    /// The author's name.
    pub author: String,
    /// The author.
    pub author_id: UserId,
    /// What kind of message it is.
    pub kind: MessageKind,
    /// The text.
    pub content: String,
    /// Whether it was changed after it was posted.
    pub edited: bool,
    /// A deferred answer that has not come yet.
    pub loading: bool,
    /// Whether links in it are shown without previews.
    pub without_previews: bool,
    /// Reactions, in the order of their first use.
    pub reactions: Vec<ReactionView>,
    /// Files.
    pub attachments: Vec<AttachmentView>,
    /// Embeds as sent.
    pub embeds: Vec<Value>,
    /// Components as sent.
    pub components: Vec<Value>,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// The thread that was started from it.
    pub thread: Option<ChannelId>,
    /// The one person who sees it.
    pub only_for: Option<String>,
    /// Whom it notified.
    pub pinged: Pinged,
    /// The nonce that it was sent with.
    pub nonce: Option<String>,
}

/// An emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReactionView {
    /// A unicode emoji, or `name:id`.
    pub emoji: String,
    /// The names of those who put it there.
    pub by: Vec<String>,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttachmentView {
    /// Its name.
    pub filename: String,
    /// What is in it.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl MessageView {
    pub(crate) fn of(world: &World, message: &Message) -> Self {
        let name = |user: &UserId| world.user_name(*user);
        Self {
            id: message.id,
            channel: message.channel,
            author: name(&message.author),
            author_id: message.author,
            kind: message.kind,
            content: message.content.clone(),
            edited: message.edited_ms.is_some(),
            loading: message.flags & flag::LOADING != 0,
            without_previews: message.flags & flag::SUPPRESS_EMBEDS != 0,
            reactions: message
                .reactions
                .iter()
                .map(|reaction| ReactionView {
                    emoji: reaction.emoji.clone(),
                    by: reaction.users.iter().map(name).collect(),
                })
                .collect(),
            attachments: message
                .attachments
                .iter()
                .map(|file| AttachmentView {
                    filename: file.filename.clone(),
                    bytes: world.files.get(&file.id).cloned().unwrap_or_default(),
                })
                .collect(),
            embeds: message.embeds.clone(),
            components: message.components.clone(),
            reply_to: message.reference.map(|reference| reference.message),
            thread: message.thread,
            only_for: message.only_for.as_ref().map(name),
            pinged: message.pinged.clone(),
            nonce: message.nonce.as_ref().map(crate::body::Nonce::text),
        }
    }

    /// Where it is.
    pub const fn at(&self) -> MessageRef {
        MessageRef {
            channel: self.channel,
            id: self.id,
        }
    }

    /// Whether somebody put this emoji on it.
    pub fn has_reaction(&self, emoji: &str) -> bool {
        self.reactions
            .iter()
            .any(|reaction| reaction.emoji == emoji)
    }
}

/// Whether people can write in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadState {
    /// Everybody who may.
    Open,
    /// Moderators only.
    Locked,
    /// Everybody who may; the next message opens it.
    Archived,
    /// Nobody, until a moderator opens it.
    ArchivedAndLocked,
}

/// The world at one moment, for conditions that a test waits for.
#[derive(Clone, Copy, Debug)]
pub struct WorldView<'a>(&'a Core);

impl<'a> WorldView<'a> {
    pub(crate) const fn new(core: &'a Core) -> Self {
        Self(core)
    }

    /// What people and bots said in a channel, oldest first, without Discord's own messages.
    pub fn messages(&self, channel: impl Into<ChannelId>) -> Vec<MessageView> {
        self.all_messages(channel)
            .into_iter()
            .filter(|message| !message.kind.is_system())
            .collect()
    }

    /// All messages of a channel, oldest first, with Discord's own.
    pub fn all_messages(&self, channel: impl Into<ChannelId>) -> Vec<MessageView> {
        let world = &self.0.world;
        let channel = world.channels.get(&channel.into());
        let messages = channel
            .into_iter()
            .flat_map(|channel| channel.messages.values());
        messages
            .map(|message| MessageView::of(world, message))
            .collect()
    }

    /// One message, if it is there.
    pub fn message(&self, at: MessageRef) -> Option<MessageView> {
        let world = &self.0.world;
        world
            .any_message(at.channel, at.id)
            .map(|message| MessageView::of(world, message))
    }

    /// The threads of a channel, oldest first.
    pub fn threads(&self, channel: impl Into<ChannelId>) -> Vec<ChannelId> {
        let parent = channel.into();
        let channels = self.0.world.channels.values();
        channels
            .filter(|channel| channel.parent == Some(parent))
            .map(|c| c.id)
            .collect()
    }

    /// The state of a thread; `None` for what is no thread.
    pub fn thread_state(&self, thread: impl Into<ChannelId>) -> Option<ThreadState> {
        let channel = self.0.world.channels.get(&thread.into())?;
        let thread = channel.thread.as_ref()?;
        Some(match (thread.archived, thread.locked) {
            (false, false) => ThreadState::Open,
            (false, true) => ThreadState::Locked,
            (true, false) => ThreadState::Archived,
            (true, true) => ThreadState::ArchivedAndLocked,
        })
    }

    /// The name of a channel or thread.
    pub fn channel_name(&self, channel: impl Into<ChannelId>) -> Option<&'a str> {
        self.0
            .world
            .channels
            .get(&channel.into())
            .map(|channel| channel.name.as_str())
    }

    /// All that happened and is kept, oldest first.
    pub fn journal(&self) -> &'a [Entry] {
        self.0.journal.since(0)
    }

    /// How often what happened, also what the journal does not keep.
    pub const fn counts(&self) -> Counts {
        self.0.journal.counts()
    }

    /// How the gateway is.
    pub fn gateway(&self) -> GatewayStatus {
        GatewayStatus::of(self.0)
    }

    /// How many gateway sessions have a connection.
    pub fn connected_sessions(&self) -> usize {
        self.0.hub.connected()
    }

    /// The names of the registered commands.
    pub fn commands(&self) -> Vec<String> {
        self.0
            .world
            .commands
            .values()
            .map(|command| command.body.name.clone())
            .collect()
    }

    /// The registered commands as they were sent, a list.
    pub fn command_bodies(&self) -> serde_json::Value {
        let commands = self.0.world.commands.values();
        let bodies = commands.map(|command| serde_json::json!(command.body));
        bodies.collect()
    }

    /// The rules that were broken.
    pub fn violations(&self) -> Vec<Violation> {
        self.0.journal.violations()
    }
}
