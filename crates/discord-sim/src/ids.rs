//! Snowflake ids: one newtype a kind of thing, strings in JSON, and the generator that makes them.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// Discord's epoch, the first second of 2015, in Unix milliseconds (Discord: reference, "Snowflakes").
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

macro_rules! snowflake {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Wraps a raw snowflake.
            pub const fn new(raw: u64) -> Self {
                Self(raw)
            }

            /// The raw snowflake.
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

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(SnowflakeVisitor).map(Self)
            }
        }
    )*};
}

snowflake! {
    /// A user, bots included.
    UserId;
    /// A guild ("server").
    GuildId;
    /// A channel or a thread.
    ChannelId;
    /// A message.
    MessageId;
    /// A role of a guild.
    RoleId;
    /// A role or member whose permissions a channel overwrites.
    HolderId;
    /// A tag of a forum channel.
    TagId;
    /// A stored file.
    AttachmentId;
    /// A registered application command.
    CommandId;
    /// One use of a command or component.
    InteractionId;
}

impl MessageId {
    /// When it was made, in Unix milliseconds.
    pub(crate) const fn made_ms(self) -> i64 {
        (self.0 >> 22).cast_signed() + DISCORD_EPOCH_MS
    }
}

/// Discord accepts ids as numbers too, although its documents say strings.
struct SnowflakeVisitor;

impl Visitor<'_> for SnowflakeVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a snowflake")
    }

    fn visit_u64<E: de::Error>(self, raw: u64) -> Result<u64, E> {
        Ok(raw)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        text.parse()
            .map_err(|_| E::custom(format_args!("Value \"{text}\" is not snowflake.")))
    }
}

/// Makes ids that grow strictly and carry the clock's time, as Discord's do.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes {
    last: u64,
}

impl Snowflakes {
    /// The next id at `now_ms`; the low 22 bits count ids of one millisecond.
    pub(crate) fn next(&mut self, now_ms: i64) -> u64 {
        let since = u64::try_from(now_ms.saturating_sub(DISCORD_EPOCH_MS)).unwrap_or(0);
        self.last = (self.last + 1).max(since << 22);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_stands_still() {
        let mut ids = Snowflakes::default();
        let made: Vec<u64> = (0..3).map(|_| ids.next(DISCORD_EPOCH_MS + 1)).collect();
        assert_eq!(made, [1 << 22, (1 << 22) + 1, (1 << 22) + 2]);
    }

    #[test]
    fn ids_are_strings_in_json_and_numbers_are_understood() {
        assert_eq!(serde_json::to_string(&UserId::new(7)).unwrap(), "\"7\"");
        assert_eq!(serde_json::from_str::<UserId>("7").unwrap(), UserId::new(7));
        assert_eq!(
            serde_json::from_str::<UserId>("\"7\"").unwrap(),
            UserId::new(7)
        );
        assert!(serde_json::from_str::<UserId>("\"x\"").is_err());
    }
}
