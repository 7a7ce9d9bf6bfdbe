//! What an operator should know of his settings although they work.

use crate::{
    config::{Settings, Standing, find_program},
    runtime::HostEnv,
    words::RuntimeKind,
};

/// Writes it into the log, at the start.
pub(super) fn log(settings: &Settings) {
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    for sentence in no_agent(settings, &HostEnv::of_this_process().path) {
        tracing::warn!("{sentence}");
    }
    if nix::unistd::geteuid().is_root() && has_bounds(settings) {
        tracing::warn!("{ROOT_LIFTS}");
    }
    if let Some(sentence) = old_names(settings) {
        tracing::info!("{sentence}");
    }
}

/// The same for the terminal, one line each; empty if there is nothing.
pub(super) fn text(settings: &Settings) -> String {
    let no_agent = no_agent(settings, &HostEnv::of_this_process().path);
    let warnings = settings.warnings().iter().chain(&no_agent);
    let warnings = warnings.map(|warning| format!("Warning: {warning}\n"));
    let old = old_names(settings).map(|sentence| format!("{sentence}\n"));
    warnings.chain(old).collect()
}

/// What cannot be promised of bounds that the system keeps.
const ROOT_LIFTS: &str = "Baton runs as root, and what root starts may lift `max_open_files` and \
     `max_file_size` again. Run Baton as another user, or its agents behind a `launcher` that takes \
     root's powers away.";

fn has_bounds(settings: &Settings) -> bool {
    let mut projects = settings.all_projects();
    projects.any(|project| project.bounds.are_the_systems())
}

/// That an agent program cannot be started, a sentence each; `path` is the `PATH` that it will have. The server
/// starts without it, as it may be installed later. What a launcher starts only that one finds; and who works with Codex
/// alone needs no Claude Code.
fn no_agent(settings: &Settings, path: &str) -> Vec<String> {
    let mut projects = settings.all_projects();
    if !projects.any(|project| project.launcher.is_empty()) {
        return Vec::new();
    }
    let claude = ("claude", "Claude Code", &settings.claude.command);
    let claude = settings.wants(RuntimeKind::Claude).then_some(claude);
    let codex = settings.codex.as_ref();
    let codex = codex.map(|codex| ("codex", "Codex", &codex.command));
    let not_there = claude.into_iter().chain(codex).filter_map(|program| {
        let (section, name, command) = program;
        let why = find_program(command, path).err()?;
        let key = format!("{section}.command");
        let mut rows = settings.explain().iter();
        let source = rows.find(|row| row.key == key).map(|row| &row.source);
        let source = source.map_or_else(String::new, |source| format!(" ({source})"));
        Some(format!(
            "{key}{source}: `{}` {why}, so no agent can be started. Install {name}, or write the whole path \
             of the program as `command` below [{section}].",
            command.display()
        ))
    });
    not_there.collect()
}

/// Which old names are in use, and what they are called now.
fn old_names(settings: &Settings) -> Option<String> {
    let used: Vec<String> = settings
        .old_names()
        .iter()
        .filter(|name| name.standing == Standing::Holds)
        .map(|name| format!("{} is {}", name.old, name.new))
        .collect();
    (!used.is_empty()).then(|| {
        format!(
            "Settings are read by the names of discord-orchestrator, which go on to work; by their new \
             names: {}.",
            used.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;
    use crate::cli::judge_tools;

    /// What is told of a command, with a launcher before it or not.
    fn told(command: &str, launcher: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        let path = folder.path().display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_user = 2\n[data]\ndir = \"{path}/data\"\n[claude]\n{command}\n\
             [[projects]]\nname = \"a\"\ndirectory = \"{path}/project\"\nchannels = [3]\n{launcher}\n"
        );
        let file = folder.path().join("baton.toml");
        fs::write(&file, toml).unwrap();
        let token = ("DISCORD_BOT_TOKEN".to_owned(), "t".to_owned());
        let settings = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap();
        let told = no_agent(&settings, "/nowhere:/usr/bin:/bin");
        told.into_iter()
            .map(|told| told.replace(&path.to_string(), "$DIR"))
            .collect()
    }

    #[test]
    fn an_agent_program_that_is_not_there_is_warned_of_where_it_is_started() {
        for (command, launcher) in [
            ("command = \"sh\"", ""),
            ("command = \"/bin/sh\"", ""),
            ("command = \"no-such-agent\"", "launcher = [\"true\"]"),
            (
                "command = \"no-such-agent\"\n[codex]\nhome = \"/var/lib/baton/codex\"\ncommand = \"sh\"",
                "runtime = \"codex\"",
            ),
        ] {
            assert_eq!(told(command, launcher), [""; 0], "{command}");
        }
        let told = [
            "",
            "command = \"no-such-agent\"",
            "command = \"/nowhere/claude\"",
            "command = \"/etc/passwd\"",
            "command = \"sh\"\n[codex]\nhome = \"/var/lib/baton/codex\"\ncommand = \"no-such-codex\"",
        ]
        .map(|command| told(command, "").join("\n"));
        insta::assert_snapshot!(told.join("\n"));
    }
}
