//! What Discord's client offers to a person, and why it offers nothing.

use serde_json::json;
use thiserror::Error;

use crate::ids::{ChannelId, InteractionId, MessageId, UserId};
use crate::permission::{Permission, Permissions};
use crate::wire;
use crate::world::{Command, CommandScope, World};

use super::{InteractionKind, Resolver};

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

impl World {
    /// The commands of a kind that a person can use in a place: those of the guild before global
    /// ones (Discord: interactions/application-commands, "Contexts", "Permissions").
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
        let offered =
            offered
                .filter(|command| command.kind() == kind)
                .filter(|command| match place.guild {
                    Some(_) => command.is_in_context(0) && permitted(command, held),
                    None => command.is_in_context(1),
                });
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
            "name": name,
            "type": 2,
            "target_id": target,
            "resolved": resolver.resolved,
        });
        Ok(self.open_interaction(user, channel, InteractionKind::Menu, name, data))
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
            "name": name,
            "type": 3,
            "target_id": target,
            "resolved": {"messages": {target.to_string(): wire::message(self, found)}},
        });
        Ok(self.open_interaction(user, channel, InteractionKind::Menu, name, data))
    }

    fn menu_command(
        &self,
        user: UserId,
        channel: ChannelId,
        name: &str,
        kind: u8,
    ) -> Result<Command, SlashError> {
        let offered = self.commands_offered(user, channel, kind)?;
        let found = offered.iter().find(|command| command.body.name == name);
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

/// Whether a member with these permissions may use a command: `"0"` is for administrators.
fn permitted(command: &Command, held: Permissions) -> bool {
    let Some(needed) = command.default_permissions() else {
        return true;
    };
    let all_held = needed.without(held).is_empty() && !needed.is_empty();
    held.contains(Permission::Administrator) || all_held
}
