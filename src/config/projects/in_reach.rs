//! What every agent is started from, whatever its project: no agent may be able to change it.

use std::path::{Path, PathBuf};

use super::super::{
    Account, Claude, Codex, Complaint, Source, program::find_program, reach::Reach,
    section::Section,
};

/// What to do about a directory of an agent program.
const BELIEVED: &str = "Write a directory that lies in no project: what stands there is believed, and the login with it.";

/// What Baton and its agents are started from.
#[derive(Clone, Copy)]
pub(in crate::config) struct Started<'a> {
    /// The agent program.
    pub(in crate::config) claude: Option<&'a Claude>,
    /// The other one, if there is one.
    pub(in crate::config) codex: Option<&'a Codex>,
    /// Their further accounts; `None` stands for one that is wrong.
    pub(in crate::config) accounts: &'a [Option<Account>],
    /// The `PATH` of agents.
    pub(in crate::config) path: &'a str,
    /// Their home directory, if they have one.
    pub(in crate::config) home: Option<&'a str>,
    /// The files of the settings.
    pub(in crate::config) files: &'a [PathBuf],
}

/// Reports what agents can change of Baton itself, the agent program, its directory and the directories of `PATH`.
pub(super) fn look(root: &mut Section<'_>, reach: &Reach, started: Started<'_>) {
    let Started { claude, path, .. } = started;
    itself(root, reach, started.files);
    if let Some(claude) = claude {
        let over = over_program(reach, &claude.command, path);
        report(
            root,
            "claude.command",
            over,
            "Install Claude Code where only you write, and write its path there.",
        );
        // Without a directory of its own it has one in the home directory.
        let usual = || Some(Path::new(started.home?).join(".claude"));
        let directory = claude.config_dir.clone().or_else(usual);
        report(
            root,
            "claude.config_dir",
            directory.and_then(|directory| reach.over_directory(&directory)),
            BELIEVED,
        );
    }
    if let Some(codex) = started.codex {
        let over = over_program(reach, &codex.command, path);
        report(
            root,
            "codex.command",
            over,
            "Install Codex where only you write, and write its path there.",
        );
        let over = reach.over_directory(&codex.home);
        report(root, "codex.home", over, BELIEVED);
    }
    for (at, account) in started.accounts.iter().enumerate() {
        let over = account.as_ref();
        let over = over.and_then(|account| reach.over_directory(&account.directory));
        report(root, &format!("accounts.{at}.directory"), over, BELIEVED);
    }
    let why = path.split(':').find_map(|part| {
        let place = Path::new(part);
        if place.is_absolute() {
            return reach.over_directory(place);
        }
        let shown = if part.is_empty() {
            "an empty part (`::`, or `:` at an end)".to_owned()
        } else {
            format!("`{part}`")
        };
        Some(format!(
            "It has {shown} in it, which is the agent's own working directory where an agent is started."
        ))
    });
    if let Some(why) = why {
        let name = "PATH".to_owned();
        let remedy =
            "Start Baton with a PATH without it: programs are looked up there before they are run.";
        root.report(
            "PATH",
            Some(Source::Variable { name }),
            Complaint::new(why, remedy),
        );
    }
}

/// Why an agent program is not Baton's alone. One that is not there yet may be made by an agent.
fn over_program(reach: &Reach, command: &Path, path: &str) -> Option<String> {
    let found = find_program(command, path).ok();
    let file = found.or_else(|| command.is_absolute().then(|| command.to_owned()))?;
    let word = command.to_string_lossy();
    reach.over(&word, &file).ok().flatten()
}

/// Reports Baton's own program and the files of its settings that agents can change.
fn itself(root: &mut Section<'_>, reach: &Reach, files: &[PathBuf]) {
    let over = |file: &Path| {
        let name = file.file_name().unwrap_or(file.as_os_str());
        let why = reach.over(&file.to_string_lossy(), file).ok().flatten()?;
        Some((name.to_string_lossy().into_owned(), file.to_owned(), why))
    };
    let program = std::env::current_exe().ok();
    // Those that are there come first; one that is not could still be put there.
    let (there, not_there): (Vec<&PathBuf>, Vec<&PathBuf>) =
        files.iter().partition(|file| file.exists());
    let mut files = there.into_iter().chain(not_there);
    let found = [
        (
            program.and_then(|file| over(&file)),
            "Install Baton where only you write, such as /opt/baton, and start it from there.",
        ),
        (
            files.find_map(|file| over(file)),
            "Keep `baton.toml` and `.env` where only you write, such as /etc/baton, and start Baton there or name \
             the first with `--config FILE`; the other is looked for beside it.",
        ),
    ];
    for (file, remedy) in found {
        if let Some((name, path, why)) = file {
            let source = Source::File { path, line: None };
            root.report(&name, Some(source), Complaint::new(why, remedy));
        }
    }
}

fn report(root: &mut Section<'_>, key: &str, why: Option<String>, remedy: &str) {
    if let Some(why) = why {
        let source = root.source_of(key);
        root.report(key, source, Complaint::new(why, remedy));
    }
}
