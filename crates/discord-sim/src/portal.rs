//! What the owner of the bot has switched on in the developer portal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// An intent that has to be switched on in the portal before IDENTIFY may ask for it
/// (Discord: events/gateway, "Privileged Intents").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalIntent {
    /// Who is online.
    Presences,
    /// Who joins, changes and leaves.
    GuildMembers,
    /// What people write.
    MessageContent,
}

impl PortalIntent {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Presences, Self::GuildMembers, Self::MessageContent];

    /// The application flag of a bot in fewer than 100 guilds (Discord: resources/application,
    /// "Application Flags", the ones that end in LIMITED).
    pub(crate) const fn flag(self) -> u64 {
        match self {
            Self::Presences => 1 << 13,
            Self::GuildMembers => 1 << 15,
            Self::MessageContent => 1 << 19,
        }
    }

    /// The bit in IDENTIFY (Discord: events/gateway, "List of Intents").
    pub(crate) const fn bit(self) -> u64 {
        match self {
            Self::Presences => 1 << 8,
            Self::GuildMembers => 1 << 1,
            Self::MessageContent => 1 << 15,
        }
    }
}

/// The application flags of what is switched on.
pub(crate) fn flags(granted: &BTreeSet<PortalIntent>) -> u64 {
    granted
        .iter()
        .fold(0, |flags, intent| flags | intent.flag())
}

/// Whether IDENTIFY may ask for these intents.
pub(crate) fn allows(granted: &BTreeSet<PortalIntent>, intents: u64) -> bool {
    PortalIntent::ALL
        .iter()
        .all(|intent| intents & intent.bit() == 0 || granted.contains(intent))
}
