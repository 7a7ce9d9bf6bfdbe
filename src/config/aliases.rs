//! The variables of the first seed, discord-orchestrator: each is an old name of a setting of ours.
//!
//! One rule says what holds: the environment over the file, as with every variable; a new name over an
//! old one; and of two old names of one setting the one that stands first in [`ALIASES`]. An old name
//! means what it meant there, only that what is no value stops the start instead of being guessed at.

use std::path::{Path, PathBuf};

use super::{
    Problem, Source,
    environment::Environment,
    layers::{key_of, variable_for},
    problem::Complaint,
    values,
};

/// What every variable of the seed's own begins with.
const PREFIX: &str = "OMC_";

const DATA_DIR: &str = "OMC_DATA_DIR";
const ROOT: &str = "OMC_RUNTIME_ROOT";
const HOME_OF_OLD: &str = "DISCORD_ORCHESTRATOR_HOME";

/// An old name.
struct Alias {
    old: &'static str,
    key: &'static str,
    meaning: Meaning,
}

/// How the seed read a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// As we do.
    Same,
    /// A length of time.
    Milliseconds,
    /// A port of 127.0.0.1.
    Port,
    /// True, unless it says exactly `false`.
    UnlessFalse,
    /// False, unless it says exactly `true`.
    OnlyTrue,
    /// A level of pino, its log.
    PinoLevel,
    /// A directory; one that is not absolute is below the runtime root.
    DataDir,
    /// The runtime root, which has the data in it.
    Root,
}

/// Every old name, with the setting that it is a name of.
const ALIASES: [Alias; 22] = [
    alias("OMC_OWNER_USER_ID", "discord.owner_user", Meaning::Same),
    alias("OMC_OWNER_ROLE_ID", "discord.owner_role", Meaning::Same),
    alias("DISCORD_OWNER_ROLE_ID", "discord.owner_role", Meaning::Same),
    alias(
        "OMC_ALERTS_CHANNEL_ID",
        "discord.alerts_channel",
        Meaning::Same,
    ),
    alias(
        "OMC_AUDIT_CHANNEL_ID",
        "discord.audit_channel",
        Meaning::Same,
    ),
    alias(DATA_DIR, "data.dir", Meaning::DataDir),
    alias(ROOT, "data.dir", Meaning::Root),
    alias(HOME_OF_OLD, "data.dir", Meaning::Root),
    alias("OMC_HEALTHZ_PORT", "http.listen", Meaning::Port),
    alias("OMC_MAX_ACTIVE_CLIS", "admission.max_active", Meaning::Same),
    alias(
        "OMC_MAX_QUEUED_SESSIONS",
        "admission.max_queued",
        Meaning::Same,
    ),
    alias(
        "OMC_PER_USER_MAX_ACTIVE",
        "admission.person_max_active",
        Meaning::Same,
    ),
    alias(
        "OMC_PER_USER_MAX_QUEUED",
        "admission.person_max_queued",
        Meaning::Same,
    ),
    alias(
        "OMC_QUEUE_STALE_MS",
        "admission.expiry",
        Meaning::Milliseconds,
    ),
    alias(
        "OMC_CHANNEL_OWNER_ONLY",
        "channel_mode.owner_only",
        Meaning::UnlessFalse,
    ),
    alias(
        "OMC_CHANNEL_HISTORY_N",
        "channel_mode.history",
        Meaning::Same,
    ),
    alias(
        "OMC_CHANNEL_INCLUDE_BYSTANDERS",
        "channel_mode.include_bystanders",
        Meaning::OnlyTrue,
    ),
    alias("OMC_INTER_AGENT_HOP_MAX", "handoff.max_hops", Meaning::Same),
    alias(
        "OMC_INTER_AGENT_TOKEN_BUDGET",
        "handoff.token_budget",
        Meaning::Same,
    ),
    alias("OMC_LOG_LEVEL", "log.level", Meaning::PinoLevel),
    alias("OAUTH_PROXY_URL", "credentials.proxies", Meaning::Same),
    alias("OMC_ACCOUNTS_JSON", "accounts", Meaning::Same),
];

const fn alias(old: &'static str, key: &'static str, meaning: Meaning) -> Alias {
    Alias { old, key, meaning }
}

