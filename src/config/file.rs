//! `baton.toml` as a layer of figment, with the line of every key.

use std::{collections::BTreeMap, fs, path::Path};

use figment::{
    Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};
use toml::de::{DeTable, DeValue};

use super::Problem;

/// The name that figment knows this layer by.
pub(super) const LAYER: &str = "file";

/// A file that was read.
#[derive(Debug, Default)]
pub(super) struct File {
    values: Dict,
    lines: BTreeMap<String, usize>,
}

impl File {
    /// Reads the file. What is wrong with it as a whole is added to `problems`.
    pub(super) fn read(path: &Path, problems: &mut Vec<Problem>) -> Self {
        let mut problem = |line, text: String, remedy: &str| {
            problems.push(Problem::in_file(path, line, text, remedy));
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                problem(
                    None,
                    format!("The file cannot be read: {error}."),
                    "Copy baton.example.toml to this place and fill it in, or name another file \
                     with `--config FILE`.",
                );
                return Self::default();
            }
        };
        let mut file = Self::default();
        let (table, errors) = DeTable::parse_recoverable(&text);
        for error in errors {
            // Only the parser's message: its full text repeats the line, which may hold a secret.
            problem(
                error.span().map(|span| line_at(&text, span.start)),
                format!("This is no TOML: {}.", error.message()),
                "Mend the line: a setting is `name = value`, text stands in \"quotes\".",
            );
        }
        file.values = file.dict(table.get_ref(), "", &text);
        file
    }

    /// The line of a key, or of the nearest key above it.
    pub(super) fn line(&self, key: &str) -> Option<usize> {
        let mut key = key;
        loop {
            if let Some(line) = self.lines.get(key) {
                return Some(*line);
            }
            key = key.rsplit_once('.')?.0;
        }
    }

    fn dict(&mut self, table: &DeTable<'_>, above: &str, text: &str) -> Dict {
        let mut dict = Dict::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let path = join(above, &name);
            self.lines
                .insert(path.clone(), line_at(text, key.span().start));
            let value = self.value(value.get_ref(), &path, text);
            dict.insert(name, value);
        }
        dict
    }

    fn value(&mut self, value: &DeValue<'_>, path: &str, text: &str) -> Value {
        match value {
            DeValue::String(string) => Value::from(string.as_ref()),
            DeValue::Integer(integer) => {
                let digits = integer.as_str();
                // What does not fit stays as it was written and is refused as a number.
                i64::from_str_radix(digits, integer.radix())
                    .map_or_else(|_| Value::from(digits), Value::from)
            }
            DeValue::Float(float) => Value::from(float.as_str()),
            DeValue::Boolean(boolean) => Value::from(*boolean),
            DeValue::Datetime(datetime) => Value::from(datetime.to_string()),
            DeValue::Table(table) => Value::from(self.dict(table, path, text)),
            DeValue::Array(array)
                if !array.is_empty() && array.iter().all(|item| item.get_ref().is_table()) =>
            {
                // An array of tables becomes a table by position, so that a variable can override
                // one setting of one of them: figment replaces arrays as a whole.
                let mut dict = Dict::new();
                for (at, item) in array.iter().enumerate() {
                    let path = join(path, &at.to_string());
                    self.lines
                        .insert(path.clone(), line_at(text, item.span().start));
                    dict.insert(at.to_string(), self.value(item.get_ref(), &path, text));
                }
                Value::from(dict)
            }
            DeValue::Array(array) => array
                .iter()
                .map(|item| self.value(item.get_ref(), path, text))
                .collect::<Vec<Value>>()
                .into(),
        }
    }
}

/// The layer that figment merges.
pub(super) struct Layer<'a>(pub(super) &'a File);

impl Provider for Layer<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(LAYER)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.0.values.clone()))
    }
}

pub(super) fn join(above: &str, name: &str) -> String {
    if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above}.{name}")
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}
