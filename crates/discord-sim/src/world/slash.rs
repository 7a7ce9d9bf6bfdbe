//! A person uses a slash command: its options get the types that the bot registered.

use serde_json::{Value, json};
use thiserror::Error;

use crate::body::OptionBody;
use crate::ids::{ChannelId, InteractionId, RoleId, UserId};
use crate::wire;

use super::{CommandScope, InteractionKind, World};

/// Why a slash command could not be used. Discord's client would not have offered it.
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
}

impl World {
    /// Uses a command, e.g. `session list` with its options by name.
    pub(crate) fn slash(
        &mut self,
        user: UserId,
        channel: ChannelId,
        line: &str,
        options: &[(String, Value)],
    ) -> Result<InteractionId, SlashError> {
        let line = line.trim().trim_start_matches('/');
        let found = self
            .channels
            .get(&channel)
            .ok_or(SlashError::UnknownChannel(channel))?;
        let guild = found.guild;
        let scopes = guild
            .map(CommandScope::Guild)
            .into_iter()
            .chain([CommandScope::Global]);
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let command = scopes
            .flat_map(|scope| self.commands_of(scope))
            .find(|command| command.kind() == 1 && command.body.name == name);
        let command = command.ok_or_else(|| self.not_registered(line))?.clone();
        let mut path = Vec::new();
        let mut level = command.body.options.clone().unwrap_or_default();
        for word in words {
            let below = level
                .iter()
                .find(|option| option.kind <= 2 && option.name == word);
            let below = below.ok_or_else(|| self.not_registered(line))?.clone();
            path.push((below.kind, below.name));
            level = below.options.unwrap_or_default();
        }
        if level.iter().any(|option| option.kind <= 2) {
            return Err(self.not_registered(line));
        }
        let mut filled = Filled {
            values: Vec::new(),
            resolved: json!({}),
        };
        self.fill(line, &level, options, &mut filled)?;
        let mut tree = Value::Array(filled.values);
        for (kind, name) in path.into_iter().rev() {
            tree = json!([{"type": kind, "name": name, "options": tree}]);
        }
        let mut data = json!({
            "id": command.id,
            "name": command.body.name,
            "type": 1,
            "options": tree,
            "resolved": filled.resolved,
        });
        if let CommandScope::Guild(guild) = command.scope {
            data["guild_id"] = json!(guild);
        }
        Ok(self.open_interaction(user, channel, InteractionKind::Slash, line, data))
    }

    fn fill(
        &self,
        line: &str,
        registered: &[OptionBody],
        given: &[(String, Value)],
        filled: &mut Filled,
    ) -> Result<(), SlashError> {
        let unknown = given
            .iter()
            .find(|(name, _)| registered.iter().all(|o| o.name != *name));
        if let Some((name, _)) = unknown {
            return Err(SlashError::UnknownOption {
                line: line.into(),
                option: name.clone(),
            });
        }
        for option in registered {
            let Some((_, value)) = given.iter().find(|(name, _)| *name == option.name) else {
                if option.required.unwrap_or(false) {
                    let (line, option) = (line.to_owned(), option.name.clone());
                    return Err(SlashError::MissingOption { line, option });
                }
                continue;
            };
            let typed = self.typed(option, value, &mut filled.resolved);
            let typed = typed.ok_or_else(|| SlashError::BadValue {
                line: line.to_owned(),
                option: option.name.clone(),
                value: value.to_string(),
            })?;
            filled
                .values
                .push(json!({"type": option.kind, "name": option.name, "value": typed}));
        }
        Ok(())
    }

    /// The value as the registered type, if it fits (Discord: "Application Command Option Type").
    fn typed(&self, option: &OptionBody, value: &Value, resolved: &mut Value) -> Option<Value> {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let choices = option.choices.as_deref().unwrap_or_default();
        let typed = match option.kind {
            3 => Value::String(text),
            4 => json!(text.parse::<i64>().ok()?),
            5 => json!(text.parse::<bool>().ok()?),
            6 => self.resolve_user(&text, resolved)?,
            7 => self.resolve_channel(&text, resolved)?,
            8 => self.resolve_role(&text, resolved)?,
            9 => self
                .resolve_user(&text, resolved)
                .or_else(|| self.resolve_role(&text, resolved))?,
            10 => json!(text.parse::<f64>().ok()?),
            _ => return None,
        };
        if choices.is_empty() {
            return Some(typed);
        }
        let chosen = choices
            .iter()
            .find(|choice| choice.value == typed || Some(choice.name.as_str()) == typed.as_str());
        chosen.map(|choice| choice.value.clone())
    }

    fn resolve_user(&self, text: &str, resolved: &mut Value) -> Option<Value> {
        let id = text
            .parse::<UserId>()
            .ok()
            .filter(|id| self.users.contains_key(id));
        let user = id.or_else(|| self.user_named(text.trim_start_matches('@')))?;
        resolved["users"][user.to_string()] = wire::user(self.users.get(&user)?);
        if let Some(member) = wire::partial_member(self, self.home, user) {
            resolved["members"][user.to_string()] = member;
        }
        Some(json!(user))
    }

    fn resolve_role(&self, text: &str, resolved: &mut Value) -> Option<Value> {
        let home = self.guilds.get(&self.home)?;
        let id = text
            .parse::<RoleId>()
            .ok()
            .filter(|id| home.roles.contains_key(id));
        let role = id.or_else(|| self.role_named(self.home, text.trim_start_matches('@')))?;
        resolved["roles"][role.to_string()] = wire::role(home.roles.get(&role)?);
        Some(json!(role))
    }

    fn resolve_channel(&self, text: &str, resolved: &mut Value) -> Option<Value> {
        let id = text
            .parse::<ChannelId>()
            .ok()
            .filter(|id| self.channels.contains_key(id));
        let channel = id.or_else(|| self.channel_named(text.trim_start_matches('#')))?;
        let found = self.channels.get(&channel)?;
        resolved["channels"][channel.to_string()] = wire::channel(self, found);
        Some(json!(channel))
    }

    fn not_registered(&self, line: &str) -> SlashError {
        let mut known: Vec<String> = Vec::new();
        for command in self.commands.values() {
            let options = command.body.options.as_deref().unwrap_or_default();
            spell(&command.body.name, options, &mut known);
        }
        SlashError::NotRegistered {
            line: line.to_owned(),
            known: known.join(", "),
        }
    }
}

struct Filled {
    values: Vec<Value>,
    resolved: Value,
}

/// Lists a command's spellings: itself, or all its subcommands.
fn spell(prefix: &str, options: &[OptionBody], known: &mut Vec<String>) {
    let below: Vec<&OptionBody> = options.iter().filter(|option| option.kind <= 2).collect();
    if below.is_empty() {
        known.push(format!("/{prefix}"));
    }
    for option in below {
        let options = option.options.as_deref().unwrap_or_default();
        spell(&format!("{prefix} {}", option.name), options, known);
    }
}
