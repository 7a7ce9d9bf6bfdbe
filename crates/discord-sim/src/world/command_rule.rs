//! Who may use which command, as people have set it in a guild's settings
//! (Discord: interactions/application-commands, "Permissions").

use serde_json::json;

use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{ChannelId, CommandId, GuildId, RoleId, UserId};
use crate::permission::{Permission, Permissions};
use crate::wire;

use super::{Channel, Command, World};

/// Whom or what such a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandSubject {
    /// Everybody with a role; the role of everybody is all members.
    Role(RoleId),
    /// One member.
    User(UserId),
    /// A channel with its threads, or all of them (see [`crate::Sim::all_channels_of`]).
    Channel(ChannelId),
}

/// Whether a command may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Forbidden,
}

/// One line of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommandRule {
    pub(crate) subject: CommandSubject,
    pub(crate) verdict: Verdict,
}

impl From<RoleId> for CommandSubject {
    fn from(role: RoleId) -> Self {
        Self::Role(role)
    }
}

impl From<UserId> for CommandSubject {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl From<ChannelId> for CommandSubject {
    fn from(channel: ChannelId) -> Self {
        Self::Channel(channel)
    }
}

impl World {
    /// What stands for a command where the rules of all commands are kept that have none of their own:
    /// the application itself.
    pub(crate) const fn all_commands(&self) -> CommandId {
        CommandId::new(self.bot.get())
    }

    /// All channels of a guild in such a rule.
    pub(crate) const fn all_channels(guild: GuildId) -> ChannelId {
        ChannelId::new(guild.get() - 1)
    }

    /// Sets a rule, or takes it back.
    pub(crate) fn set_command_rule(
        &mut self,
        guild: GuildId,
        command: CommandId,
        subject: CommandSubject,
        verdict: Option<Verdict>,
    ) -> Result<(), ApiError> {
        if command != self.all_commands() && !self.commands.contains_key(&command) {
            return Err(ApiError::UnknownCommand);
        }
        let rules = self.command_rules.entry((guild, command)).or_default();
        rules.retain(|rule| rule.subject != subject);
        rules.extend(verdict.map(|verdict| CommandRule { subject, verdict }));
        let data = wire::command_rules(self, guild, command);
        self.emit_for(guild, EventKind::CommandPermissionsUpdate, data);
        Ok(())
    }

    /// The commands of a guild that have rules.
    pub(crate) fn ruled_commands(&self, guild: GuildId) -> Vec<CommandId> {
        let there = |id: &CommandId| *id == self.all_commands() || self.commands.contains_key(id);
        self.command_rules
            .iter()
            .filter(|((of, id), rules)| *of == guild && there(id) && !rules.is_empty())
            .map(|((_, id), _)| *id)
            .collect()
    }

    /// The rules of one command, or of all that have none.
    pub(crate) fn rules_of(&self, guild: GuildId, command: CommandId) -> &[CommandRule] {
        let rules = self.command_rules.get(&(guild, command));
        rules.map_or(&[], Vec::as_slice)
    }

    /// Whether a member may use a command in a place of a guild. Administrators may; then the channel
    /// decides, then whoever it is: himself, his roles, all members; and where nobody has set anything,
    /// what the command asks for.
    pub(super) fn may_use(
        &self,
        command: &Command,
        user: UserId,
        place: &Channel,
        held: Permissions,
    ) -> bool {
        let Some(guild) = place.guild else {
            return true;
        };
        if held.contains(Permission::Administrator) {
            return true;
        }
        let own = self.rules_of(guild, command.id);
        let rules = if own.is_empty() {
            self.rules_of(guild, self.all_commands())
        } else {
            own
        };
        let verdict = |subject: CommandSubject| {
            let mut rules = rules.iter();
            let rule = rules.find(|rule| rule.subject == subject)?;
            Some(rule.verdict)
        };
        let channel = place.parent.filter(|_| place.thread.is_some());
        let here = verdict(channel.unwrap_or(place.id).into())
            .or_else(|| verdict(Self::all_channels(guild).into()));
        if here == Some(Verdict::Forbidden) {
            return false;
        }
        let member = self
            .guilds
            .get(&guild)
            .and_then(|found| found.members.get(&user));
        let of_roles: Vec<Verdict> = member
            .into_iter()
            .flat_map(|member| &member.roles)
            .filter_map(|role| verdict((*role).into()))
            .collect();
        let by_roles = of_roles
            .iter()
            .find(|verdict| **verdict == Verdict::Allowed)
            .or(of_roles.first())
            .copied();
        let everyone = RoleId::new(guild.get());
        let found = verdict(user.into())
            .or(by_roles)
            .or_else(|| verdict(everyone.into()));
        found.map_or_else(
            || command.is_for(held),
            |verdict| verdict == Verdict::Allowed,
        )
    }
}

impl CommandRule {
    /// As Discord shows it (Discord: "Application Command Permissions Structure").
    pub(crate) fn shown(self) -> serde_json::Value {
        let (kind, id) = match self.subject {
            CommandSubject::Role(role) => (1, role.get()),
            CommandSubject::User(user) => (2, user.get()),
            CommandSubject::Channel(channel) => (3, channel.get()),
        };
        let allowed = self.verdict == Verdict::Allowed;
        json!({"id": id.to_string(), "type": kind, "permission": allowed})
    }
}
