//! "Modify Channel" (Discord: resources/channel).

use serde_json::{Map, Value, json};

use crate::body::{ChannelPatch, drop_nulls};
use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{ChannelId, UserId};

use super::thread::check_auto_archive;
use super::{ChannelKind, MessageKind, World, check_channel_name};

/// What is there for channels only, and what for threads only. Discord does not refuse one in the place of the other, and
/// nothing comes of it.
const OF_CHANNELS: [&str; 13] = [
    "topic",
    "nsfw",
    "position",
    "parent_id",
    "permission_overwrites",
    "type",
    "default_auto_archive_duration",
    "available_tags",
    "default_thread_rate_limit_per_user",
    "default_reaction_emoji",
    "default_sort_order",
    "default_forum_layout",
    "default_tag_setting",
];
const OF_THREADS: [&str; 5] = [
    "archived",
    "locked",
    "invitable",
    "auto_archive_duration",
    "applied_tags",
];

/// What becomes of a channel's category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// It stays as it is.
    Kept,
    /// It has none from now on.
    None,
    /// It has this one.
    Is(ChannelId),
}

impl Category {
    /// What a patch says of it: a null takes it away.
    pub(crate) fn of(patch: &Value) -> Self {
        match patch.get("parent_id") {
            None => Self::Kept,
            Some(Value::Null) => Self::None,
            Some(id) => {
                let id = id.as_str().and_then(|id| id.parse().ok());
                id.map_or(Self::Kept, Self::Is)
            }
        }
    }
}

impl World {
    /// The settings of a patch of which nothing comes in this channel or thread.
    pub(crate) fn lost_settings(&self, id: ChannelId, patch: &Value) -> Vec<&'static str> {
        let found = self.channels.get(&id);
        let is_thread = found.is_some_and(|found| found.thread.is_some());
        let others: &[&str] = if is_thread { &OF_CHANNELS } else { &OF_THREADS };
        let given = |name: &&&'static str| patch.get(**name).is_some();
        others.iter().filter(given).copied().collect()
    }

    /// Renames, archives, locks, moves … as "Modify Channel" says.
    pub(crate) fn patch_channel(
        &mut self,
        id: ChannelId,
        patch: &ChannelPatch,
        category: Category,
        by: UserId,
    ) -> Result<(), ApiError> {
        self.check_patch(id, patch, category)?;
        let now = self.now_ms();
        let channel = self.channels.get_mut(&id).ok_or(ApiError::UnknownChannel)?;
        let name = patch.name.as_ref();
        let renamed = name.filter(|name| **name != channel.name).cloned();
        if let Some(name) = &renamed {
            channel.name.clone_from(name);
        }
        channel.slowmode = patch.rate_limit_per_user.unwrap_or(channel.slowmode);
        channel.flags = patch.flags.unwrap_or(channel.flags);
        if let Some(thread) = &mut channel.thread {
            if let Some(archived) = patch.archived {
                thread.set_archived(archived, now);
            }
            thread.locked = patch.locked.unwrap_or(thread.locked);
            thread.invitable = patch.invitable.unwrap_or(thread.invitable);
            thread.auto_archive = patch.auto_archive_duration.unwrap_or(thread.auto_archive);
            if let Some(tags) = &patch.applied_tags {
                thread.tags.clone_from(tags);
            }
        } else {
            if let Some(topic) = &patch.topic {
                channel.topic = Some(topic.clone());
            }
            if let Some(tags) = &patch.available_tags {
                channel.tags.clone_from(tags);
            }
            channel.nsfw = patch.nsfw.unwrap_or(channel.nsfw);
            let position = patch.position.and_then(|position| position.try_into().ok());
            channel.position = position.unwrap_or(channel.position);
            let kind = patch.kind.and_then(ChannelKind::of_guild_channel);
            channel.kind = kind.unwrap_or(channel.kind);
            match category {
                Category::Kept => {}
                Category::None => channel.parent = None,
                Category::Is(parent) => channel.parent = Some(parent),
            }
            channel.defaults.extend(defaults(patch));
        }
        let is_thread = channel.thread.is_some();
        let kind = if is_thread {
            EventKind::ThreadUpdate
        } else {
            EventKind::ChannelUpdate
        };
        self.channel_event(id, kind, "changed");
        if let Some(name) = renamed.filter(|_| is_thread) {
            self.post_system(id, by, MessageKind::Renamed, &name);
        }
        Ok(())
    }

    fn check_patch(
        &self,
        id: ChannelId,
        patch: &ChannelPatch,
        category: Category,
    ) -> Result<(), ApiError> {
        let channel = self.channels.get(&id).ok_or(ApiError::UnknownChannel)?;
        if let Some(name) = &patch.name {
            check_channel_name(name)?;
        }
        if let Some(minutes) = patch.auto_archive_duration {
            check_auto_archive("auto_archive_duration", minutes)?;
        }
        if let Some(minutes) = patch.default_auto_archive_duration {
            check_auto_archive("default_auto_archive_duration", minutes)?;
        }
        // Only text and announcement channels become each other.
        let convertible = |kind| matches!(kind, ChannelKind::Text | ChannelKind::Announcement);
        let wanted = patch.kind.map(ChannelKind::of_guild_channel);
        let stays = wanted.is_none_or(|kind| kind == Some(channel.kind));
        let becomes = wanted.flatten().is_some_and(convertible) && convertible(channel.kind);
        if channel.thread.is_none() && !stays && !becomes {
            let message = "Value must be one of (0, 5).";
            return Err(ApiError::field("type", "BASE_TYPE_CHOICES", message));
        }
        if let Category::Is(parent) = category
            && channel.thread.is_none()
        {
            let found = self.channels.get(&parent);
            let found = found.filter(|found| found.guild == channel.guild);
            let (code, message) = match found.map(|found| found.kind) {
                Some(ChannelKind::Category) => return Ok(()),
                Some(_) => ("CHANNEL_PARENT_INVALID_TYPE", "Not a category"),
                None => ("CHANNEL_PARENT_INVALID", "Category does not exist"),
            };
            return Err(ApiError::field("parent_id", code, message));
        }
        Ok(())
    }
}

/// What a patch sets for threads to come.
fn defaults(patch: &ChannelPatch) -> Map<String, Value> {
    let given = drop_nulls(json!({
        "default_auto_archive_duration": patch.default_auto_archive_duration,
        "default_thread_rate_limit_per_user": patch.default_thread_rate_limit_per_user,
        "default_reaction_emoji": patch.default_reaction_emoji,
        "default_sort_order": patch.default_sort_order,
        "default_forum_layout": patch.default_forum_layout,
    }));
    if let Value::Object(given) = given {
        given
    } else {
        Map::new()
    }
}