/// An old name of a setting, and whether it is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldName {
    /// The name.
    pub old: &'static str,
    /// The setting, such as `admission.max_active`.
    pub key: &'static str,
    /// The variable that the setting is overridden with now.
    pub new: String,
    /// Whether it is in use.
    pub standing: Standing,
}

/// Whether an old name is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody set it.
    Unset,
    /// Its value holds, or is part of what holds.
    Holds,
    /// Another variable for the same setting is set too, and that one holds.
    Overruled {
        /// The other variable.
        by: String,
    },
}

/// The old names of an environment, read.
#[derive(Debug, Default)]
pub(super) struct Old {
    /// Key, value as we would write it, and source of each one that holds.
    pub(super) values: Vec<(&'static str, String, Source)>,
    /// All of them.
    pub(super) names: Vec<OldName>,
    /// What somebody should know who uses them.
    pub(super) warnings: Vec<String>,
}

impl Old {
    /// Reads all old names. What is no value is reported.
    pub(super) fn read(environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        let mut old = Self::default();
        for alias in &ALIASES {
            let standing = old.take(alias, environment, problems);
            old.names.push(OldName {
                old: alias.old,
                key: alias.key,
                new: variable_for(alias.key),
                standing,
            });
        }
        old.warnings.extend(unknown(environment));
        old
    }

    fn take(
        &mut self,
        alias: &Alias,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Standing {
        let Some((value, source)) = environment.get(alias.old) else {
            return Standing::Unset;
        };
        let read = alias.meaning.read(value, environment);
        if let Some((by, its)) = self.stronger(alias, environment) {
            let above = root_of_data(environment).map(|(root, ..)| root);
            if by == DATA_DIR && above == Some(alias.old) {
                return Standing::Holds;
            }
            // The root is a part of the data directory, and says nothing against it.
            let is_against = read.is_ok_and(|read| alias.meaning.differs(&read, &its));
            if is_against && alias.meaning != Meaning::Root {
                self.warnings.push(format!(
                    "{} and {by} are both set, to different values. {by} holds; remove the other one.",
                    alias.old
                ));
            }
            return Standing::Overruled { by };
        }
        let source = Source::OldName {
            variable: Box::new(source.clone()),
            new: variable_for(alias.key),
        };
        match read {
            Ok(read) => self.values.push((alias.key, read, source)),
            // It is the root's mistake, which is told where the root is read.
            Err(_) if alias.old == DATA_DIR && root_of_data(environment).is_some() => {}
            Err(Complaint { text, remedy }) => problems.push(Problem {
                key: alias.key.to_owned(),
                source: Some(source),
                text,
                remedy,
                may_pass: false,
            }),
        }
        Standing::Holds
    }

    /// The variable that holds in an old name's stead, with its value.
    fn stronger(&self, alias: &Alias, environment: &Environment) -> Option<(String, String)> {
        let new = environment
            .iter()
            .find(|(name, ..)| key_of(name).as_deref() == Some(alias.key))
            .map(|(name, value, _)| (name.to_owned(), value.trim().to_owned()));
        new.or_else(|| {
            let (_, value, source) = self.values.iter().find(|(key, ..)| *key == alias.key)?;
            Some((source.variable()?.to_owned(), value.clone()))
        })
    }
}

impl Meaning {
    /// A value as we would write it.
    fn read(self, value: &str, environment: &Environment) -> Result<String, Complaint> {
        let value = value.trim();
        match self {
            Self::Same => Ok(value.to_owned()),
            Self::Milliseconds => milliseconds(value),
            Self::Port => port(value),
            Self::UnlessFalse => Ok((value != "false").to_string()),
            Self::OnlyTrue => Ok((value == "true").to_string()),
            Self::PinoLevel => level(value),
            Self::DataDir => data_dir(value, environment),
            Self::Root => Ok(text(&root(value)?.join("data"))),
        }
    }

