//! What the bot can see and do where.

use std::collections::BTreeSet;

use crate::error::ApiError;
use crate::ids::{ChannelId, MessageId, UserId};
use crate::permission::Permission;

use super::{Channel, Message, World};

impl World {
    /// What the bot may not do in a channel; threads inherit from their channel.
    pub(crate) fn denied_in(&self, channel: ChannelId) -> BTreeSet<Permission> {
        let mut denied = BTreeSet::new();
        let mut next = self.channels.get(&channel);
        while let Some(found) = next {
            denied.extend(&found.denied);
            next = found.parent.and_then(|parent| self.channels.get(&parent));
        }
        denied
    }

    pub(crate) fn is_hidden(&self, channel: ChannelId) -> bool {
        self.denied_in(channel).contains(&Permission::ViewChannel)
    }

    /// The channel, if the bot can see it and has all of `needs` there.
    pub(crate) fn for_bot(
        &self,
        channel: ChannelId,
        needs: &[Permission],
    ) -> Result<&Channel, ApiError> {
        let found = self
            .channels
            .get(&channel)
            .ok_or(ApiError::UnknownChannel)?;
        let denied = self.denied_in(channel);
        let member = found.guild.is_none_or(|guild| {
            self.guilds
                .get(&guild)
                .is_some_and(|guild| guild.members.contains_key(&self.bot))
        });
        if !member || denied.contains(&Permission::ViewChannel) {
            return Err(ApiError::MissingAccess);
        }
        if needs.iter().any(|need| denied.contains(need)) {
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

    /// Whether this user may ping `@everyone` and any role here.
    pub(super) fn may_ping_all(&self, user: UserId, channel: ChannelId) -> bool {
        if user == self.bot {
            return !self
                .denied_in(channel)
                .contains(&Permission::MentionEveryone);
        }
        let guild = self
            .channels
            .get(&channel)
            .and_then(|channel| channel.guild);
        guild
            .and_then(|guild| self.guilds.get(&guild))
            .is_some_and(|guild| guild.owner == user)
    }
}
