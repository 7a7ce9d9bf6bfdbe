//! `[[accounts]]`: further accounts of the agent programs, each with a directory of its own.

use std::path::PathBuf;

use figment::value::Value;

use super::{
    Renewal,
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};
use crate::words::{RuntimeKind, SlotId, SlotName};

/// One of `[[accounts]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The program and what the account is called.
    pub slot: SlotId,
    /// Where its login and its conversations lie, absolute.
    pub directory: PathBuf,
    /// Who renews its tokens.
    pub renewal: Renewal,
}

impl Account {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let name = section.required("name", NAME, read_name);
        let runtime = section.or("runtime", RuntimeKind::Claude.as_str(), read_runtime);
        let directory = section.required(
            "directory",
            "Write the directory that the agent program has for this account alone, from `/` on.",
            values::absolute,
        );
        let renewal = section.or("renewal", Renewal::Auto.as_str(), super::credentials::read_renewal);
        section.finish();
        Some(Self {
            slot: SlotId {
                runtime: runtime?,
                name: name?,
            },
            directory: directory?,
            renewal: renewal?,
        })
    }
}

const NAME: &str = "Write a name of small letters, digits and `-`, such as \"team\".";

fn read_name(value: &Value) -> Result<SlotName, Complaint> {
    values::text(value)?
        .parse()
        .map_err(|_| wrong(value, "is no name of an account", NAME))
}

fn read_runtime(value: &Value) -> Result<RuntimeKind, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is no agent program",
            "Write \"claude\" or \"codex\".",
        )
    })
}

/// What is wrong with accounts beside each other: names and directories are each one's own.
pub(super) fn twice(accounts: &[Account]) -> Option<(usize, Complaint)> {
    accounts.iter().enumerate().find_map(|(at, one)| {
        let before = &accounts[..at];
        if before.iter().any(|other| other.slot == one.slot) {
            let is = format!("There are two accounts `{}`.", one.slot);
            return Some((at, Complaint::new(is, "Call one of them something else.")));
        }
        before.iter().any(|other| other.directory == one.directory).then(|| {
            let is = "Two accounts have this directory, and so one login.";
            let remedy = "Give each a directory of its own, and log in there.";
            (at, Complaint::new(is, remedy))
        })
    })
}
