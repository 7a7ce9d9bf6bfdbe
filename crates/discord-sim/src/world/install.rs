//! For whom the bot's application is installed: for a guild, by the bot's being in it, and for people, who
//! take it with them wherever they are (Discord: resources/application, "Installation Context").

use crate::ids::{ChannelId, UserId};

use super::{Command, World};

/// On whose behalf an interaction comes (Discord: interactions/receiving-and-responding, "Authorizing
/// Integration Owners Object").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    /// The guild's, or, in a direct message with the bot, nobody's but the bot's.
    Guild,
    /// Of its person alone.
    User,
    /// Of both.
    Both,
}

impl Owners {
    /// Whether the bot has nothing here but this interaction.
    pub(crate) const fn is_user_alone(self) -> bool {
        matches!(self, Self::User)
    }
}

impl World {
    /// Somebody installs the application for himself.
    pub(crate) fn install_for(&mut self, user: UserId) {
        self.installed_for.insert(user);
    }

    /// On whose behalf somebody would use a command in a place; `None` where it is offered to nobody.
    pub(super) fn owners_of(
        &self,
        command: &Command,
        user: UserId,
        channel: ChannelId,
    ) -> Option<Owners> {
        let of_guild = command.is_installed_in(0) && self.is_bot_in(channel);
        let of_user = command.is_installed_in(1) && self.installed_for.contains(&user);
        match (of_guild, of_user) {
            (true, false) => Some(Owners::Guild),
            (false, true) => Some(Owners::User),
            (true, true) => Some(Owners::Both),
            (false, false) => None,
        }
    }

    /// Whether the bot is where this channel is; in its direct messages it always is.
    pub(super) fn is_bot_in(&self, channel: ChannelId) -> bool {
        let guild = self.channels.get(&channel).and_then(|found| found.guild);
        guild.is_none_or(|guild| {
            let found = self.guilds.get(&guild);
            found.is_some_and(|found| found.members.contains_key(&self.bot))
        })
    }
}
