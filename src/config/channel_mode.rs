//! `[channel_mode]`: conversations that have a whole channel.

use super::{section::Section, values};

/// The most messages that are looked at (Discord: resources/channel#get-channel-messages).
const PAGE: usize = 100;

/// `[channel_mode]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMode {
    /// Whether only owners may speak to the agent of a channel.
    pub owner_only: bool,
    /// How many messages before a request are looked at for context; 0 for none.
    pub history: u8,
    /// Whether the context holds messages that do not speak to the bot.
    pub include_bystanders: bool,
}

impl ChannelMode {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let owner_only = section.or("owner_only", true, values::yes_or_no);
        let history = section.or("history", 10, values::count(0..=PAGE));
        let include_bystanders = section.or("include_bystanders", false, values::yes_or_no);
        section.finish();
        Some(Self {
            owner_only: owner_only?,
            history: u8::try_from(history?).unwrap_or(u8::MAX),
            include_bystanders: include_bystanders?,
        })
    }
}
