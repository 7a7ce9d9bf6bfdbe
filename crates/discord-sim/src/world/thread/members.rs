//! Who has joined a thread (Discord: topics/threads, "Thread Members").

use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{ChannelId, UserId};
use crate::limits;
use crate::permission::Permission;
use crate::wire;
use crate::world::{ChannelKind, World};

impl World {
    /// A user joins a thread or is added to it; doing so twice changes nothing.
    pub(crate) fn join_thread(&mut self, channel: ChannelId, user: UserId) -> Result<(), ApiError> {
        let now = self.now_ms();
        let thread = self.thread_mut(channel).ok_or(ApiError::WrongChannelType)?;
        if thread.members.contains_key(&user) {
            return Ok(());
        }
        if thread.members.len() >= limits::THREAD_MEMBERS {
            return Err(ApiError::TooManyThreadMembers);
        }
        thread.members.insert(user, now);
        if user == self.bot {
            self.enter_private_thread(channel);
        }
        let data = wire::thread_members_update(self, channel, &[user], &[]);
        self.thread_members_event(channel, user, data);
        Ok(())
    }

    /// A user leaves a thread or is removed from it.
    pub(crate) fn leave_thread(
        &mut self,
        channel: ChannelId,
        user: UserId,
    ) -> Result<(), ApiError> {
        let thread = self.thread_mut(channel).ok_or(ApiError::WrongChannelType)?;
        thread
            .members
            .remove(&user)
            .ok_or(ApiError::UnknownMember)?;
        let data = wire::thread_members_update(self, channel, &[], &[user]);
        if user == self.bot {
            // Of a private thread it hears once more, although it cannot see it now.
            self.emit(EventKind::ThreadMembersUpdate, data);
        } else {
            self.thread_members_event(channel, user, data);
        }
        Ok(())
    }

    /// Those whom a message concerns come to its thread: its author and whom it pings.
    pub(in crate::world) fn draw_into_thread(
        &mut self,
        channel: ChannelId,
        author: UserId,
        pinged: &[UserId],
    ) {
        let Some(found) = self.channels.get(&channel) else {
            return;
        };
        let Some(thread) = &found.thread else {
            return;
        };
        let may_add = found.kind != ChannelKind::PrivateThread
            || thread.invitable
            || self.can(author, channel, Permission::ManageThreads);
        let parent = found.parent.unwrap_or(channel);
        let mut drawn = vec![author];
        if may_add {
            drawn.extend(pinged);
        }
        drawn.retain(|user| self.can(*user, parent, Permission::ViewChannel));
        for user in drawn {
            // A full thread takes nobody more; the message is written all the same.
            let _ = self.join_thread(channel, user);
        }
    }

    /// What the bot is told when it is added to a private thread that it could not see before.
    fn enter_private_thread(&mut self, channel: ChannelId) {
        let Some(found) = self.channels.get(&channel) else {
            return;
        };
        if found.kind == ChannelKind::PrivateThread {
            let mut data = wire::channel(self, found);
            data["member"] = wire::thread_member(self, found, self.bot);
            self.emit_in(channel, EventKind::ThreadCreate, data, Content::Open);
        }
    }

    /// Sessions without the intent for members hear only of the bot itself.
    fn thread_members_event(&mut self, channel: ChannelId, user: UserId, data: serde_json::Value) {
        let kind = if user == self.bot {
            EventKind::ThreadMembersUpdate
        } else {
            EventKind::ThreadMembersUpdateOfOthers
        };
        self.emit_in(channel, kind, data, Content::Open);
    }
}
