//! Bodies that make or change channels, threads and DMs (Discord: resources/channel, resources/guild).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, MessageBody, OverwriteBody};
use crate::ids::{ChannelId, TagId, UserId};
use crate::world::ForumTag;

/// "Start Thread from Message" and "Start Thread without Message".
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct NewThread {
    pub(crate) name: String,
    pub(crate) auto_archive_duration: Option<u32>,
    pub(crate) rate_limit_per_user: Option<u32>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<u8>,
    pub(crate) invitable: Option<bool>,
    /// Forum channels only: the first message of the post.
    pub(crate) message: Option<MessageBody>,
    pub(crate) applied_tags: Option<Vec<TagId>>,
}

/// "Modify Channel", for channels and threads.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ChannelPatch {
    pub(crate) name: Option<String>,
    pub(crate) topic: Change<String>,
    pub(crate) archived: Option<bool>,
    pub(crate) locked: Option<bool>,
    pub(crate) invitable: Option<bool>,
    pub(crate) auto_archive_duration: Option<u32>,
    pub(crate) rate_limit_per_user: Option<u32>,
    pub(crate) nsfw: Option<bool>,
    pub(crate) position: Option<u32>,
    pub(crate) parent_id: Change<ChannelId>,
    pub(crate) permission_overwrites: Option<Vec<OverwriteBody>>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<u8>,
    pub(crate) flags: Option<u64>,
    pub(crate) applied_tags: Option<Vec<TagId>>,
    pub(crate) default_auto_archive_duration: Change<u32>,
    pub(crate) available_tags: Option<Vec<ForumTag>>,
    pub(crate) default_thread_rate_limit_per_user: Change<u32>,
    pub(crate) default_reaction_emoji: Change<Value>,
    pub(crate) default_sort_order: Change<u8>,
    pub(crate) default_forum_layout: Change<u8>,
}

/// "Create Guild Channel".
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct NewChannel {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Option<u8>,
    pub(crate) topic: Option<String>,
    pub(crate) nsfw: Option<bool>,
    pub(crate) position: Option<u32>,
    pub(crate) parent_id: Option<ChannelId>,
    pub(crate) rate_limit_per_user: Option<u32>,
    pub(crate) permission_overwrites: Option<Vec<OverwriteBody>>,
    pub(crate) default_auto_archive_duration: Option<u32>,
    pub(crate) available_tags: Option<Vec<ForumTag>>,
    pub(crate) default_thread_rate_limit_per_user: Option<u32>,
    pub(crate) default_reaction_emoji: Option<Value>,
    pub(crate) default_sort_order: Option<u8>,
    pub(crate) default_forum_layout: Option<u8>,
}

/// "Create DM".
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct NewDm {
    pub(crate) recipient_id: UserId,
}
