//! The permissions that the simulator knows, with Discord's bits (Discord: topics/permissions).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A permission of the bot that a test can take away in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Permission {
    /// Add a reaction that nobody else has added yet.
    AddReactions,
    /// See the channel at all.
    ViewChannel,
    /// Post in the channel.
    SendMessages,
    /// Delete messages of others.
    ManageMessages,
    /// Links show a preview.
    EmbedLinks,
    /// Upload files.
    AttachFiles,
    /// Read messages that were there before.
    ReadMessageHistory,
    /// Ping `@everyone` and roles that are not mentionable.
    MentionEveryone,
    /// Change and delete channels.
    ManageChannels,
    /// Archive, rename and delete threads.
    ManageThreads,
    /// Start public threads.
    CreatePublicThreads,
    /// Start private threads.
    CreatePrivateThreads,
    /// Post in threads.
    SendMessagesInThreads,
    /// Use application commands.
    UseApplicationCommands,
}

impl Permission {
    /// Every permission the simulator knows; the bot has all of them unless a test denies one.
    pub const ALL: [Self; 14] = [
        Self::AddReactions,
        Self::ViewChannel,
        Self::SendMessages,
        Self::ManageMessages,
        Self::EmbedLinks,
        Self::AttachFiles,
        Self::ReadMessageHistory,
        Self::MentionEveryone,
        Self::ManageChannels,
        Self::ManageThreads,
        Self::CreatePublicThreads,
        Self::CreatePrivateThreads,
        Self::SendMessagesInThreads,
        Self::UseApplicationCommands,
    ];

    /// The bit in Discord's permission numbers.
    pub const fn bit(self) -> u64 {
        match self {
            Self::ManageChannels => 1 << 4,
            Self::AddReactions => 1 << 6,
            Self::ViewChannel => 1 << 10,
            Self::SendMessages => 1 << 11,
            Self::ManageMessages => 1 << 13,
            Self::EmbedLinks => 1 << 14,
            Self::AttachFiles => 1 << 15,
            Self::ReadMessageHistory => 1 << 16,
            Self::MentionEveryone => 1 << 17,
            Self::UseApplicationCommands => 1 << 31,
            Self::ManageThreads => 1 << 34,
            Self::CreatePublicThreads => 1 << 35,
            Self::CreatePrivateThreads => 1 << 36,
            Self::SendMessagesInThreads => 1 << 38,
        }
    }
}

/// The bits of a set of permissions.
pub(crate) fn bits(set: &BTreeSet<Permission>) -> u64 {
    set.iter().fold(0, |sum, permission| sum | permission.bit())
}

/// The bits of all permissions that are not in `denied`.
pub(crate) fn bits_without(denied: &BTreeSet<Permission>) -> u64 {
    Permission::ALL.iter().fold(0, |sum, p| sum | p.bit()) & !bits(denied)
}
