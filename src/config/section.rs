//! Reads one section after the other, and goes on after a mistake, so that a person sees all of
//! his mistakes at once.

use figment::value::{Dict, Value};

use super::{
    Explained, Problem, Source,
    file::join,
    layers::{Layers, variable_for},
    problem::Complaint,
    values::shown,
};
use crate::words::nearest;

/// What has been read so far.
pub(super) struct Reader {
    pub(super) layers: Layers,
    pub(super) problems: Vec<Problem>,
    pub(super) explained: Vec<Explained>,
    /// What a person should know of although it works.
    pub(super) warnings: Vec<String>,
}

impl Reader {
    pub(super) fn report(&mut self, key: &str, source: Option<Source>, complaint: Complaint) {
        self.problems.push(Problem {
            key: key.to_owned(),
            source,
            text: complaint.text,
            remedy: complaint.remedy,
            may_pass: false,
        });
    }

    pub(super) fn explain(&mut self, key: &str, value: impl Into<String>, source: Source) {
        self.explained.push(Explained {
            key: key.to_owned(),
            value: value.into(),
            source,
        });
    }
}

/// There is no value, because it is wrong; the person will be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

/// A table whose settings are being read. Each of them has to be asked for once; what is left at
/// the end is unknown.
pub(super) struct Section<'a> {
    reader: &'a mut Reader,
    path: String,
    values: Dict,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The whole configuration.
    pub(super) fn root(reader: &'a mut Reader) -> Self {
        let values = reader.layers.root(&mut reader.problems);
        Self {
            reader,
            path: String::new(),
            values,
            known: Vec::new(),
        }
    }

    /// A section of this table; empty if it is not there or no table.
    pub(super) fn section(&mut self, name: &'static str) -> Section<'_> {
        self.known.push(name);
        let value = self.values.remove(name);
        let path = join(&self.path, name);
        Section::of(self.reader, path, value)
    }

    /// Whether a setting or section of this table is there that was not read yet.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether a setting of this table that was not read yet is a text, such as a variable has.
    pub(super) fn is_text(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::String(..)))
    }

    fn of(reader: &'a mut Reader, path: String, value: Option<Value>) -> Self {
        let values = match value {
            None => Dict::new(),
            Some(Value::Dict(_, values)) => values,
            Some(other) => {
                let source = reader.layers.source(&path, &other);
                let remedy = format!(
                    "Write `[{path}]` on a line of its own, and the settings of the section below it."
                );
                let complaint = Complaint::new("This is a section, not a setting.", remedy);
                reader.report(&path, Some(source), complaint);
                Dict::new()
            }
        };
        Self {
            reader,
            path,
            values,
            known: Vec::new(),
        }
    }

    /// The tables of an array of tables, in order, each read by `read` with its position.
    pub(super) fn tables(&mut self, name: &'static str, mut read: impl FnMut(Section<'_>)) {
        self.known.push(name);
        let path = join(&self.path, name);
        let values = match self.values.remove(name) {
            None => return,
            Some(Value::Array(_, values)) if values.is_empty() => return,
            Some(Value::Dict(_, values))
                if values.keys().all(|key| key.parse::<usize>().is_ok()) =>
            {
                values
            }
            Some(other) => {
                let source = self.reader.layers.source(&path, &other);
                let remedy = format!(
                    "Write `[[{path}]]`, with two brackets, above the settings of each of them; a \
                     variable overrides one setting of the first of them as `{}__NAME`.",
                    variable_for(&join(&path, "0"))
                );
                let complaint = Complaint::new("This is a list of sections.", remedy);
                self.reader.report(&path, Some(source), complaint);
                return;
            }
        };
        let mut values: Vec<(usize, Value)> = values
            .into_iter()
            .filter_map(|(key, value)| Some((key.parse().ok()?, value)))
            .collect();
        values.sort_by_key(|(at, _)| *at);
        for (at, value) in values {
            let path = join(&path, &at.to_string());
            read(Section::of(self.reader, path, Some(value)));
        }
    }

    /// A setting with a default.
    pub(super) fn or<T>(
        &mut self,
        name: &'static str,
        default: impl Into<Value>,
        parse: impl Fn(&Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        let (value, source) = self
            .take(name)
            .unwrap_or_else(|| (default.into(), Source::Default));
        self.parse(name, &value, source, parse)
    }

    /// A setting that may stay open; `meanwhile` says what holds then.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        meanwhile: &str,
        parse: impl Fn(&Value) -> Result<T, Complaint>,
    ) -> Result<Option<T>, Reported> {
        if let Some((value, source)) = self.take(name) {
            let parsed = self.parse(name, &value, source, parse);
            return parsed.map(Some).ok_or(Reported);
        }
        self.explain(name, meanwhile, Source::Default);
        Ok(None)
    }

    /// A setting without which nothing works.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        remedy: &str,
        parse: impl Fn(&Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        if let Some((value, source)) = self.take(name) {
            return self.parse(name, &value, source, parse);
        }
        self.report(
            name,
            None,
            Complaint::new("This setting is missing.", remedy),
        );
        None
    }

    /// A setting that may not stand here.
    pub(super) fn refuse(&mut self, name: &'static str, complaint: Complaint) {
        let source = self.source(name);
        if self.values.remove(name).is_some() {
            self.report(name, source, complaint);
        }
    }

    /// Reports a mistake in one of the settings of this section.
    pub(super) fn report(&mut self, name: &str, source: Option<Source>, complaint: Complaint) {
        let key = join(&self.path, name);
        self.reader.report(&key, source, complaint);
    }

    /// Says of what was reported last that it may pass by itself.
    pub(super) fn it_may_pass(&mut self) {
        if let Some(problem) = self.reader.problems.last_mut() {
            problem.may_pass = true;
        }
    }

    /// Warns of a setting of this section that does not do what it seems to.
    pub(super) fn warn(&mut self, name: &str, source: Option<Source>, sentence: &str) {
        let source = source.unwrap_or(Source::Default);
        let key = self.key(name);
        let warnings = &mut self.reader.warnings;
        warnings.push(format!("{key} ({source}): {sentence}"));
    }

    /// The whole name of one of the settings of this section.
    pub(super) fn key(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// Adds a line about a value that is no setting of the file.
    pub(super) fn explain(&mut self, name: &str, value: impl Into<String>, source: Source) {
        let key = join(&self.path, name);
        self.reader.explain(&key, value, source);
    }

    /// Shows a setting that was read with more than what was written.
    pub(super) fn explain_as(&mut self, name: &str, value: String) {
        let key = join(&self.path, name);
        let mut rows = self.reader.explained.iter_mut();
        if let Some(row) = rows.find(|row| row.key == key) {
            row.value = value;
        }
    }

    /// Where a setting came from that was read, by its whole name.
    pub(super) fn source_of(&self, key: &str) -> Option<Source> {
        let mut rows = self.reader.explained.iter();
        let row = rows.find(|row| row.key == key)?;
        Some(row.source.clone())
    }

    /// Where a setting that was not read yet comes from.
    pub(super) fn source(&self, name: &str) -> Option<Source> {
        let value = self.values.get(name)?;
        Some(self.reader.layers.source(&join(&self.path, name), value))
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(self) {
        let Self {
            reader,
            path,
            values,
            known,
        } = self;
        for (name, value) in values {
            let key = join(&path, &name);
            let source = reader.layers.source(&key, &value);
            let written = |name: &str| match source.variable() {
                Some(variable) => {
                    let written = variable_for(&join(&path, name));
                    let below = variable_for(&key);
                    format!("{written}{}", variable.strip_prefix(&below).unwrap_or(""))
                }
                None => join(&path, name),
            };
            let remedy = if let Some(known) = nearest(&name, known.iter().copied()) {
                format!("Did you mean `{}`?", written(known))
            } else {
                let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("Remove it, or write one of {}.", all.join(", "))
            };
            let complaint = Complaint::new("There is no such setting.", remedy);
            reader.report(&key, Some(source), complaint);
        }
    }

    fn take(&mut self, name: &'static str) -> Option<(Value, Source)> {
        self.known.push(name);
        let value = self.values.remove(name)?;
        let source = self.reader.layers.source(&join(&self.path, name), &value);
        Some((value, source))
    }

    fn parse<T>(
        &mut self,
        name: &str,
        value: &Value,
        source: Source,
        parse: impl Fn(&Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        let parsed = if matches!(value, Value::Dict(..)) {
            Err(Complaint::new(
                "This is a setting, not a section.",
                "Write its value behind `=`, and nothing below it.",
            ))
        } else {
            parse(value)
        };
        match parsed {
            Ok(parsed) => {
                self.explain(name, shown(value), source);
                Some(parsed)
            }
            Err(complaint) => {
                self.report(name, Some(source), complaint);
                None
            }
        }
    }
}
