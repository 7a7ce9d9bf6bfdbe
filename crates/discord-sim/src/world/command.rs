//! The registry of application commands.

use crate::body::{CommandBody, OptionBody};
use crate::error::{ApiError, FormErrors};
use crate::ids::{CommandId, GuildId};
use crate::journal::Fact;
use crate::limits;

use super::World;

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
}

impl World {
    /// Registers one command; one of the same name and type is replaced and keeps its id.
    pub(crate) fn put_command(
        &mut self,
        scope: CommandScope,
        body: CommandBody,
    ) -> Result<CommandId, ApiError> {
        check_command(&body)?;
        let id = self.store_command(scope, body);
        self.note_commands(scope);
        Ok(id)
    }

    /// Replaces all commands of a scope.
    pub(crate) fn put_commands(
        &mut self,
        scope: CommandScope,
        bodies: Vec<CommandBody>,
    ) -> Result<Vec<CommandId>, ApiError> {
        if bodies
            .iter()
            .filter(|body| body.kind.unwrap_or(1) == 1)
            .count()
            > limits::COMMANDS
        {
            let message = format!("Must be {} or fewer in length.", limits::COMMANDS);
            return Err(ApiError::field("", "BASE_TYPE_MAX_LENGTH", message));
        }
        for body in &bodies {
            check_command(body)?;
        }
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
        let known = self.commands.values().find(|known| {
            known.scope == scope && known.body.name == body.name && known.kind() == kind
        });
        let id = known.map(|known| known.id);
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

    fn note_commands(&mut self, scope: CommandScope) {
        let names = self
            .commands_of(scope)
            .iter()
            .map(|command| command.body.name.clone())
            .collect();
        self.note(Fact::CommandsRegistered { names });
    }
}

/// Names, descriptions and counts (Discord: interactions/application-commands).
fn check_command(body: &CommandBody) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    let slash = body.kind.unwrap_or(1) == 1;
    check_words(
        "",
        &body.name,
        body.description.as_deref(),
        slash,
        &mut errors,
    );
    check_options(
        "options",
        body.options.as_deref().unwrap_or_default(),
        &mut errors,
    );
    errors.into_result()
}

fn check_options(path: &str, options: &[OptionBody], errors: &mut FormErrors) {
    let message = format!("Must be {} or fewer in length.", limits::OPTIONS);
    if options.len() > limits::OPTIONS {
        errors.add(path, "BASE_TYPE_MAX_LENGTH", message.clone());
    }
    let mut optional_seen = false;
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}.{index}");
        check_words(
            &path,
            &option.name,
            option.description.as_deref(),
            true,
            errors,
        );
        if option
            .choices
            .as_ref()
            .is_some_and(|choices| choices.len() > limits::OPTIONS)
        {
            errors.add(
                &format!("{path}.choices"),
                "BASE_TYPE_MAX_LENGTH",
                message.clone(),
            );
        }
        let required = option.required.unwrap_or(false);
        if required && optional_seen {
            let message = "Required options must be placed before non-required options";
            errors.add(
                &path,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                message,
            );
        }
        optional_seen |= !required;
        let below = option.options.as_deref().unwrap_or_default();
        check_options(&format!("{path}.options"), below, errors);
    }
}

fn check_words(
    path: &str,
    name: &str,
    description: Option<&str>,
    slash: bool,
    errors: &mut FormErrors,
) {
    let at = |field: &str| {
        if path.is_empty() {
            field.into()
        } else {
            format!("{path}.{field}")
        }
    };
    let length = name.chars().count();
    if !(1..=32).contains(&length) {
        errors.add(
            &at("name"),
            "BASE_TYPE_BAD_LENGTH",
            "Must be between 1 and 32 in length.",
        );
    }
    let plain = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '-' || c == '_';
    if slash && !name.chars().all(plain) {
        let message = "Command name is invalid";
        errors.add(&at("name"), "APPLICATION_COMMAND_INVALID_NAME", message);
    }
    let described = description.unwrap_or_default().chars().count();
    if slash && !(1..=100).contains(&described) {
        let message = "Must be between 1 and 100 in length.";
        errors.add(&at("description"), "BASE_TYPE_BAD_LENGTH", message);
    }
}
