//! The environment: the variables of the process over those of the `.env` file, and those over the keyring.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Problem, Source, aliases};

/// Variables by name, each with the place it came from. An empty one counts as not set, so that a
/// template such as `.env.example` can name what it leaves open.
#[derive(Debug, Default)]
pub(super) struct Environment(BTreeMap<String, (String, Source)>);

impl Environment {
    /// Lays `process` over the file at `dot_env`, which need not exist. Changes nothing in the
    /// environment of this process: what a child gets is decided elsewhere.
    pub(super) fn read(
        dot_env: &Path,
        process: &BTreeMap<String, String>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut variables = BTreeMap::new();
        match fs::read_to_string(dot_env) {
            Ok(text) => read_dot_env(dot_env, &text, &mut variables, problems),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => problems.push(Problem::in_file(
                dot_env,
                None,
                format!("The file cannot be read: {error}."),
                "Make it a text file that this user may read.",
            )),
        }
        for (name, value) in process {
            let source = Source::Variable { name: name.clone() };
            variables.insert(name.clone(), (value.clone(), source));
        }
        variables.retain(|_, (value, _)| !value.trim().is_empty());
        Self(variables)
    }

    /// Adds a variable that the keyring has.
    pub(super) fn add_of_keyring(&mut self, name: String, value: &SecretString) {
        let source = Source::Keyring { name: name.clone() };
        self.0
            .entry(name)
            .or_insert_with(|| (value.expose_secret().to_owned(), source));
    }

    pub(super) fn get(&self, name: &str) -> Option<(&str, &Source)> {
        self.0
            .get(name)
            .map(|(value, source)| (value.as_str(), source))
    }

    /// What the process itself has, whatever the file says: children inherit that and no more.
    pub(super) fn of_process(&self, name: &str) -> Option<&str> {
        let (value, source) = self.get(name)?;
        matches!(source, Source::Variable { .. }).then_some(value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Source)> {
        self.0
            .iter()
            .map(|(name, (value, source))| (name.as_str(), value.as_str(), source))
    }
}

fn read_dot_env(
    path: &Path,
    text: &str,
    variables: &mut BTreeMap<String, (String, Source)>,
    problems: &mut Vec<Problem>,
) {
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        let entry = entry.or_else(|error| idle(text, &error).ok_or(error));
        match entry {
            Ok((name, value)) => {
                let source = Source::DotEnv {
                    line: line_of(text, &name),
                    name: name.clone(),
                    path: path.to_owned(),
                };
                variables.insert(name, (value, source));
            }
            Err(error) => problems.push(Problem::in_file(
                path,
                line_of_error(text, &error),
                // Not the parser's own words: they repeat the line, and the line may be a secret.
                "This line is no variable.".to_owned(),
                "Write NAME=value, and put 'single quotes' around a value that has spaces, \
                 quotes, `$` or `#` in it.",
            )),
        }
    }
}

/// The variable of a value that is none as the parser sees it, if it does nothing anyway: then it does
/// not matter what its value is, and it is warned of like any other.
fn idle(text: &str, error: &dotenvy::Error) -> Option<(String, String)> {
    let dotenvy::Error::LineParse(wrong, _) = error else {
        return None;
    };
    // The parser tells the value, and not of which variable: all that have it must do nothing. One of
    // several lines is none of them: an open quote has swallowed what may be another variable.
    let wrong = wrong.trim();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let mut names = lines
        .filter(|(_, value)| value.trim() == wrong)
        .map(|(name, _)| name.trim())
        .map(|name| name.strip_prefix("export ").unwrap_or(name).trim())
        .peekable();
    let first = (*names.peek()?).to_owned();
    names
        .all(aliases::is_idle)
        .then(|| (first, wrong.to_owned()))
}

/// The line that sets a variable; the last one counts, as for the parser.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let sets = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().rposition(|line| sets(line)).map(|at| at + 1)
}

fn line_of_error(text: &str, error: &dotenvy::Error) -> Option<usize> {
    let dotenvy::Error::LineParse(wrong, _) = error else {
        return None;
    };
    let first = wrong.lines().next().unwrap_or(wrong);
    text.lines()
        .position(|line| line.trim() == first.trim())
        .map(|at| at + 1)
}