    /// Whether a value that was read is another one than that of the new name.
    fn differs(self, read: &str, new: &str) -> bool {
        match self {
            Self::Milliseconds => {
                humantime::parse_duration(read).ok() != humantime::parse_duration(new).ok()
            }
            Self::Same
            | Self::Port
            | Self::UnlessFalse
            | Self::OnlyTrue
            | Self::PinoLevel
            | Self::DataDir
            | Self::Root => read != new,
        }
    }
}

fn milliseconds(value: &str) -> Result<String, Complaint> {
    let span = value.parse().ok().map(std::time::Duration::from_millis);
    span.filter(|span| values::UP_TO_A_WEEK.contains(span))
        .map(|span| {
            humantime::format_duration(span)
                .to_string()
                .replace(' ', "")
        })
        .ok_or_else(|| {
            let most = values::UP_TO_A_WEEK.end().as_millis();
            complaint(
                value,
                &format!("is no number of milliseconds from 1 to {most}"),
                "Write digits alone, such as 1800000; by its new name it has a unit: 30min.",
            )
        })
}

fn port(value: &str) -> Result<String, Complaint> {
    let port: Result<u16, _> = value.parse();
    port.map(|port| format!("127.0.0.1:{port}")).map_err(|_| {
        complaint(
            value,
            "is no port",
            "Write a number from 1 to 65535, such as 7707, or 0 for any that is free; by its new name it \
             has an address before it: 127.0.0.1:7707.",
        )
    })
}

/// Pino's levels (pino: docs/api.md, "level") in ours; the log has none above `error`.
fn level(value: &str) -> Result<String, Complaint> {
    let ours = match value {
        "fatal" | "error" => "error",
        "silent" => "off",
        "warn" | "info" | "debug" | "trace" => value,
        _ => {
            return Err(complaint(
                value,
                "is no log level",
                "Write one of fatal, error, warn, info, debug, trace, silent; by its new name: off, \
                 error, warn, info, debug, trace.",
            ));
        }
    };
    Ok(ours.to_owned())
}

fn data_dir(value: &str, environment: &Environment) -> Result<String, Complaint> {
    let directory = Path::new(value);
    if directory.is_absolute() {
        return Ok(value.to_owned());
    }
    if value.starts_with('~') {
        return Err(relative(value));
    }
    let below = match (root_of_data(environment), environment.get("HOME")) {
        (Some((_, set, _)), _) => root(set)?,
        (None, Some((home, _))) => root(home)?.join(".discord-orchestrator"),
        (None, None) => return Err(relative(value)),
    };
    Ok(text(&below.join(directory)))
}

/// The root that a data directory that is not absolute is below, if one is set: name, value, source.
fn root_of_data(environment: &Environment) -> Option<(&'static str, &str, &Source)> {
    let (directory, _) = environment.get(DATA_DIR)?;
    let directory = directory.trim();
    if Path::new(directory).is_absolute() || directory.starts_with('~') {
        return None;
    }
    [ROOT, HOME_OF_OLD].into_iter().find_map(|name| {
        let (value, source) = environment.get(name)?;
        Some((name, value.trim(), source))
    })
}

/// The runtime root. The seed took one that is not absolute to be where it was started.
fn root(value: &str) -> Result<PathBuf, Complaint> {
    if Path::new(value).is_absolute() {
        Ok(PathBuf::from(value))
    } else {
        Err(relative(value))
    }
}

fn relative(value: &str) -> Complaint {
    complaint(
        value,
        "is no absolute path",
        "Write the whole path, from `/` on; `~` and variables are not expanded.",
    )
}

/// A path without what it says twice: `/a/./b` is `/a/b`.
fn text(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}

fn complaint(value: &str, is: &str, remedy: &str) -> Complaint {
    values::wrong(&value.into(), is, remedy)
}

/// Whether a variable looks like the seed's and is none of these, so that it does nothing.
pub(super) fn is_idle(name: &str) -> bool {
    name.starts_with(PREFIX) && !is_of_setting(name)
}

/// Whether a variable is the seed's, whether it does anything or not.
pub(super) fn is_old_name(name: &str) -> bool {
    name.starts_with(PREFIX) || is_of_setting(name)
}

fn is_of_setting(name: &str) -> bool {
    ALIASES.iter().any(|alias| alias.old == name)
}

/// The variables that do nothing.
fn unknown(environment: &Environment) -> impl Iterator<Item = String> {
    environment
        .iter()
        .map(|(name, ..)| name)
        .filter(|name| is_idle(name))
        .map(|name| {
            let near = ALIASES
                .iter()
                .map(|alias| (strsim::damerau_levenshtein(alias.old, name), alias.old))
                // More than three letters wrong is another word.
                .filter(|(distance, _)| *distance <= 3)
                .min();
            match near {
                Some((_, meant)) => {
                    format!("{name} does nothing: there is no such setting. Did you mean {meant}?")
                }
                None => format!("{name} does nothing: Baton has no such setting. Remove it."),
            }
        })
}
