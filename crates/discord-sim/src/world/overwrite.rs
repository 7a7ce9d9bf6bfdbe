//! Permission overwrites of channels (Discord: resources/channel, "Overwrite Object").

use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{ChannelId, HolderId, RoleId, UserId};
use crate::permission::{Permission, Permissions};
use crate::wire;

use super::World;

/// Whose permissions an overwrite changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Everybody with this role.
    Role(RoleId),
    /// One member.
    Member(UserId),
}

impl Holder {
    /// The role's or member's id.
    pub const fn id(self) -> HolderId {
        match self {
            Self::Role(role) => HolderId::new(role.get()),
            Self::Member(user) => HolderId::new(user.get()),
        }
    }
}

impl From<RoleId> for Holder {
    fn from(role: RoleId) -> Self {
        Self::Role(role)
    }
}

impl From<UserId> for Holder {
    fn from(user: UserId) -> Self {
        Self::Member(user)
    }
}

/// What one holder may and may not do in a channel, whatever the roles say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overwrite {
    pub(crate) holder: Holder,
    pub(crate) allow: Permissions,
    pub(crate) deny: Permissions,
}

impl World {
    /// Sets what a holder may and may not do in a channel. Threads have no
    /// overwrites of their own: theirs are their channel's.
    pub(crate) fn set_overwrite(
        &mut self,
        channel: ChannelId,
        overwrite: Overwrite,
    ) -> Result<(), ApiError> {
        self.change_overwrites(channel, |all| {
            match all
                .iter_mut()
                .find(|known| known.holder == overwrite.holder)
            {
                Some(known) => *known = overwrite,
                None => all.push(overwrite),
            }
            Ok(())
        })
    }

    /// Removes the overwrite of a holder.
    pub(crate) fn remove_overwrite(
        &mut self,
        channel: ChannelId,
        holder: Holder,
    ) -> Result<(), ApiError> {
        self.change_overwrites(channel, |all| {
            let before = all.len();
            all.retain(|known| known.holder != holder);
            if all.len() == before {
                return Err(ApiError::UnknownOverwrite);
            }
            Ok(())
        })
    }

    /// Replaces all overwrites of a channel, as "Modify Channel" does.
    pub(crate) fn replace_overwrites(
        &mut self,
        channel: ChannelId,
        all: Vec<Overwrite>,
    ) -> Result<(), ApiError> {
        self.change_overwrites(channel, |known| {
            *known = all;
            Ok(())
        })
    }

    /// Takes permissions of the bot away in a channel and its threads; an empty set gives all back.
    pub(crate) fn deny_bot(
        &mut self,
        channel: ChannelId,
        deny: Permissions,
    ) -> Result<(), ApiError> {
        let holder = Holder::Member(self.bot);
        if deny.is_empty() {
            match self.remove_overwrite(channel, holder) {
                // Nothing was denied: nothing to give back.
                Err(ApiError::UnknownOverwrite) => Ok(()),
                result => result,
            }
        } else {
            let allow = Permissions::NONE;
            self.set_overwrite(
                channel,
                Overwrite {
                    holder,
                    allow,
                    deny,
                },
            )
        }
    }

    /// Changes the overwrites that count in a channel and tells what follows from it.
    fn change_overwrites(
        &mut self,
        channel: ChannelId,
        change: impl FnOnce(&mut Vec<Overwrite>) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let place = self.overwritten(channel)?;
        let before = self.permissions(self.bot, place);
        let found = self
            .channels
            .get_mut(&place)
            .ok_or(ApiError::UnknownChannel)?;
        change(&mut found.overwrites)?;
        self.channel_event(place, EventKind::ChannelUpdate, "permissions changed");
        self.sync_threads(place, before);
        Ok(())
    }

    /// Tells the threads of a channel that the bot can see only now (Discord: topics/threads,
    /// "Gaining Access").
    fn sync_threads(&mut self, channel: ChannelId, before: Permissions) {
        let gained = !before.contains(Permission::ViewChannel)
            && self.can(self.bot, channel, Permission::ViewChannel);
        let guild = self.channels.get(&channel).and_then(|found| found.guild);
        if let Some(guild) = guild.filter(|_| gained) {
            let data = wire::thread_list_sync(self, guild, channel);
            self.emit_for(guild, EventKind::ThreadListSync, data);
        }
    }

    /// The channel whose overwrites count here.
    fn overwritten(&self, channel: ChannelId) -> Result<ChannelId, ApiError> {
        let found = self
            .channels
            .get(&channel)
            .ok_or(ApiError::UnknownChannel)?;
        match found.parent.filter(|_| found.thread.is_some()) {
            Some(parent) => Ok(parent),
            None if found.guild.is_none() => Err(ApiError::WrongChannelType),
            None => Ok(channel),
        }
    }
}
