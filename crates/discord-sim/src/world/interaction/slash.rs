//! People use commands: Discord's client builds the interaction from what the bot registered.

use serde_json::{Value, json};

use crate::body::OptionBody;
use crate::ids::{ChannelId, InteractionId, UserId};
use crate::locale::Locale;
use crate::world::{Command, CommandScope, World};

use super::resolve::Resolver;
use super::{InteractionKind, SlashError};

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
        let found = self.find_line(user, channel, line)?;
        let locale = self.locale(user);
        known_options(line, &found.options, options, locale)?;
        let mut resolver = Resolver::new(self, user, channel);
        let mut values = Vec::new();
        for option in &found.options {
            let Some((_, value)) = options
                .iter()
                .find(|(name, _)| name == option.shown(locale))
            else {
                if option.required.unwrap_or(false) {
                    let (line, option) = (line.to_owned(), option.name.clone());
                    return Err(SlashError::MissingOption { line, option });
                }
                continue;
            };
            let typed = typed(option, value, locale, &mut resolver);
            let typed = typed.ok_or_else(|| SlashError::BadValue {
                line: line.to_owned(),
                option: option.name.clone(),
                value: value.to_string(),
            })?;
            values.push(json!({"type": option.kind, "name": option.name, "value": typed}));
        }
        let told = resolver.resolved;
        let data = found.data(values, &told);
        let line = found.line();
        let opened = self.opened(&found.command, user, channel);
        Ok(self.open_interaction(opened, InteractionKind::Slash, &line, data))
    }

    /// Types into an option that the bot completes. The other options are what was typed so far.
    pub(crate) fn autocomplete(
        &mut self,
        user: UserId,
        channel: ChannelId,
        line: &str,
        options: &[(String, Value)],
        (focused, typed): (&str, &str),
    ) -> Result<InteractionId, SlashError> {
        let line = line.trim().trim_start_matches('/');
        let found = self.find_line(user, channel, line)?;
        let locale = self.locale(user);
        known_options(line, &found.options, options, locale)?;
        let completed = found
            .options
            .iter()
            .any(|option| option.shown(locale) == focused && option.autocomplete == Some(true));
        if !completed {
            return Err(SlashError::UnknownOption {
                line: line.to_owned(),
                option: focused.to_owned(),
            });
        }
        let mut values = Vec::new();
        for option in &found.options {
            let (kind, name, shown) = (option.kind, &option.name, option.shown(locale));
            let given = options.iter().find(|(given, _)| given == shown);
            if shown == focused {
                values.push(json!({"type": kind, "name": name, "value": typed, "focused": true}));
            } else if let Some((_, value)) = given {
                values.push(json!({"type": kind, "name": name, "value": value}));
            }
        }
        let data = found.data(values, &json!({}));
        let line = found.line();
        let opened = self.opened(&found.command, user, channel);
        Ok(self.open_interaction(opened, InteractionKind::Autocomplete, &line, data))
    }

    /// The registered command that a person means, if Discord's client would offer it here.
    fn find_line(&self, user: UserId, channel: ChannelId, line: &str) -> Result<Found, SlashError> {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let locale = self.locale(user);
        let commands = self.commands_offered(user, channel, 1)?;
        let mut commands = commands.into_iter();
        let command = commands.find(|known| known.body.shown(locale) == name);
        let command = command.ok_or_else(|| self.not_registered(line))?.clone();
        let mut path = Vec::new();
        let mut options = command.body.options.clone().unwrap_or_default();
        for word in words {
            let below = options
                .iter()
                .find(|option| option.kind <= 2 && option.shown(locale) == word);
            let below = below.ok_or_else(|| self.not_registered(line))?.clone();
            path.push((below.kind, below.name));
            options = below.options.unwrap_or_default();
        }
        if options.iter().any(|option| option.kind <= 2) {
            return Err(self.not_registered(line));
        }
        Ok(Found {
            command,
            path,
            options,
        })
    }

    fn not_registered(&self, line: &str) -> SlashError {
        let mut known: Vec<String> = Vec::new();
        for command in self.commands.values().filter(|command| command.kind() == 1) {
            let options = command.body.options.as_deref().unwrap_or_default();
            spell(&command.body.name, options, &mut known);
        }
        SlashError::NotRegistered {
            line: line.to_owned(),
            known: known.join(", "),
        }
    }
}

