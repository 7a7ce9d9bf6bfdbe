//! Discord's permissions and sets of them, with Discord's bits (Discord: topics/permissions).

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident $bit:literal;)*) => {
        /// One thing that a member may or may not do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Permission { $($(#[$doc])* $name),* }

        impl Permission {
            /// Every permission that the simulator knows.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The bit in Discord's permission numbers.
            pub const fn bit(self) -> u64 {
                match self { $(Self::$name => 1 << $bit),* }
            }
        }
    };
}

permissions! {
    /// Invite people.
    CreateInstantInvite 0;
    /// Throw members out.
    KickMembers 1;
    /// Ban members.
    BanMembers 2;
    /// Everything, whatever channels say.
    Administrator 3;
    /// Make, change and delete channels.
    ManageChannels 4;
    /// Change the guild.
    ManageGuild 5;
    /// Add a reaction that nobody else has added yet.
    AddReactions 6;
    /// Read the audit log.
    ViewAuditLog 7;
    /// See the channel at all.
    ViewChannel 10;
    /// Post in the channel.
    SendMessages 11;
    /// Send messages that are read aloud.
    SendTtsMessages 12;
    /// Delete messages of others, and remove their reactions.
    ManageMessages 13;
    /// Links show a preview, and embeds are shown.
    EmbedLinks 14;
    /// Upload files.
    AttachFiles 15;
    /// Read messages that were there before.
    ReadMessageHistory 16;
    /// Ping `@everyone` and roles that are not mentionable.
    MentionEveryone 17;
    /// Use emoji of other guilds.
    UseExternalEmojis 18;
    /// Change one's own nickname.
    ChangeNickname 26;
    /// Change the nicknames of others.
    ManageNicknames 27;
    /// Make, change and give roles below one's own.
    ManageRoles 28;
    /// Make, change and use webhooks.
    ManageWebhooks 29;
    /// Use application commands.
    UseApplicationCommands 31;
    /// Archive, rename, lock and delete threads, and see all private ones.
    ManageThreads 34;
    /// Start public threads.
    CreatePublicThreads 35;
    /// Start private threads.
    CreatePrivateThreads 36;
    /// Use stickers of other guilds.
    UseExternalStickers 37;
    /// Post in threads.
    SendMessagesInThreads 38;
    /// Silence members for a while.
    ModerateMembers 40;
    /// Send polls.
    SendPolls 49;
    /// Use apps that only the person has installed, visibly for all.
    UseExternalApps 50;
    /// Pin and unpin messages.
    PinMessages 51;
}

/// A set of permissions; in JSON a decimal string, as Discord writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Everything that the simulator knows, with [`Permission::Administrator`].
    pub const ALL: Self = {
        let mut bits = 0;
        let mut index = 0;
        while index < Permission::ALL.len() {
            bits |= Permission::ALL[index].bit();
            index += 1;
        }
        Self(bits)
    };

    /// A set from Discord's number. Bits that the simulator does not know stay in it.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Discord's number.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// A set from a list.
    pub const fn of(list: &[Permission]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < list.len() {
            bits |= list[index].bit();
            index += 1;
        }
        Self(bits)
    }

    /// Whether this permission is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn without(self, less: Self) -> Self {
        Self(self.0 & !less.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl From<Permission> for Permissions {
    fn from(permission: Permission) -> Self {
        Self(permission.bit())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(list: I) -> Self {
        list.into_iter()
            .fold(Self::NONE, |sum, permission| sum.with(permission.into()))
    }
}

impl<const N: usize> From<[Permission; N]> for Permissions {
    fn from(list: [Permission; N]) -> Self {
        list.into_iter().collect()
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BitsVisitor)
    }
}

/// Discord documents strings and still takes numbers.
struct BitsVisitor;

impl Visitor<'_> for BitsVisitor {
    type Value = Permissions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of permission bits")
    }

    fn visit_u64<E: de::Error>(self, bits: u64) -> Result<Permissions, E> {
        Ok(Permissions(bits))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Permissions, E> {
        text.parse()
            .map(Permissions)
            .map_err(|_| E::custom(format_args!("Value \"{text}\" is not int.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_decimal_strings_in_json_and_numbers_are_understood() {
        let set = Permissions::from([Permission::ViewChannel, Permission::PinMessages]);
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text, "\"2251799813686272\"");
        for written in [text.as_str(), "2251799813686272"] {
            assert_eq!(serde_json::from_str::<Permissions>(written).unwrap(), set);
        }
        assert!(serde_json::from_str::<Permissions>("\"x\"").is_err());
    }

    #[test]
    fn no_two_permissions_share_a_bit() {
        let together: u32 = Permission::ALL.iter().map(|p| p.bit().count_ones()).sum();
        assert_eq!(Permissions::ALL.bits().count_ones(), together);
    }
}
