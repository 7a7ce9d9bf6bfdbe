//! The registry of application commands.

use crate::body::CommandBody;
use crate::error::ApiError;
use crate::ids::{CommandId, GuildId};
use crate::journal::Fact;
use crate::limits;
use crate::permission::{Permission, Permissions};

use super::World;
use super::check::{check_command, check_list, most};

/// Where a command is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandScope {
    Global,
    Guild(GuildId),
}

/// A registered command.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) id: CommandId,
    pub(crate) scope: CommandScope,
    pub(crate) body: CommandBody,
    /// Grows with every change.
    pub(crate) version: u64,
}

impl Command {
    /// Discord's command type: 1 slash, 2 user, 3 message.
    pub(crate) fn kind(&self) -> u8 {
        self.body.kind.unwrap_or(1)
    }

    /// Whether it is offered in guilds (0) or in the DM with the bot (1).
    pub(crate) fn is_in_context(&self, context: u8) -> bool {
        match (&self.body.contexts, context) {
            (Some(contexts), _) => contexts.contains(&context),
            (None, 0) => true,
            (None, _) => self.body.dm_permission != Some(false),
        }
    }

    /// Whether it goes with an installation for guilds (0) or for users (1).
    pub(crate) fn is_installed_in(&self, kind: u8) -> bool {
        match &self.body.integration_types {
            Some(kinds) => kinds.contains(&kind),
            None => kind == 0,
        }
    }

    /// Whether it is for members with these permissions: `"0"` is for administrators.
    pub(crate) fn is_for(&self, held: Permissions) -> bool {
        let Some(needed) = self.default_permissions() else {
            return true;
        };
        let all_held = needed.without(held).is_empty() && !needed.is_empty();
        held.contains(Permission::Administrator) || all_held
    }

    /// What a member needs to be offered it; `None` when everybody is.
    fn default_permissions(&self) -> Option<Permissions> {
        let given = self.body.default_member_permissions.as_ref()?;
        serde_json::from_value(given.clone()).ok()
    }
}

impl World {
    /// Registers one command; one of the same name and type is replaced and keeps its id.
    pub(crate) fn put_command(
        &mut self,
        scope: CommandScope,
        body: CommandBody,
    ) -> Result<CommandId, ApiError> {
        check_command(&body)?;
        let kind = body.kind.unwrap_or(1);
        let new = self.known_command(scope, &body.name, kind).is_none();
        let there = self.commands_of(scope);
        let full = there.iter().filter(|known| known.kind() == kind).count() >= most(kind);
        if new && full {
            return Err(ApiError::TooManyCommands);
        }
        self.count_creates(scope, usize::from(new))?;
        let id = self.store_command(scope, body);
        self.note_commands(scope);
        Ok(id)
    }

    /// Changes what is given of a command.
    pub(crate) fn edit_command(
        &mut self,
        scope: CommandScope,
        id: CommandId,
        patch: CommandBody,
    ) -> Result<(), ApiError> {
        let mut body = self.command(scope, id)?.body.clone();
        body.change(patch);
        check_command(&body)?;
        let version = self.next_id();
        if let Some(command) = self.commands.get_mut(&id) {
            command.body = body;
            command.version = version;
        }
        self.note_commands(scope);
        Ok(())
    }

    /// Replaces all commands of a scope.
    pub(crate) fn put_commands(
        &mut self,
        scope: CommandScope,
        bodies: Vec<CommandBody>,
    ) -> Result<Vec<CommandId>, ApiError> {
        check_list(&bodies)?;
        let new = bodies.iter().filter(|body| {
            let kind = body.kind.unwrap_or(1);
            self.known_command(scope, &body.name, kind).is_none()
        });
        let new = new.count();
        self.count_creates(scope, new)?;
        let ids: Vec<CommandId> = bodies
            .into_iter()
            .map(|body| self.store_command(scope, body))
            .collect();
        self.commands
            .retain(|id, command| command.scope != scope || ids.contains(id));
        self.note_commands(scope);
        Ok(ids)
    }

    /// Removes one command.
    pub(crate) fn delete_command(
        &mut self,
        scope: CommandScope,
        id: CommandId,
    ) -> Result<(), ApiError> {
        self.command(scope, id)?;
        self.commands.remove(&id);
        self.note_commands(scope);
        Ok(())
    }

    pub(crate) fn command(&self, scope: CommandScope, id: CommandId) -> Result<&Command, ApiError> {
        let found = self
            .commands
            .get(&id)
            .filter(|command| command.scope == scope);
        found.ok_or(ApiError::UnknownCommand)
    }

    /// The commands of a scope in the order of their ids.
    pub(crate) fn commands_of(&self, scope: CommandScope) -> Vec<&Command> {
        self.commands
            .values()
            .filter(|command| command.scope == scope)
            .collect()
    }

    fn store_command(&mut self, scope: CommandScope, body: CommandBody) -> CommandId {
        let kind = body.kind.unwrap_or(1);
        let id = self.known_command(scope, &body.name, kind);
        let id = id.unwrap_or_else(|| CommandId::new(self.next_id()));
        let version = self.next_id();
        self.commands.insert(
            id,
            Command {
                id,
                scope,
                body,
                version,
            },
        );
        id
    }

    fn known_command(&self, scope: CommandScope, name: &str, kind: u8) -> Option<CommandId> {
        let known = self
            .commands
            .values()
            .find(|known| known.scope == scope && known.body.name == name && known.kind() == kind);
        known.map(|known| known.id)
    }

    /// Discord takes 200 new commands a day in a guild, and as many global ones.
    fn count_creates(&mut self, scope: CommandScope, new: usize) -> Result<(), ApiError> {
        let now = self.now_ms();
        self.created_commands
            .retain(|(_, at)| now - at < limits::DAY_MS);
        let today = self.created_commands.iter();
        let today = today.filter(|(created, _)| *created == scope).count();
        if today + new > limits::COMMAND_CREATES {
            return Err(ApiError::TooManyCreates);
        }
        self.created_commands
            .extend(std::iter::repeat_n((scope, now), new));
        Ok(())
    }

    fn note_commands(&mut self, scope: CommandScope) {
        let names = self
            .commands_of(scope)
            .iter()
            .map(|command| command.body.name.clone())
            .collect();
        self.note(Fact::CommandsRegistered { names });
    }
}
