//! Channels and threads of the simulated guilds.

use serde_json::json;

use crate::ids::{ChannelId, GuildId, TagId};
use crate::world::{ChannelDraft, ChannelKind, ForumTag, ThreadDraft, UserKind};

use super::Sim;
use crate::language::ThreadState;

impl Sim {
    /// A channel or thread, by name.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub fn channel(&self, name: &str) -> ChannelId {
        match self.shared.look(|core| core.world.channel_named(name)) {
            Some(channel) => channel,
            None => panic!("there is no channel #{name}"),
        }
    }

    /// A new text channel of the guild.
    pub fn create_channel(&self, name: &str) -> ChannelId {
        self.create_channel_of(self.guild_id(), name, ChannelKind::Text)
    }

    /// A new channel of any guild and kind.
    pub fn create_channel_of(&self, guild: GuildId, name: &str, kind: ChannelKind) -> ChannelId {
        self.shared
            .act(|core| core.world.add_channel(guild, ChannelDraft::new(name, kind)))
    }

    /// A new public thread that the guild's owner starts from no message.
    ///
    /// # Panics
    ///
    /// When the channel can have no threads.
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub fn create_thread_in(&self, channel: impl Into<ChannelId>, name: &str) -> ChannelId {
        let channel = channel.into();
        let made = self.shared.act(|core| {
            let owner = core.world.user_or_new("owner", UserKind::Person);
            core.world
                .thread_without(owner, channel, &ThreadDraft::public(name))
        });
        made.unwrap_or_else(|error| panic!("no thread in {channel}: {error}"))
    }

    /// A new forum with these tags.
    pub fn create_forum(&self, name: &str, tags: &[&str]) -> (ChannelId, Vec<TagId>) {
        self.shared.act(|core| {
            let mut draft = ChannelDraft::new(name, ChannelKind::Forum);
            draft.tags = tags
                .iter()
                .map(|tag| ForumTag {
                    name: (*tag).to_owned(),
                    ..ForumTag::default()
                })
                .collect();
            core.world.number_tags(&mut draft.tags);
            let ids = draft.tags.iter().filter_map(|tag| tag.id).collect();
            (core.world.add_channel(core.world.home, draft), ids)
        })
    }

    /// Archives a thread.
    pub fn archive(&self, thread: impl Into<ChannelId>) {
        self.patch_channel(thread.into(), &json!({"archived": true}));
    }

    /// Opens a thread again.
    pub fn unarchive(&self, thread: impl Into<ChannelId>) {
        self.patch_channel(thread.into(), &json!({"archived": false}));
    }

    /// Locks a thread: only those with MANAGE_THREADS write in it and open it.
    pub fn lock(&self, thread: impl Into<ChannelId>) {
        self.patch_channel(thread.into(), &json!({"locked": true}));
    }

    /// Archives a thread so that only moderators can open it again.
    pub fn archive_and_lock(&self, thread: impl Into<ChannelId>) {
        self.patch_channel(thread.into(), &json!({"archived": true, "locked": true}));
    }

    /// The state of a thread; `None` for what is no thread.
    pub fn thread_state(&self, thread: impl Into<ChannelId>) -> Option<ThreadState> {
        self.look(|world| world.thread_state(thread))
    }

    /// Renames a channel or thread; of a thread Discord says so in it.
    pub fn rename(&self, channel: impl Into<ChannelId>, name: &str) {
        self.patch_channel(channel.into(), &json!({"name": name}));
    }

    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    fn patch_channel(&self, thread: ChannelId, patch: &serde_json::Value) {
        let patched = self.shared.act(|core| {
            let patch = crate::body::read(patch)?.body;
            let owner = core.world.user_or_new("owner", UserKind::Person);
            core.world.patch_channel(thread, &patch, owner)
        });
        if let Err(error) = patched {
            panic!("{thread} cannot be changed: {error}");
        }
    }

    /// Deletes a channel with its threads, or a thread.
    pub fn delete_channel(&self, channel: impl Into<ChannelId>) {
        // A channel that is gone already is what was asked for.
        let _ = self
            .shared
            .act(|core| core.world.delete_channel(channel.into()));
    }
}
