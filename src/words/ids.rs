//! Ids as types of their own, so that a channel cannot be passed where a message belongs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Defines ids that Discord gives: snowflakes, 63 bits of an unsigned number.
macro_rules! snowflakes {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Wraps the number as Discord gave it.
            pub const fn new(raw: u64) -> Self {
                Self(raw)
            }

            /// The number as Discord gave it.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

snowflakes! {
    /// A Discord server ("guild").
    GuildId,
    /// A channel or a thread: Discord gives both ids of one kind.
    ChannelId,
    /// A message. A thread that was started from a message has the message's id.
    MessageId,
    /// A person or a bot.
    UserId,
    /// A role of a guild.
    RoleId,
}

/// Discord counts from the first second of 2015 (Discord: reference#snowflakes).
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

impl MessageId {
    /// The thread that is started from this message has the same number
    /// (Discord: topics/threads).
    pub const fn thread(self) -> ChannelId {
        ChannelId(self.0)
    }

    /// The smallest id that a message of this moment can have: for asking what came after it.
    pub fn at(moment: crate::clock::Millis) -> Self {
        let since = moment.get().saturating_sub(DISCORD_EPOCH_MS).max(0);
        Self(u64::try_from(since).unwrap_or(0) << 22)
    }

    /// When Discord made the message, in milliseconds since the epoch
    /// (Discord: reference#snowflakes, the upper 42 bits).
    pub const fn created_ms(self) -> i64 {
        #[expect(clippy::cast_possible_wrap, reason = "42 bits fit in an i64")]
        let since = (self.0 >> 22) as i64;
        DISCORD_EPOCH_MS + since
    }
}

impl RoleId {
    /// Whether it is `@everyone`, which has the number of its server. Discord counts it among nobody's
    /// roles (Discord: topics/permissions#role-object), so that a membership of it would never hold.
    pub const fn is_everybodys(self, guild: GuildId) -> bool {
        self.0 == guild.0
    }
}

/// Defines ids that Baton gives: UUIDv7, so that they sort by the time they were made.
macro_rules! own_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later than every one this process made before.
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps an id that was stored.
            pub const fn from_uuid(raw: Uuid) -> Self {
                Self(raw)
            }

            /// The bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The last eight hex digits: enough for a person to name one thing among recent ones.
            pub fn short(self) -> String {
                let text = self.0.simple().to_string();
                text[text.len() - 8..].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

own_ids! {
    /// A question to a person about a tool call.
    ApprovalId,
    /// What a person has allowed for longer than once.
    GrantId,
    /// A conversation of one agent at one place.
    SessionId,
    /// A person's accepted message or command.
    RequestId,
    /// One turn of a session.
    RunId,
    /// One runner process and the journal it keeps.
    RunnerId,
    /// One thing that Discord must get.
    DeliveryId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snowflake_tells_when_it_was_made() {
        // The example of Discord's own documentation.
        let id = MessageId::new(175_928_847_299_117_063);
        assert_eq!(id.created_ms(), 1_462_015_105_796);
        let first = MessageId::at(crate::clock::Millis::new(1_462_015_105_796));
        assert!(first <= id);
        assert_eq!(first.created_ms(), id.created_ms());
    }

    #[test]
    fn own_ids_sort_in_the_order_they_were_made() {
        let ids: Vec<RunId> = (0..1000).map(|_| RunId::fresh()).collect();
        let mut sorted = ids.clone();
        sorted.sort();
        assert_eq!(ids, sorted);
    }

    #[test]
    fn a_short_id_is_the_random_end() {
        let id: SessionId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(id.short(), "099a8057");
    }
}
