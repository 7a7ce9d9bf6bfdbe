//! Puts the file and the variables on top of each other.

use std::collections::BTreeMap;

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Tag, Value},
};

use super::{Problem, Source, aliases::Old, environment::Environment, file, file::File};

/// What every overriding variable begins with.
const PREFIX: &str = "BATON_";

/// Variables that are known by a name of their own. The one with the prefix is laid over them.
const PLAIN: [(&str, &str); 2] = [
    ("DISCORD_GUILD_ID", "discord.guild"),
    ("CLAUDE_CONFIG_DIR", "claude.config_dir"),
];

/// The merged values, and where each came from.
pub(super) struct Layers {
    figment: Figment,
    file: File,
    path: std::path::PathBuf,
    variables: BTreeMap<String, Source>,
}

impl Layers {
    pub(super) fn new(
        path: &std::path::Path,
        file: File,
        environment: &Environment,
        old: &Old,
    ) -> Self {
        let mut figment = Figment::new().merge(file::Layer(&file));
        let mut variables = BTreeMap::new();
        let mut merge = |name: &str, key: &str, value: &str, source: &Source| {
            variables.insert(name.to_owned(), source.clone());
            figment = std::mem::take(&mut figment).merge(Variable { name, key, value });
        };
        for (key, value, source) in &old.values {
            merge(source.variable().unwrap_or(key), key, value, source);
        }
        for (name, key) in PLAIN {
            if let Some((value, source)) = environment.get(name) {
                merge(name, key, value, source);
            }
        }
        for (name, value, source) in environment.iter() {
            if let Some(key) = key_of(name) {
                merge(name, &key, value, source);
            }
        }
        Self {
            figment,
            file,
            path: path.to_owned(),
            variables,
        }
    }

    /// All values as one table.
    pub(super) fn root(&self, problems: &mut Vec<Problem>) -> Dict {
        // The layers are made of values that were read already, so that merging cannot fail.
        match self.figment.find_value("") {
            Ok(Value::Dict(_, dict)) => dict,
            Ok(_) => Dict::new(),
            Err(error) => {
                problems.push(Problem {
                    key: self.path.display().to_string(),
                    source: None,
                    text: format!("The settings cannot be put together: {error}."),
                    remedy: "Write each setting in one place only.".to_owned(),
                    may_pass: false,
                });
                Dict::new()
            }
        }
    }

    /// Where the value at `key` came from; for a table, where the first value in it came from.
    pub(super) fn source(&self, key: &str, value: &Value) -> Source {
        let name = self
            .figment
            .get_metadata(leaf(value))
            .map_or(file::LAYER, |metadata| metadata.name.as_ref());
        match self.variables.get(name) {
            Some(source) => source.clone(),
            None => Source::File {
                path: self.path.clone(),
                line: self.file.line(key),
            },
        }
    }
}

fn leaf(value: &Value) -> Tag {
    match value.as_dict().and_then(|dict| dict.values().next()) {
        Some(first) => leaf(first),
        None => value.tag(),
    }
}

/// The setting that a variable overrides: `BATON_HTTP__LISTEN` is `http.listen`.
pub(super) fn key_of(variable: &str) -> Option<String> {
    let path = variable.strip_prefix(PREFIX)?;
    Some(path.to_lowercase().replace("__", "."))
}

/// The variable that overrides a setting.
pub(super) fn variable_for(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// Whether a variable is one of Baton's own.
pub(super) fn is_ours(variable: &str) -> bool {
    variable
        .get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// Whether a variable is a setting by another name.
pub(super) fn is_setting(variable: &str) -> bool {
    is_ours(variable) || PLAIN.iter().any(|(name, _)| *name == variable)
}

struct Variable<'a> {
    name: &'a str,
    key: &'a str,
    value: &'a str,
}

impl Provider for Variable<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.to_owned())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut value = Value::from(self.value);
        let mut names: Vec<&str> = self.key.split('.').collect();
        let first = names.remove(0);
        for name in names.into_iter().rev() {
            value = Value::from(Dict::from([(name.to_owned(), value)]));
        }
        Ok(Profile::Default.collect(Dict::from([(first.to_owned(), value)])))
    }
}