/// A command line, found in what is registered.
struct Found {
    command: Command,
    /// Subcommand group and subcommand.
    path: Vec<(u8, String)>,
    /// The options at the end of the path.
    options: Vec<OptionBody>,
}

impl Found {
    /// The line by the names that the bot knows.
    fn line(&self) -> String {
        let below = self.path.iter().map(|(_, name)| name.as_str());
        let words: Vec<&str> = [self.command.body.name.as_str()]
            .into_iter()
            .chain(below)
            .collect();
        words.join(" ")
    }

    fn data(&self, values: Vec<Value>, resolved: &Value) -> Value {
        let mut tree = Value::Array(values);
        for (kind, name) in self.path.iter().rev() {
            tree = json!([{"type": kind, "name": name, "options": tree}]);
        }
        let mut data = json!({
            "id": self.command.id,
            "name": self.command.body.name,
            "type": 1,
            "options": tree,
            "resolved": resolved,
        });
        if let CommandScope::Guild(guild) = self.command.scope {
            data["guild_id"] = json!(guild);
        }
        data
    }
}

fn known_options(
    line: &str,
    registered: &[OptionBody],
    given: &[(String, Value)],
    locale: Locale,
) -> Result<(), SlashError> {
    let unknown = given
        .iter()
        .find(|(name, _)| registered.iter().all(|option| option.shown(locale) != name));
    match unknown {
        None => Ok(()),
        Some((name, _)) => Err(SlashError::UnknownOption {
            line: line.into(),
            option: name.clone(),
        }),
    }
}

/// The value as the registered type, if it fits (Discord: "Application Command Option Type").
fn typed(
    option: &OptionBody,
    value: &Value,
    locale: Locale,
    resolver: &mut Resolver<'_>,
) -> Option<Value> {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let choices = option.choices.as_deref().unwrap_or_default();
    // A person chooses by what is shown, whatever is sent for it.
    if let Some(chosen) = choices.iter().find(|choice| choice.shown(locale) == text) {
        return Some(chosen.value.clone());
    }
    let typed = match option.kind {
        3 => Value::String(text),
        4 => json!(text.parse::<i64>().ok()?),
        5 => json!(text.parse::<bool>().ok()?),
        6 => resolver.user(&text)?,
        7 => resolver.channel(&text, option.channel_types.as_deref().unwrap_or_default())?,
        8 => resolver.role(&text)?,
        9 => resolver.user(&text).or_else(|| resolver.role(&text))?,
        10 => json!(text.parse::<f64>().ok()?),
        11 => resolver.file(value)?,
        _ => return None,
    };
    if choices.is_empty() {
        return within(option, &typed).then_some(typed);
    }
    let chosen = choices.iter().find(|choice| choice.value == typed);
    chosen.map(|choice| choice.value.clone())
}

/// Whether a value keeps to the bounds that the bot registered.
fn within(option: &OptionBody, value: &Value) -> bool {
    let bound = |bound: &Option<Value>| bound.as_ref().and_then(Value::as_f64);
    let number = value.as_f64().filter(|_| matches!(option.kind, 4 | 10));
    let number_fits = number.is_none_or(|number| {
        bound(&option.min_value).is_none_or(|least| number >= least)
            && bound(&option.max_value).is_none_or(|most| number <= most)
    });
    let length = value.as_str().filter(|_| option.kind == 3);
    let length_fits = length.is_none_or(|text| {
        let length = text.chars().count();
        let (least, most) = (
            option.min_length.unwrap_or(0),
            option.max_length.unwrap_or(6_000),
        );
        (usize::from(least)..=usize::from(most)).contains(&length)
    });
    number_fits && length_fits
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
