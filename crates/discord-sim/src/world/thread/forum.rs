//! Forum channels: posts are threads that begin with a message (Discord: topics/threads, "Forums").

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::ids::{ChannelId, MessageId, TagId, UserId};
use crate::limits;
use crate::permission::Permission;
use crate::world::{Channel, ChannelKind, Draft, World};

use super::{ThreadDraft, check_draft};

/// Posts must have a tag (Discord: resources/channel, "Channel Flags", REQUIRE_TAG).
const REQUIRE_TAG: u64 = 1 << 4;

/// What posts of a forum can be tagged with (Discord: resources/channel, "Forum Tag Object").
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ForumTag {
    pub(crate) id: Option<TagId>,
    pub(crate) name: String,
    /// Only those with MANAGE_THREADS may use it.
    pub(crate) moderated: bool,
    pub(crate) emoji_id: Option<String>,
    pub(crate) emoji_name: Option<String>,
}

impl World {
    /// A new post: a thread whose first message has the thread's id.
    pub(crate) fn forum_post(
        &mut self,
        by: UserId,
        forum: ChannelId,
        draft: &ThreadDraft,
        first: Draft,
    ) -> Result<ChannelId, ApiError> {
        check_draft(draft)?;
        let found = self.channels.get(&forum).ok_or(ApiError::UnknownChannel)?;
        if found.kind != ChannelKind::Forum {
            return Err(ApiError::WrongChannelType);
        }
        self.check_tags(by, found, &draft.tags)?;
        self.room_for_thread(forum)?;
        let id = self.next_channel_id();
        self.open_thread(id, ChannelKind::PublicThread, by, forum, draft);
        let first = Draft {
            id: Some(MessageId::new(id.get())),
            ..first
        };
        self.post(by, id, first)?;
        Ok(id)
    }

    fn check_tags(&self, by: UserId, forum: &Channel, tags: &[TagId]) -> Result<(), ApiError> {
        if tags.is_empty() && forum.flags & REQUIRE_TAG != 0 {
            return Err(ApiError::TagRequired);
        }
        if tags.len() > limits::APPLIED_TAGS {
            let message = format!("Must be {} or fewer in length.", limits::APPLIED_TAGS);
            return Err(ApiError::field(
                "applied_tags",
                "BASE_TYPE_MAX_LENGTH",
                message,
            ));
        }
        for tag in tags {
            let known = forum.tags.iter().find(|known| known.id == Some(*tag));
            let known = known.ok_or(ApiError::UnknownTag)?;
            if known.moderated && !self.can(by, forum.id, Permission::ManageThreads) {
                return Err(ApiError::MissingPermissions);
            }
        }
        Ok(())
    }

    /// Gives the tags that a forum is made or changed with their ids.
    pub(crate) fn number_tags(&mut self, tags: &mut [ForumTag]) {
        for tag in tags {
            if tag.id.is_none() {
                tag.id = Some(TagId::new(self.next_id()));
            }
        }
    }
}
