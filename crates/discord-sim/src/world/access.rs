//! Whether a request reaches what it asks for.

use crate::error::ApiError;
use crate::ids::{ChannelId, GuildId, MessageId, UserId};
use crate::permission::Permission;

use super::{Channel, Guild, Message, World};

impl World {
    /// The channel, if the bot can see it and has all of `needs` there.
    pub(crate) fn for_bot(
        &self,
        channel: ChannelId,
        needs: &[Permission],
    ) -> Result<&Channel, ApiError> {
        self.for_user(self.bot, channel, needs)
    }

    /// The channel, if a user can see it and has all of `needs` there.
    pub(crate) fn for_user(
        &self,
        user: UserId,
        channel: ChannelId,
        needs: &[Permission],
    ) -> Result<&Channel, ApiError> {
        let found = self
            .channels
            .get(&channel)
            .ok_or(ApiError::UnknownChannel)?;
        let held = self.permissions(user, channel);
        if !held.contains(Permission::ViewChannel) {
            return Err(ApiError::MissingAccess);
        }
        if needs.iter().any(|need| !held.contains(*need)) {
            return Err(ApiError::MissingPermissions);
        }
        Ok(found)
    }

    /// The guild, if the bot is in it and has all of `needs` there.
    pub(crate) fn guild_for_bot(
        &self,
        guild: GuildId,
        needs: &[Permission],
    ) -> Result<&Guild, ApiError> {
        let found = self.guilds.get(&guild).ok_or(ApiError::UnknownGuild)?;
        if !found.members.contains_key(&self.bot) {
            return Err(ApiError::MissingAccess);
        }
        let held = self.guild_permissions(self.bot, guild);
        if needs.iter().any(|need| !held.contains(*need)) {
            return Err(ApiError::MissingPermissions);
        }
        Ok(found)
    }

    /// The permission that posting in this channel takes.
    pub(crate) fn send_permission(&self, channel: ChannelId) -> Permission {
        match self
            .channels
            .get(&channel)
            .and_then(|channel| channel.thread.as_ref())
        {
            Some(_) => Permission::SendMessagesInThreads,
            None => Permission::SendMessages,
        }
    }

    /// A message that normal routes can reach: messages for one person's eyes cannot.
    pub(crate) fn message(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<&Message, ApiError> {
        self.any_message(channel, message)
            .filter(|found| found.only_for.is_none())
            .ok_or(ApiError::UnknownMessage)
    }

    /// Any stored message.
    pub(crate) fn any_message(&self, channel: ChannelId, message: MessageId) -> Option<&Message> {
        self.channels.get(&channel)?.messages.get(&message)
    }

    pub(super) fn message_mut(
        &mut self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<&mut Message, ApiError> {
        self.channels
            .get_mut(&channel)
            .and_then(|channel| channel.messages.get_mut(&message))
            .ok_or(ApiError::UnknownMessage)
    }

    /// Refuses what cannot be done in an archived thread.
    pub(crate) fn not_archived(&self, channel: ChannelId) -> Result<(), ApiError> {
        let thread = self
            .channels
            .get(&channel)
            .and_then(|channel| channel.thread.as_ref());
        if thread.is_some_and(|thread| thread.archived) {
            return Err(ApiError::ArchivedThread);
        }
        Ok(())
    }
}
