//! What Discord's client offers to a person, and why it offers nothing.

use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::ids::{ChannelId, InteractionId, MessageId, UserId};
use crate::permission::Permission;
use crate::wire;
use crate::world::{Command, CommandScope, Owners, World};

use super::{Ack, Interaction, InteractionKind, Opened, Resolver};

/// Why a person cannot do this: Discord's client would not have offered it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SlashError {
    /// The bot has registered no such command.
    #[error("no command /{line} is registered; registered are: {known}")]
    NotRegistered {
        /// What was asked for.
        line: String,
        /// What there is.
        known: String,
    },
    /// The command has no such option.
    #[error("/{line} has no option {option:?}")]
    UnknownOption {
        /// The command.
        line: String,
        /// The option.
        option: String,
    },
    /// A required option is missing.
    #[error("/{line} needs the option {option:?}")]
    MissingOption {
        /// The command.
        line: String,
        /// The option.
        option: String,
    },
    /// A value does not fit the registered type.
    #[error("/{line}: the option {option:?} does not take {value}")]
    BadValue {
        /// The command.
        line: String,
        /// The option.
        option: String,
        /// The value.
        value: String,
    },
    /// There is no such channel.
    #[error("there is no channel {0}")]
    UnknownChannel(ChannelId),
    /// The person may not use commands here.
    #[error("{0} may not use commands here")]
    Forbidden(String),
    /// A message has no such component, or nobody can use it.
    #[error("there is no component {0:?} to use")]
    NoComponent(String),
    /// A modal has no such field, or a field does not take the value.
    #[error("the modal does not take {0}")]
    BadField(String),
    /// The bot has answered with no modal.
    #[error("no modal is shown")]
    NoModal,
}

/// Something that is offered to who types into an option.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// What he sees, in his language.
    pub shown: String,
    /// What the bot is told when he takes it.
    pub value: Value,
}

impl World {
    /// What the bot has offered to who types into an option.
    pub(crate) fn choices(&self, typing: &Interaction) -> Vec<Choice> {
        let Some(Ack::Choices(choices)) = &typing.ack else {
            return Vec::new();
        };
        let locale = self.locale(typing.user);
        let choices = choices.iter().map(|choice| Choice {
            shown: choice.shown(locale).to_owned(),
            value: choice.value.clone(),
        });
        choices.collect()
    }

    /// The commands of a kind that a person can use in a place: those of the guild before global ones (Discord: interactions/application-commands, "Contexts", "Permissions").
    pub(super) fn commands_offered(
        &self,
        user: UserId,
        channel: ChannelId,
        kind: u8,
    ) -> Result<Vec<&Command>, SlashError> {
        let place = self
            .channels
            .get(&channel)
            .ok_or(SlashError::UnknownChannel(channel))?;
        let held = self.permissions(user, channel);
        if !held.contains(Permission::UseApplicationCommands) {
            return Err(SlashError::Forbidden(self.user_name(user)));
        }
        let guild = place.guild.map(CommandScope::Guild);
        let scopes = guild.into_iter().chain([CommandScope::Global]);
        let offered = scopes.flat_map(|scope| self.commands_of(scope));
        let context = u8::from(place.guild.is_none());
        let offered = offered
            .filter(|command| command.kind() == kind && command.is_in_context(context))
            .filter(|command| self.owners_of(command, user, channel).is_some())
            .filter(|command| self.may_use(command, user, place, held));
        Ok(offered.collect())
    }

    /// Uses a command from a user's menu.
    pub(crate) fn use_on_user(
        &mut self,
        user: UserId,
        channel: ChannelId,
        name: &str,
        target: UserId,
    ) -> Result<InteractionId, SlashError> {
        let command = self.menu_command(user, channel, name, 2)?;
        let mut resolver = Resolver::new(self, user, channel);
        resolver
            .user(&target.to_string())
            .ok_or_else(|| SlashError::BadField(target.to_string()))?;
        let data = json!({
            "id": command.id,
            "name": command.body.name,
            "type": 2,
            "target_id": target,
            "resolved": resolver.resolved,
        });
        let opened = self.opened(&command, user, channel);
        Ok(self.open_interaction(opened, InteractionKind::Menu, &command.body.name, data))
    }

    /// Uses a command from a message's menu.
    pub(crate) fn use_on_message(
        &mut self,
        user: UserId,
        channel: ChannelId,
        name: &str,
        target: MessageId,
    ) -> Result<InteractionId, SlashError> {
        let command = self.menu_command(user, channel, name, 3)?;
        let found = self.any_message(channel, target);
        let found = found.ok_or_else(|| SlashError::BadField(target.to_string()))?;
        let data = json!({
            "id": command.id,
            "name": command.body.name,
            "type": 3,
            "target_id": target,
            "resolved": {"messages": {target.to_string(): wire::chosen_message(self, found)}},
        });
        let opened = self.opened(&command, user, channel);
        Ok(self.open_interaction(opened, InteractionKind::Menu, &command.body.name, data))
    }

    /// Where and on whose behalf somebody uses a command that he is offered.
    pub(super) fn opened(&self, command: &Command, user: UserId, channel: ChannelId) -> Opened {
        let owners = self.owners_of(command, user, channel);
        Opened {
            user,
            channel,
            owners: owners.unwrap_or(Owners::Guild),
        }
    }

    fn menu_command(
        &self,
        user: UserId,
        channel: ChannelId,
        name: &str,
        kind: u8,
    ) -> Result<Command, SlashError> {
        let locale = self.locale(user);
        let offered = self.commands_offered(user, channel, kind)?;
        let mut all = offered.iter();
        let found = all.find(|command| command.body.shown(locale) == name);
        found
            .map(|command| (*command).clone())
            .ok_or_else(|| SlashError::NotRegistered {
                line: name.to_owned(),
                known: offered
                    .iter()
                    .map(|c| c.body.name.clone())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}
