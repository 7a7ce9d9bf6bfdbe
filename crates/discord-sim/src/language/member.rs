//! People as members: of guilds, of roles, of threads.

use std::future::{Ready, ready};

use crate::error::ApiError;
use crate::ids::{ChannelId, GuildId, MessageId, RoleId, TagId, UserId};
use crate::shared::Core;
use crate::world::{Draft, ThreadDraft};

use super::actor::{mention_bot, must};
use super::{Actor, MessageRef};

impl Actor {
    /// Joins a guild; doing so twice changes nothing.
    pub fn joins(&self, guild: GuildId) {
        self.shared.act(|core| core.world.join(guild, self.id()));
    }

    /// Leaves a guild.
    pub fn leaves_guild(&self, guild: GuildId) {
        self.shared.act(|core| core.world.leave(guild, self.id()));
    }

    /// Is given a role of any guild.
    pub fn gets_role(&self, role: RoleId) {
        self.shared.act(|core| {
            let guild = core.world.guild_of_role(role).unwrap_or(core.world.home);
            core.world.give_role(guild, self.id(), role);
        });
    }

    /// Loses a role of any guild.
    pub fn loses_role(&self, role: RoleId) {
        self.shared.act(|core| {
            let guild = core.world.guild_of_role(role).unwrap_or(core.world.home);
            core.world.take_role(guild, self.id(), role);
        });
    }

    /// Starts a post in a forum: a thread whose first message has the thread's id.
    ///
    /// # Panics
    ///
    /// When this is no forum, or it does not take the tags.
    pub fn posts_in(
        &self,
        forum: impl Into<ChannelId>,
        title: &str,
        text: &str,
        tags: &[TagId],
    ) -> Ready<MessageRef> {
        let forum = forum.into();
        let posted = self.shared.act(|core| {
            let first = Draft {
                content: mention_bot(core, text),
                ..Draft::default()
            };
            let draft = ThreadDraft {
                tags: tags.to_vec(),
                ..ThreadDraft::public(title)
            };
            core.world.forum_post(self.id(), forum, &draft, first)
        });
        let channel = must("start a post", posted);
        let id = MessageId::new(channel.get());
        ready(MessageRef { channel, id })
    }

    /// Joins a thread.
    ///
    /// # Panics
    ///
    /// When this is no thread.
    pub fn joins_thread(&self, thread: impl Into<ChannelId>) {
        self.adds_to_thread(thread, self.id());
    }

    /// Adds somebody to a thread.
    ///
    /// # Panics
    ///
    /// When this is no thread, or it is full.
    pub fn adds_to_thread(&self, thread: impl Into<ChannelId>, user: UserId) {
        self.done(|core| core.world.join_thread(thread.into(), user));
    }

    /// Removes somebody from a thread; oneself, too.
    ///
    /// # Panics
    ///
    /// When this is no thread, or the user is not in it.
    pub fn removes_from_thread(&self, thread: impl Into<ChannelId>, user: UserId) {
        self.done(|core| core.world.leave_thread(thread.into(), user));
    }

    /// Pins a message, which Discord says in the channel.
    ///
    /// # Panics
    ///
    /// When the message cannot be pinned.
    pub fn pins(&self, message: MessageRef) {
        self.done(|core| core.world.pin(self.id(), message.channel, message.id));
    }

    fn done(&self, act: impl FnOnce(&mut Core) -> Result<(), ApiError>) {
        must("do this", self.shared.act(act));
    }
}
