//! Who may use the bot's commands.

use crate::error::ApiError;
use crate::ids::{ChannelId, CommandId, GuildId};
use crate::language::actor::must;
use crate::world::{CommandSubject, Verdict, World};

use super::Sim;

impl Sim {
    /// Somebody who runs the guild lets a role, a member or a channel use a command of the bot, by its name.
    ///
    /// # Panics
    ///
    /// When the bot has registered no such command.
    pub fn allow_command(&self, name: &str, subject: impl Into<CommandSubject>) {
        self.rule(Some(name), subject.into(), Some(Verdict::Allowed));
    }

    /// The same, who forbids it.
    ///
    /// # Panics
    ///
    /// When the bot has registered no such command.
    pub fn forbid_command(&self, name: &str, subject: impl Into<CommandSubject>) {
        self.rule(Some(name), subject.into(), Some(Verdict::Forbidden));
    }

    /// The same, who takes back what was set.
    ///
    /// # Panics
    ///
    /// When the bot has registered no such command.
    pub fn forget_command_rule(&self, name: &str, subject: impl Into<CommandSubject>) {
        self.rule(Some(name), subject.into(), None);
    }

    /// Somebody who runs the guild forbids all commands of the bot for which nothing else is set.
    pub fn forbid_commands(&self, subject: impl Into<CommandSubject>) {
        self.rule(None, subject.into(), Some(Verdict::Forbidden));
    }

    /// What stands for all channels of a guild where a channel is asked for.
    pub const fn all_channels_of(guild: GuildId) -> ChannelId {
        World::all_channels(guild)
    }

    fn rule(&self, name: Option<&str>, subject: CommandSubject, verdict: Option<Verdict>) {
        let set = self.shared.act(|core| {
            let world = &mut core.world;
            let command = match name {
                None => world.all_commands(),
                Some(name) => named(world, name).ok_or(ApiError::UnknownCommand)?,
            };
            world.set_command_rule(world.home, command, subject, verdict)
        });
        must("say who may use the command", set);
    }
}

fn named(world: &World, name: &str) -> Option<CommandId> {
    let mut commands = world.commands.values();
    let found = commands.find(|command| command.body.name == name)?;
    Some(found.id)
}
