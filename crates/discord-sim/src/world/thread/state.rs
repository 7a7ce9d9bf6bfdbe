//! What only threads have, and how they age: archived after a time without messages, open again
//! when somebody writes (Discord: topics/threads).

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{ChannelId, TagId, UserId};
use crate::limits;
use crate::permission::Permission;
use crate::world::World;

/// The thread part of a channel.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) owner: UserId,
    pub(crate) archived: bool,
    pub(crate) locked: bool,
    /// Whether members of a private thread may add others.
    pub(crate) invitable: bool,
    /// Minutes (60, 1440, 4320 or 10080).
    pub(crate) auto_archive: u32,
    /// When the archive state last changed.
    pub(crate) changed_ms: i64,
    pub(crate) created_ms: i64,
    /// When somebody last wrote in it, or opened it again.
    pub(crate) active_ms: i64,
    /// Messages that were ever sent in it; deleted ones count.
    pub(crate) sent: usize,
    /// Who has joined it, and when.
    pub(crate) members: BTreeMap<UserId, i64>,
    /// Tags of a forum post.
    pub(crate) tags: Vec<TagId>,
}

impl Thread {
    /// A thread that begins now.
    pub(super) fn new(owner: UserId, auto_archive: u32, now: i64) -> Self {
        Self {
            owner,
            archived: false,
            locked: false,
            invitable: true,
            auto_archive,
            changed_ms: now,
            created_ms: now,
            active_ms: now,
            sent: 0,
            members: BTreeMap::from([(owner, now)]),
            tags: Vec::new(),
        }
    }

    /// Opens or archives it.
    pub(crate) fn set_archived(&mut self, archived: bool, now: i64) {
        if self.archived != archived {
            self.archived = archived;
            self.changed_ms = now;
            self.active_ms = now;
        }
    }

    fn is_due(&self, now: i64) -> bool {
        !self.archived && now - self.active_ms >= i64::from(self.auto_archive) * 60_000
    }
}

impl World {
    /// Does what time alone does: archives threads in which nobody has written for long enough.
    pub(crate) fn pass_time(&mut self) {
        let now = self.now_ms();
        let due: Vec<ChannelId> = self
            .channels
            .values()
            .filter(|channel| channel.thread.as_ref().is_some_and(|t| t.is_due(now)))
            .map(|channel| channel.id)
            .collect();
        for thread in due {
            self.set_archived(thread, true);
        }
    }

    /// A message was written: the thread is active, and open again if it was archived.
    pub(in crate::world) fn thread_written(&mut self, channel: ChannelId) {
        let now = self.now_ms();
        self.set_archived(channel, false);
        if let Some(thread) = self.thread_mut(channel) {
            thread.active_ms = now;
            thread.sent += 1;
        }
    }

    fn set_archived(&mut self, channel: ChannelId, archived: bool) {
        let now = self.now_ms();
        let Some(thread) = self.thread_mut(channel).filter(|t| t.archived != archived) else {
            return;
        };
        thread.set_archived(archived, now);
        let what = if archived { "archived" } else { "unarchived" };
        self.channel_event(channel, EventKind::ThreadUpdate, what);
    }

    /// Refuses what cannot be done in a locked or archived thread by somebody who writes there.
    pub(in crate::world) fn may_write_in_thread(
        &self,
        author: UserId,
        channel: ChannelId,
    ) -> Result<(), ApiError> {
        let found = self.channels.get(&channel);
        let Some(thread) = found.and_then(|found| found.thread.as_ref()) else {
            return Ok(());
        };
        if thread.locked && thread.archived {
            return Err(ApiError::ArchivedThread);
        }
        if thread.locked && !self.can(author, channel, Permission::ManageThreads) {
            return Err(ApiError::LockedThread);
        }
        Ok(())
    }

    /// Refuses a thread more than a guild may have open.
    pub(super) fn room_for_thread(&self, parent: ChannelId) -> Result<(), ApiError> {
        let guild = self.channels.get(&parent).and_then(|parent| parent.guild);
        let open = self
            .channels
            .values()
            .filter(|channel| channel.guild == guild)
            .filter(|channel| channel.thread.as_ref().is_some_and(|t| !t.archived))
            .count();
        if open >= limits::ACTIVE_THREADS {
            return Err(ApiError::TooManyThreads);
        }
        Ok(())
    }

    pub(in crate::world) fn thread_mut(&mut self, channel: ChannelId) -> Option<&mut Thread> {
        self.channels.get_mut(&channel)?.thread.as_mut()
    }
}
