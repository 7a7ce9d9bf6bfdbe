//! Threads: starting them, who is in them, and how they age.

mod forum;
mod members;
mod state;

use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{ChannelId, MessageId, TagId, UserId};
use crate::journal::Fact;
use crate::wire;

use super::{
    Channel, ChannelKind, Message, MessageKind, Reference, World, check_channel_name, flag,
};
pub(crate) use forum::ForumTag;
pub(crate) use state::Thread;

/// A thread that is about to be made.
#[derive(Clone, Debug)]
pub(crate) struct ThreadDraft {
    pub(crate) name: String,
    /// Ignored when the thread starts from a message: such threads are public.
    pub(crate) visibility: Visibility,
    /// Minutes.
    pub(crate) auto_archive: u32,
    /// Whether members of a private thread may add others.
    pub(crate) invitable: bool,
    /// Seconds that a person has to wait between messages.
    pub(crate) slowmode: u32,
    /// Tags of a forum post.
    pub(crate) tags: Vec<TagId>,
}

/// Who sees a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Public,
    Private,
}

impl ThreadDraft {
    /// A public thread with Discord's default of one day until it is archived.
    pub(crate) fn public(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            visibility: Visibility::Public,
            auto_archive: 1_440,
            invitable: true,
            slowmode: 0,
            tags: Vec::new(),
        }
    }

    /// Reads Discord's body.
    pub(crate) fn from_body(body: &crate::body::NewThread) -> Self {
        // Discord's default for a thread without a message is private (type 12).
        let visibility = match body.kind {
            Some(11 | 10) => Visibility::Public,
            Some(_) | None => Visibility::Private,
        };
        let auto_archive = body.auto_archive_duration.unwrap_or(1_440);
        Self {
            name: body.name.clone(),
            visibility,
            auto_archive,
            invitable: body.invitable.unwrap_or(true),
            slowmode: body.rate_limit_per_user.unwrap_or(0),
            tags: body.applied_tags.clone().unwrap_or_default(),
        }
    }
}

impl World {
    /// A thread from a message: it has the message's id, and there can be only one.
    pub(crate) fn thread_from(
        &mut self,
        by: UserId,
        parent: ChannelId,
        message: MessageId,
        draft: &ThreadDraft,
    ) -> Result<ChannelId, ApiError> {
        check_draft(draft)?;
        let kind = self.thread_kind(parent, Visibility::Public)?;
        self.room_for_thread(parent)?;
        let started = self.message(parent, message)?;
        let id = ChannelId::new(message.get());
        if started.thread.is_some() || self.channels.contains_key(&id) {
            return Err(ApiError::ThreadExists);
        }
        if started.kind.is_system() {
            return Err(ApiError::SystemMessage);
        }
        let started = self.message_mut(parent, message)?;
        started.thread = Some(id);
        started.flags |= flag::HAS_THREAD;
        self.open_thread(id, kind, by, parent, draft);
        self.message_event(parent, message, EventKind::MessageUpdate);
        let first = Message {
            reference: Some(Reference {
                channel: parent,
                message,
            }),
            ..self.system_message(id, by, MessageKind::ThreadStarter)
        };
        self.store(first);
        Ok(id)
    }

    /// A thread that starts from no message.
    pub(crate) fn thread_without(
        &mut self,
        by: UserId,
        parent: ChannelId,
        draft: &ThreadDraft,
    ) -> Result<ChannelId, ApiError> {
        check_draft(draft)?;
        let kind = self.thread_kind(parent, draft.visibility)?;
        self.room_for_thread(parent)?;
        let id = self.next_channel_id();
        self.open_thread(id, kind, by, parent, draft);
        if kind != ChannelKind::PrivateThread {
            let told = Message {
                content: draft.name.clone(),
                reference: Some(Reference {
                    channel: id,
                    message: MessageId::new(id.get()),
                }),
                ..self.system_message(parent, by, MessageKind::ThreadCreated)
            };
            self.store(told);
        }
        Ok(id)
    }

    fn open_thread(
        &mut self,
        id: ChannelId,
        kind: ChannelKind,
        by: UserId,
        parent: ChannelId,
        draft: &ThreadDraft,
    ) {
        let now = self.now_ms();
        let thread = Channel {
            guild: self.channels.get(&parent).and_then(|parent| parent.guild),
            name: draft.name.clone(),
            parent: Some(parent),
            thread: Some(Thread {
                invitable: draft.invitable,
                tags: draft.tags.clone(),
                ..Thread::new(by, draft.auto_archive, now)
            }),
            slowmode: draft.slowmode,
            ..Channel::bare(id, kind)
        };
        let data = wire::new_thread(self, &thread);
        self.channels.insert(id, thread);
        let name = draft.name.clone();
        self.note(Fact::ThreadCreated {
            parent,
            thread: id,
            name,
            by,
        });
        self.emit_in(id, EventKind::ThreadCreate, data, Content::Open);
    }

    /// The kind of a thread in this channel.
    fn thread_kind(&self, parent: ChannelId, private: Visibility) -> Result<ChannelKind, ApiError> {
        let parent = self.channels.get(&parent).ok_or(ApiError::UnknownChannel)?;
        match (parent.kind, private) {
            (ChannelKind::Text, Visibility::Private) => Ok(ChannelKind::PrivateThread),
            (ChannelKind::Text, Visibility::Public) => Ok(ChannelKind::PublicThread),
            (ChannelKind::Announcement, _) => Ok(ChannelKind::AnnouncementThread),
            (
                ChannelKind::Dm
                | ChannelKind::Category
                | ChannelKind::Forum
                | ChannelKind::AnnouncementThread
                | ChannelKind::PublicThread
                | ChannelKind::PrivateThread,
                _,
            ) => Err(ApiError::WrongChannelType),
        }
    }

    pub(in crate::world) fn system_message(
        &mut self,
        channel: ChannelId,
        author: UserId,
        kind: MessageKind,
    ) -> Message {
        Message::system(self.next_message_id(), channel, author, kind, self.now_ms())
    }
}

fn check_draft(draft: &ThreadDraft) -> Result<(), ApiError> {
    check_channel_name(&draft.name)?;
    check_auto_archive("auto_archive_duration", draft.auto_archive)
}

/// Refuses minutes after which no thread is archived.
pub(in crate::world) fn check_auto_archive(field: &str, minutes: u32) -> Result<(), ApiError> {
    if [60, 1_440, 4_320, 10_080].contains(&minutes) {
        return Ok(());
    }
    let message = "Value must be one of (60, 1440, 4320, 10080).";
    Err(ApiError::field(field, "BASE_TYPE_CHOICES", message))
}
