//! Reactions and typing.

use crate::error::ApiError;
use crate::gateway::{Content, EventKind};
use crate::ids::{ChannelId, MessageId, UserId};
use crate::journal::Fact;
use crate::limits;
use crate::wire;

use super::{Reaction, World};

impl World {
    /// Puts a reaction on a message; doing so twice changes nothing.
    pub(crate) fn react(
        &mut self,
        user: UserId,
        channel: ChannelId,
        id: MessageId,
        emoji: &str,
    ) -> Result<(), ApiError> {
        self.not_archived(channel)?;
        self.message(channel, id)?;
        let message = self.message_mut(channel, id)?;
        let index = message
            .reactions
            .iter()
            .position(|reaction| reaction.emoji == emoji);
        match index {
            Some(index) if message.reactions[index].users.contains(&user) => return Ok(()),
            Some(index) => message.reactions[index].users.push(user),
            None if message.reactions.len() >= limits::REACTIONS => {
                return Err(ApiError::TooManyReactions);
            }
            None => {
                message.reactions.push(Reaction {
                    emoji: emoji.to_owned(),
                    users: vec![user],
                });
            }
        }
        let emoji = emoji.to_owned();
        let data = wire::reaction_event(self, user, channel, id, &emoji);
        self.note(Fact::ReactionAdded {
            channel,
            message: id,
            user,
            emoji,
        });
        self.emit_in(channel, EventKind::MessageReactionAdd, data, Content::Open);
        Ok(())
    }

    /// Takes one user's reaction away.
    pub(crate) fn unreact(
        &mut self,
        user: UserId,
        channel: ChannelId,
        id: MessageId,
        emoji: &str,
    ) -> Result<(), ApiError> {
        self.not_archived(channel)?;
        self.message(channel, id)?;
        let message = self.message_mut(channel, id)?;
        let found = message
            .reactions
            .iter_mut()
            .find(|reaction| reaction.emoji == emoji);
        let reaction = found.ok_or(ApiError::UnknownEmoji)?;
        reaction.users.retain(|other| *other != user);
        message
            .reactions
            .retain(|reaction| !reaction.users.is_empty());
        let emoji = emoji.to_owned();
        let data = wire::reaction_event(self, user, channel, id, &emoji);
        self.note(Fact::ReactionRemoved {
            channel,
            message: id,
            user,
            emoji,
        });
        self.emit_in(
            channel,
            EventKind::MessageReactionRemove,
            data,
            Content::Open,
        );
        Ok(())
    }

    /// Takes all reactions of a message away.
    pub(crate) fn clear_reactions(
        &mut self,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<(), ApiError> {
        self.not_archived(channel)?;
        self.message(channel, id)?;
        let message = self.message_mut(channel, id)?;
        let gone = std::mem::take(&mut message.reactions);
        for reaction in gone {
            for user in reaction.users {
                let emoji = reaction.emoji.clone();
                self.note(Fact::ReactionRemoved {
                    channel,
                    message: id,
                    user,
                    emoji,
                });
            }
        }
        let guild = self
            .channels
            .get(&channel)
            .and_then(|channel| channel.guild);
        let data = wire::reactions_cleared(guild, channel, id);
        self.emit_in(
            channel,
            EventKind::MessageReactionRemoveAll,
            data,
            Content::Open,
        );
        Ok(())
    }

    /// Takes all reactions with one emoji away.
    pub(crate) fn clear_reaction(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        emoji: &str,
    ) -> Result<(), ApiError> {
        self.not_archived(channel)?;
        self.message(channel, id)?;
        let message = self.message_mut(channel, id)?;
        let index = message
            .reactions
            .iter()
            .position(|known| known.emoji == emoji);
        let gone = message
            .reactions
            .remove(index.ok_or(ApiError::UnknownEmoji)?);
        for user in gone.users {
            self.note(Fact::ReactionRemoved {
                channel,
                message: id,
                user,
                emoji: gone.emoji.clone(),
            });
        }
        let guild = self
            .channels
            .get(&channel)
            .and_then(|channel| channel.guild);
        let data = wire::reaction_cleared(guild, channel, id, emoji);
        self.emit_in(
            channel,
            EventKind::MessageReactionRemoveEmoji,
            data,
            Content::Open,
        );
        Ok(())
    }

    /// Somebody starts typing.
    pub(crate) fn typing(&mut self, user: UserId, channel: ChannelId) {
        let data = wire::typing(self, user, channel);
        self.note(Fact::Typing { channel, user });
        self.emit_in(channel, EventKind::TypingStart, data, Content::Open);
    }
}
