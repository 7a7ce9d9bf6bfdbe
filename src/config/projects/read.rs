//! The values of a project's table.

use std::path::{Path, PathBuf};

use figment::value::Value;

use super::{
    super::{
        problem::Complaint,
        values::{self, wrong},
    },
    ProjectName,
};
use crate::words::{Approvers, Background, Busy, ChannelId, Guests, RoleId, RuntimeKind};

pub(super) fn name(value: &Value) -> Result<ProjectName, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is no name of a project",
            "Write 1 to 40 of the characters a-z, 0-9, `-` and `_`.",
        )
    })
}

pub(in crate::config) fn directory(
    value: &Value,
    data_dir: Option<&Path>,
) -> Result<PathBuf, Complaint> {
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

pub(super) fn channels(value: &Value) -> Result<Vec<ChannelId>, Complaint> {
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

pub(super) fn runtime(value: &Value) -> Result<RuntimeKind, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        let all: Vec<&str> = RuntimeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        wrong(
            value,
            "is no agent program that Baton knows",
            format!("Write one of: {}.", all.join(", ")),
        )
    })
}

pub(super) fn approvers(value: &Value) -> Result<Approvers, Complaint> {
    let complaint = || {
        wrong(
            value,
            "does not say who may say yes",
            "Write \"owners\", \"members\", \"nobody\" (what no rule allows is denied), or a list of \
             role ids: approvers = [1098765432109876543].",
        )
    };
    if matches!(value, Value::Array(..)) {
        let roles = values::list(value)?;
        let roles: Result<Vec<_>, _> = roles.iter().map(values::id(RoleId::new)).collect();
        return match roles? {
            roles if roles.is_empty() => Err(complaint()),
            roles => Ok(Approvers::Roles(roles)),
        };
    }
    match values::text(value)?.as_str() {
        "owner" | "owners" => Ok(Approvers::Owners),
        "members" => Ok(Approvers::Members),
        "nobody" => Ok(Approvers::Nobody),
        _ => Err(complaint()),
    }
}

pub(super) fn busy(value: &Value) -> Result<Busy, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is nothing that a message can do while the agent works",
            "Write \"queue\" (it waits), \"steer\" (it joins the turn) or \"interrupt\" (it ends the turn).",
        )
    })
}

pub(super) fn background(value: &Value) -> Result<Vec<Background>, Complaint> {
    let one = |word: &Value| {
        values::text(word)?.parse().map_err(|_| {
            wrong(
                word,
                "is nothing that an agent can go on with by itself",
                "Write \"tasks\" (commands and sub-agents in the background) or \"schedules\" (turns at \
                 times that it sets), or leave the list empty.",
            )
        })
    };
    values::list(value)?.iter().map(one).collect()
}

pub(super) fn guests(value: &Value) -> Result<Guests, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is nothing that guests can be let do",
            "Write \"none\", or \"ask\" to let them ask an agent that only reads.",
        )
    })
}

/// A word that becomes an argument of the agent program, and may not turn into an option.
pub(super) fn tools(value: &Value) -> Result<Vec<String>, Complaint> {
    values::list(value)?.iter().map(values::word).collect()
}
