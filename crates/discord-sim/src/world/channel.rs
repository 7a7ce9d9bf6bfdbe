//! Channels: text, announcement, forum, DMs, and the thread part of a thread.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};
use crate::journal::Fact;
use crate::wire;

use super::{ForumTag, Message, Overwrite, Thread, World};

/// Discord's channel types that the simulator has (Discord: resources/channel, "Channel Types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// A text channel of a guild.
    Text,
    /// A direct message with one user.
    Dm,
    /// A heading with channels below it.
    Category,
    /// An announcement channel.
    Announcement,
    /// A thread in an announcement channel.
    AnnouncementThread,
    /// A thread that everybody in the channel can see.
    PublicThread,
    /// A thread for its members.
    PrivateThread,
    /// A channel that holds only threads.
    Forum,
}

impl ChannelKind {
    /// Discord's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Dm => 1,
            Self::Category => 4,
            Self::Announcement => 5,
            Self::AnnouncementThread => 10,
            Self::PublicThread => 11,
            Self::PrivateThread => 12,
            Self::Forum => 15,
        }
    }

    /// The kind of a channel that "Create Guild Channel" may make.
    pub(crate) const fn of_guild_channel(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Text),
            4 => Some(Self::Category),
            5 => Some(Self::Announcement),
            15 => Some(Self::Forum),
            _ => None,
        }
    }
}

/// A channel or thread and the messages in it.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) kind: ChannelKind,
    /// `None` for a DM.
    pub(crate) guild: Option<GuildId>,
    pub(crate) name: String,
    pub(crate) topic: Option<String>,
    pub(crate) parent: Option<ChannelId>,
    pub(crate) position: usize,
    /// Whether it is for adults only.
    pub(crate) nsfw: bool,
    /// What "Modify Channel" has set for the threads to come, by Discord's names.
    pub(crate) defaults: Map<String, Value>,
    /// What holders may and may not do here, and in the threads below.
    pub(crate) overwrites: Vec<Overwrite>,
    pub(crate) thread: Option<Thread>,
    /// What posts of a forum can be tagged with.
    pub(crate) tags: Vec<ForumTag>,
    /// Seconds that a person has to wait between messages.
    pub(crate) slowmode: u32,
    /// Channel flags (Discord: resources/channel, "Channel Flags").
    pub(crate) flags: u64,
    /// When somebody last pinned a message.
    pub(crate) last_pin_ms: Option<i64>,
    /// The person of a DM.
    pub(crate) recipient: Option<UserId>,
    pub(crate) messages: BTreeMap<MessageId, Message>,
}

/// A channel that is about to be made.
#[derive(Clone, Debug)]
pub(crate) struct ChannelDraft {
    pub(crate) name: String,
    pub(crate) kind: ChannelKind,
    pub(crate) topic: Option<String>,
    /// Its category.
    pub(crate) parent: Option<ChannelId>,
    pub(crate) overwrites: Vec<Overwrite>,
    pub(crate) tags: Vec<ForumTag>,
}

impl ChannelDraft {
    pub(crate) fn new(name: &str, kind: ChannelKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            topic: None,
            parent: None,
            overwrites: Vec::new(),
            tags: Vec::new(),
        }
    }
}

impl Channel {
    /// A channel with nothing in it and nowhere.
    pub(super) fn bare(id: ChannelId, kind: ChannelKind) -> Self {
        Self {
            id,
            kind,
            guild: None,
            name: String::new(),
            topic: None,
            parent: None,
            position: 0,
            nsfw: false,
            defaults: Map::new(),
            overwrites: Vec::new(),
            thread: None,
            tags: Vec::new(),
            slowmode: 0,
            flags: 0,
            last_pin_ms: None,
            recipient: None,
            messages: BTreeMap::new(),
        }
    }

    /// Whether a user has joined this thread.
    pub(crate) fn has_thread_member(&self, user: UserId) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| thread.members.contains_key(&user))
    }
}

impl World {
    pub(crate) fn add_channel(&mut self, guild: GuildId, draft: ChannelDraft) -> ChannelId {
        let id = self.next_channel_id();
        let channel = Channel {
            guild: Some(guild),
            name: draft.name,
            topic: draft.topic,
            parent: draft.parent,
            position: self.channels.len(),
            overwrites: draft.overwrites,
            tags: draft.tags,
            ..Channel::bare(id, draft.kind)
        };
        self.channels.insert(id, channel);
        self.channel_event(id, EventKind::ChannelCreate, "created");
        id
    }

    /// The DM channel between the bot and a user.
    pub(crate) fn dm_with(&mut self, user: UserId) -> Result<ChannelId, ApiError> {
        if !self.users.contains_key(&user) || user == self.bot {
            return Err(ApiError::UnknownUser);
        }
        let known = self
            .channels
            .values()
            .find(|channel| channel.recipient == Some(user));
        if let Some(channel) = known {
            return Ok(channel.id);
        }
        let id = self.next_channel_id();
        let channel = Channel {
            recipient: Some(user),
            ..Channel::bare(id, ChannelKind::Dm)
        };
        self.channels.insert(id, channel);
        Ok(id)
    }

    /// The first channel or thread of that name.
    pub(crate) fn channel_named(&self, name: &str) -> Option<ChannelId> {
        self.channels
            .values()
            .find(|channel| channel.name == name)
            .map(|channel| channel.id)
    }

    /// Deletes a channel with its threads.
    pub(crate) fn delete_channel(&mut self, id: ChannelId) -> Result<(), ApiError> {
        let channel = self.channels.get(&id).ok_or(ApiError::UnknownChannel)?;
        let kind = if channel.thread.is_some() {
            EventKind::ThreadDelete
        } else {
            EventKind::ChannelDelete
        };
        self.channel_event(id, kind, "deleted");
        self.channels
            .retain(|other, channel| *other != id && channel.parent != Some(id));
        Ok(())
    }

    pub(super) fn channel_event(&mut self, id: ChannelId, kind: EventKind, what: &str) {
        let Some(channel) = self.channels.get(&id) else {
            return;
        };
        let in_thread = channel.thread.is_some();
        let data = if kind == EventKind::ThreadDelete {
            json!({
                "id": id,
                "guild_id": channel.guild,
                "parent_id": channel.parent,
                "type": channel.kind.number(),
            })
        } else {
            wire::channel(self, channel)
        };
        let guild = channel.guild;
        self.note(Fact::ChannelChanged {
            channel: id,
            what: what.to_owned(),
        });
        // Channels are told to everybody in the guild, whether they can see them or not.
        match guild.filter(|_| !in_thread) {
            Some(guild) => self.emit_for(guild, kind, data),
            None => self.emit_in(id, kind, data, Content::Open),
        }
    }
}
