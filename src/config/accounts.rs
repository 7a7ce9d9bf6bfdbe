//! `[[accounts]]`: further accounts of the agent programs, each with a directory of its own.

use std::path::{Path, PathBuf};

use figment::value::Value;
use serde::Deserialize;

use super::{
    Renewal,
    codex::read_home,
    credentials::read_renewal,
    environment::Environment,
    problem::Complaint,
    projects::Started,
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

const NAME: &str = "Write a name of 1 to 32 small letters, digits and `-`, such as \"team\".";
const DIRECTORY: &str =
    "Write the directory that the agent program has for this account alone, from `/` on.";

/// All of them; `None` stands for one that is wrong. They may also stand in a variable, as the seed had them.
pub(super) fn read(root: &mut Section<'_>, environment: &Environment) -> Vec<Option<Account>> {
    let mut all = Vec::new();
    if root.is_text("accounts") {
        let read = root.optional("accounts", "none", |value| of_json(value, environment));
        let read = read.ok().flatten();
        root.explain_as(
            "accounts",
            format!("{} of them", read.as_ref().map_or(0, Vec::len)),
        );
        return read.map_or_else(|| vec![None], |read| read.into_iter().map(Some).collect());
    }
    root.tables("accounts", |section| {
        all.push(Account::read(section, environment));
    });
    all
}

impl Account {
    fn read(mut section: Section<'_>, environment: &Environment) -> Option<Self> {
        let name = section.required("name", NAME, read_name);
        let runtime = section.or("runtime", RuntimeKind::Claude.as_str(), read_runtime);
        let directory = section.required("directory", DIRECTORY, |value| {
            read_directory(value, runtime, environment)
        });
        let renewal = section.or("renewal", Renewal::Auto.as_str(), read_renewal);
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

fn read_directory(
    value: &Value,
    runtime: Option<RuntimeKind>,
    environment: &Environment,
) -> Result<PathBuf, Complaint> {
    let directory = match runtime {
        Some(RuntimeKind::Codex) => read_home(value, environment)?,
        Some(RuntimeKind::Claude) | None => values::absolute(value)?,
    };
    if directory.is_dir() {
        return Ok(directory);
    }
    let remedy =
        "Make it with `mkdir -m 700`, and log the agent program in there, as RUNBOOK.md shows.";
    Err(wrong(value, "is no directory that is there", remedy))
}

/// An account as the seed had it.
#[derive(Deserialize)]
struct OfSeed {
    slot: String,
    runtime: String,
    #[serde(default)]
    env: std::collections::BTreeMap<String, String>,
}

/// Nothing of the value is repeated: keys stood in it.
fn of_json(value: &Value, environment: &Environment) -> Result<Vec<Account>, Complaint> {
    let remedy = "Write a list such as [{\"slot\": \"team\", \"runtime\": \"claude\", \"env\": \
                  {\"CLAUDE_CONFIG_DIR\": \"/var/lib/baton/team\"}}], or better `[[accounts]]` into baton.toml, as \
                  baton.example.toml shows.";
    let all: Vec<OfSeed> = serde_json::from_str(&values::text(value)?)
        .map_err(|_| Complaint::new("This is no list of accounts.", remedy))?;
    all.into_iter().map(|one| one.read(environment)).collect()
}

impl OfSeed {
    fn read(self, environment: &Environment) -> Result<Account, Complaint> {
        let name = read_name(&self.slot.into())?;
        let runtime = read_runtime(&self.runtime.into())?;
        let variable = match runtime {
            RuntimeKind::Claude => "CLAUDE_CONFIG_DIR",
            RuntimeKind::Codex => "CODEX_HOME",
        };
        let (Some(directory), 1) = (self.env.get(variable), self.env.len()) else {
            return Err(Complaint::new(
                format!("The account `{name}` has something else in `env` than {variable}."),
                format!(
                    "Give it a directory of its own there, as {variable} alone, and log in in that: keys are not handed \
                     on from here."
                ),
            ));
        };
        let directory = read_directory(&directory.as_str().into(), Some(runtime), environment)?;
        Ok(Account {
            slot: SlotId { runtime, name },
            directory,
            renewal: Renewal::Auto,
        })
    }
}

/// Reports what is wrong with accounts beside each other: names and directories are each one's own. Those that the
/// programs have by their sections count too.
pub(super) fn compare(root: &mut Section<'_>, started: &Started<'_>) {
    let usual = || Some(Path::new(started.home?).join(".claude"));
    let claude = started
        .claude
        .and_then(|claude| claude.config_dir.clone().or_else(usual));
    let codex = started.codex.map(|codex| codex.home.clone());
    let of_section =
        |kind, directory: Option<PathBuf>| Some((SlotId::main(kind), really(&directory?)));
    let mut taken: Vec<(SlotId, PathBuf)> = of_section(RuntimeKind::Claude, claude)
        .into_iter()
        .chain(of_section(RuntimeKind::Codex, codex))
        .collect();
    for (at, account) in started.accounts.iter().enumerate() {
        let Some(account) = account else { continue };
        let directory = really(&account.directory);
        if taken.iter().any(|(slot, _)| *slot == account.slot) {
            let is = format!("There is an account `{}` already.", account.slot);
            let remedy =
                "Call one of them something else; `main` is the one of the program's own section.";
            report(root, at, "name", Complaint::new(is, remedy));
        }
        if let Some((other, _)) = taken.iter().find(|(_, taken)| *taken == directory) {
            let is =
                format!("The account `{other}` has this directory already, and so the same login.");
            let remedy = "Give each a directory of its own, and log in there.";
            report(root, at, "directory", Complaint::new(is, remedy));
        }
        taken.push((account.slot.clone(), directory));
    }
}

fn report(root: &mut Section<'_>, at: usize, name: &str, complaint: Complaint) {
    let key = format!("accounts.{at}.{name}");
    let source = root.source_of(&key).or_else(|| root.source_of("accounts"));
    root.report(&key, source, complaint);
}

fn really(directory: &Path) -> PathBuf {
    directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned())
}
