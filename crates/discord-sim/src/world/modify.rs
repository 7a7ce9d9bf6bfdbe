//! "Modify Channel" (Discord: resources/channel).

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::body::{Change, ChannelPatch};
use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{ChannelId, GuildId, UserId};

use super::thread::check_auto_archive;
use super::{Channel, ChannelKind, MessageKind, World, check_channel_name};

/// What only forums have.
const OF_FORUMS: [&str; 4] = [
    "available_tags",
    "default_reaction_emoji",
    "default_sort_order",
    "default_forum_layout",
];

/// What headings do not have.
const NOT_OF_CATEGORIES: [&str; 5] = [
    "topic",
    "nsfw",
    "rate_limit_per_user",
    "default_auto_archive_duration",
    "default_thread_rate_limit_per_user",
];

/// The feature of a guild that has announcement channels (Discord: resources/guild, "Guild Features").
const NEWS: &str = "NEWS";

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

impl World {
    /// The settings of a patch of which nothing comes in this channel or thread.
    pub(crate) fn lost_settings(&self, id: ChannelId, patch: &Value) -> Vec<&'static str> {
        let Some(found) = self.channels.get(&id) else {
            return Vec::new();
        };
        let mut others: Vec<&str> = Vec::new();
        if found.thread.is_some() {
            others.extend(OF_CHANNELS);
        } else {
            others.extend(OF_THREADS);
            if found.kind != ChannelKind::Forum {
                others.extend(OF_FORUMS);
            }
            if found.kind == ChannelKind::Category {
                others.extend(NOT_OF_CATEGORIES);
            }
        }
        others.retain(|name| patch.get(*name).is_some());
        others
    }

    /// Renames, archives, locks, moves … as "Modify Channel" says.
    pub(crate) fn patch_channel(
        &mut self,
        id: ChannelId,
        patch: &ChannelPatch,
        by: UserId,
    ) -> Result<(), ApiError> {
        self.check_patch(id, patch)?;
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
            if channel.kind != ChannelKind::Category {
                patch.topic.apply(&mut channel.topic);
                channel.nsfw = patch.nsfw.unwrap_or(channel.nsfw);
            }
            let tags = patch.available_tags.as_ref();
            if let Some(tags) = tags.filter(|_| channel.kind == ChannelKind::Forum) {
                channel.tags.clone_from(tags);
            }
            let position = patch.position.and_then(|position| position.try_into().ok());
            channel.position = position.unwrap_or(channel.position);
            let kind = patch.kind.and_then(ChannelKind::of_guild_channel);
            channel.kind = kind.unwrap_or(channel.kind);
            patch.parent_id.apply(&mut channel.parent);
            set_defaults(patch, channel.kind, &mut channel.defaults);
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

    fn check_patch(&self, id: ChannelId, patch: &ChannelPatch) -> Result<(), ApiError> {
        let channel = self.channels.get(&id).ok_or(ApiError::UnknownChannel)?;
        if let Some(name) = &patch.name {
            check_channel_name(name)?;
        }
        if let Some(minutes) = patch.auto_archive_duration {
            check_auto_archive("auto_archive_duration", minutes)?;
        }
        if let Some(minutes) = patch.default_auto_archive_duration.wanted() {
            check_auto_archive("default_auto_archive_duration", *minutes)?;
        }
        if channel.thread.is_some() {
            return Ok(());
        }
        self.check_kind(channel, patch.kind)?;
        let parent = patch.parent_id.wanted();
        self.check_parent(channel.guild, channel.kind, parent.copied())
    }

    /// Only text and announcement channels become each other, and only in guilds that have news.
    fn check_kind(&self, channel: &Channel, wanted: Option<u8>) -> Result<(), ApiError> {
        let Some(number) = wanted.filter(|number| *number != channel.kind.number()) else {
            return Ok(());
        };
        let guild = channel.guild.and_then(|guild| self.guilds.get(&guild));
        let has_news = guild.is_some_and(|guild| guild.features.contains(NEWS));
        let convertible = |kind| matches!(kind, ChannelKind::Text | ChannelKind::Announcement);
        let becomes = ChannelKind::of_guild_channel(number).is_some_and(convertible);
        if becomes && convertible(channel.kind) && has_news {
            return Ok(());
        }
        let kinds = if has_news { "(0, 5)" } else { "(0,)" };
        let message = format!("Value must be one of {kinds}.");
        Err(ApiError::field("type", "BASE_TYPE_CHOICES", message))
    }

    /// What a channel stands below is a category of its guild; a category stands below nothing.
    pub(crate) fn check_parent(
        &self,
        guild: Option<GuildId>,
        kind: ChannelKind,
        parent: Option<ChannelId>,
    ) -> Result<(), ApiError> {
        let Some(parent) = parent else {
            return Ok(());
        };
        let found = self.channels.get(&parent);
        let found = found.filter(|found| found.guild == guild);
        let (code, message) = match found.map(|found| found.kind) {
            _ if kind == ChannelKind::Category => (
                "CHANNEL_PARENT_INVALID_TYPE",
                "Categories cannot have parent channels",
            ),
            Some(ChannelKind::Category) => return Ok(()),
            Some(_) => ("CHANNEL_PARENT_INVALID_TYPE", "Not a category"),
            None => ("CHANNEL_PARENT_INVALID", "Category does not exist"),
        };
        Err(ApiError::field("parent_id", code, message))
    }
}

/// Sets what a patch says of threads to come, as far as such a channel has it.
fn set_defaults(patch: &ChannelPatch, kind: ChannelKind, defaults: &mut Map<String, Value>) {
    if kind == ChannelKind::Category {
        return;
    }
    set(
        defaults,
        "default_auto_archive_duration",
        &patch.default_auto_archive_duration,
    );
    set(
        defaults,
        "default_thread_rate_limit_per_user",
        &patch.default_thread_rate_limit_per_user,
    );
    if kind == ChannelKind::Forum {
        set(
            defaults,
            "default_reaction_emoji",
            &patch.default_reaction_emoji,
        );
        set(defaults, "default_sort_order", &patch.default_sort_order);
        set(
            defaults,
            "default_forum_layout",
            &patch.default_forum_layout,
        );
    }
}

fn set<T: Serialize>(defaults: &mut Map<String, Value>, name: &str, change: &Change<T>) {
    match change {
        Change::Kept => {}
        Change::Cleared => {
            defaults.remove(name);
        }
        Change::To(value) => {
            defaults.insert(name.to_owned(), json!(value));
        }
    }
}
