//! `[[projects]]`: the directories that people may work in.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use figment::value::Value;

use super::{
    Source,
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};
use crate::words::{ChannelId, Guests, RuntimeKind, UnknownWord};

/// What an agent may do without being asked if the project says nothing: look, not touch.
const ALLOWED_TOOLS: [&str; 3] = ["Read", "Grep", "Glob"];

/// One of `[[projects]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name, unique.
    pub name: ProjectName,
    /// Its directory: absolute, and there when the settings were read.
    pub directory: PathBuf,
    /// The channels that belong to it: at least one, and each to no other project.
    pub channels: Vec<ChannelId>,
    /// The agent program that works in it.
    pub runtime: RuntimeKind,
    /// The model, as the agent program names it; `None` for its default.
    pub model: Option<String>,
    /// How many runs may work in it at once, if not as many as everywhere together.
    pub max_active: Option<usize>,
    /// How many may wait for it, if not as many as everywhere together.
    pub max_queued: Option<usize>,
    /// What the agent may use without being asked, as the agent program writes such rules.
    pub allowed_tools: Vec<String>,
    /// What its guests may do.
    pub guests: Guests,
}

/// 1 to 40 characters of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

impl ProjectName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProjectName {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        if (1..=40).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(UnknownWord::new("project name", text))
    }
}

/// What may be given away once only, over all projects.
#[derive(Default)]
pub(super) struct Taken {
    names: BTreeMap<ProjectName, Source>,
    channels: BTreeMap<ChannelId, String>,
}

impl Project {
    pub(super) fn read(
        mut section: Section<'_>,
        taken: &mut Taken,
        data_dir: Option<&Path>,
    ) -> Option<Self> {
        let source = section.source("name");
        let name = section.required(
            "name",
            "Write a short `name` for the project, such as \"website\".",
            read_name,
        );
        if let (Some(name), Some(source)) = (&name, source)
            && let Some(first) = taken.names.insert(name.clone(), source.clone())
        {
            section.report(
                "name",
                Some(source),
                Complaint::new(
                    format!("There is a project `{name}` already ({first})."),
                    "Give each project a name of its own.",
                ),
            );
        }
        let directory = section.required(
            "directory",
            "Write the absolute path of the project as `directory`.",
            |value| read_directory(value, data_dir),
        );
        let shown = name.as_ref().map_or("another project", ProjectName::as_str);
        let source = section.source("channels");
        let channels = section.required(
            "channels",
            "Write the ids of the project's channels: channels = [1098765432109876543].",
            read_channels,
        );
        for channel in channels.iter().flatten() {
            if let Some(first) = taken.channels.insert(*channel, shown.to_owned()) {
                section.report(
                    "channels",
                    source.clone(),
                    Complaint::new(
                        format!("The channel {channel} belongs to `{first}` already."),
                        "A channel belongs to one project, once: remove it from one of the lists.",
                    ),
                );
            }
        }
        let runtime = section.or("runtime", RuntimeKind::Claude.as_str(), read_runtime);
        let model = section.optional("model", "the agent's default", read_word);
        let as_all = "bounded by [admission] only";
        let max_active = section.optional("max_active", as_all, values::count(1..=1_000));
        let max_queued = section.optional("max_queued", as_all, values::count(1..=100_000));
        let allowed_tools = section.or("allowed_tools", ALLOWED_TOOLS.to_vec(), read_tools);
        let guests = section.or("guests", Guests::None.as_str(), read_guests);
        section.finish();
        Some(Self {
            name: name?,
            directory: directory?,
            channels: channels?,
            runtime: runtime?,
            model: model.ok()?,
            max_active: max_active.ok()?,
            max_queued: max_queued.ok()?,
            allowed_tools: allowed_tools?,
            guests: guests?,
        })
    }
}

fn read_name(value: &Value) -> Result<ProjectName, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is no name of a project",
            "Write 1 to 40 of the characters a-z, 0-9, `-` and `_`.",
        )
    })
}

fn read_directory(value: &Value, data_dir: Option<&Path>) -> Result<PathBuf, Complaint> {
    let path = values::absolute(value)?;
    let remedy = "Write the absolute path of a directory that exists.";
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(wrong(value, "is no directory", remedy)),
        Err(error) => return Err(wrong(value, format!("cannot be opened: {error}"), remedy)),
    }
    if data_dir.is_some_and(|data| path.starts_with(data)) {
        return Err(wrong(
            value,
            "lies in Baton's own data directory, which no agent may touch",
            "Move the project, or write another `dir` below `[data]`.",
        ));
    }
    Ok(path)
}

fn read_channels(value: &Value) -> Result<Vec<ChannelId>, Complaint> {
    let channels = values::list(value)?
        .iter()
        .map(values::id(ChannelId::new))
        .collect::<Result<Vec<_>, _>>()?;
    if channels.is_empty() {
        return Err(Complaint::new(
            "A project without a channel cannot be reached.",
            "Write the ids of the project's channels: channels = [1098765432109876543].",
        ));
    }
    Ok(channels)
}

fn read_runtime(value: &Value) -> Result<RuntimeKind, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        let all: Vec<&str> = RuntimeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        wrong(
            value,
            "is no agent program that Baton knows",
            format!("Write one of: {}.", all.join(", ")),
        )
    })
}

fn read_guests(value: &Value) -> Result<Guests, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is nothing that guests can be let do",
            "Write \"none\", or \"ask\" to let them ask an agent that only reads.",
        )
    })
}

/// A word that becomes an argument of the agent program, and may not turn into an option.
fn read_word(value: &Value) -> Result<String, Complaint> {
    let text = values::text(value)?;
    if text.starts_with('-') || text.chars().any(char::is_control) {
        return Err(wrong(
            value,
            "may not begin with `-` or have a line break in it",
            "Write the name as the agent program shows it.",
        ));
    }
    Ok(text)
}

fn read_tools(value: &Value) -> Result<Vec<String>, Complaint> {
    values::list(value)?.iter().map(read_word).collect()
}
