//! What every agent is started from, whatever its project: no agent may be able to change it.

use std::path::Path;

use super::super::{Claude, Complaint, program::find_program, reach::Reach, section::Section};

/// Reports the agent program, its directory and the directories of `PATH` that agents can change.
pub(super) fn look(root: &mut Section<'_>, reach: &Reach, claude: Option<&Claude>, path: &str) {
    if let Some(claude) = claude {
        let command = &claude.command;
        // One that is not there yet may be made by an agent.
        let found = find_program(command, path).ok();
        let found = found.or_else(|| command.is_absolute().then(|| command.clone()));
        let word = command.to_string_lossy();
        let why = found.and_then(|file| reach.over(&word, &file).ok().flatten());
        report(
            root,
            "claude.command",
            why,
            "Install Claude Code where only you write, and write its path there.",
        );
        let directory = claude.config_dir.as_deref();
        report(
            root,
            "claude.config_dir",
            directory.and_then(|directory| reach.over_directory(directory)),
            "Write a directory that lies in no project: what stands there is believed, and the login with it.",
        );
    }
    let mut places = path.split(':').map(Path::new);
    let why = places.find_map(|place| reach.over_directory(place));
    report(
        root,
        "PATH",
        why,
        "Start Baton with a PATH without it: programs are looked up there before they are run.",
    );
}

fn report(root: &mut Section<'_>, key: &str, why: Option<String>, remedy: &str) {
    if let Some(why) = why {
        let source = root.source_of(key);
        root.report(key, source, Complaint::new(why, remedy));
    }
}
