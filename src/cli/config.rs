//! `baton config`: look at the configuration without starting anything.

use std::fmt::Write as _;

use clap::Subcommand;

use super::{ConfigFile, notes, projects, terminal};
use crate::config::{Explained, OldName, Settings, Standing};

/// How wide a column may make the next one start, in characters; longer values push it aside.
const WIDEST: usize = 44;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tell whether a server would start with it, and if not, everything that is wrong.
    Check(ConfigFile),
    /// Show every setting with its value and where that comes from, and the old names of settings;
    /// secrets are masked.
    Show(ConfigFile),
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.what {
        What::Check(file) => {
            let settings = file.load()?;
            projects::of(&settings)?;
            terminal::say(&(summary(&settings) + &notes::text(&settings)));
        }
        What::Show(file) => terminal::say(&shown(&file.load()?)),
    }
    Ok(())
}

fn summary(settings: &Settings) -> String {
    let channels: usize = settings
        .projects
        .iter()
        .map(|project| project.channels.len())
        .sum();
    let others = match &settings.default_project {
        Some(project) => format!(", and `{}` in every other channel", project.name),
        None => String::new(),
    };
    format!(
        "The configuration is good: {}, {}{others}.\n",
        counted(settings.projects.len(), "project"),
        counted(channels, "channel")
    )
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn shown(settings: &Settings) -> String {
    let warnings = notes::text(settings);
    let gap = if warnings.is_empty() { "" } else { "\n" };
    format!(
        "{}\nVariables of discord-orchestrator, and the settings that they are old names of:\n\n{}{gap}{warnings}",
        explained(settings.explain()),
        old_names(settings.old_names())
    )
}

fn explained(rows: &[Explained]) -> String {
    let cells = rows
        .iter()
        .map(|row| [row.key.clone(), row.value.clone(), row.source.to_string()]);
    table(["SETTING", "VALUE", "SOURCE"], cells)
}

fn old_names(names: &[OldName]) -> String {
    let cells = names.iter().map(|name| {
        let standing = match &name.standing {
            Standing::Unset => "not set".to_owned(),
            Standing::Holds => "in use".to_owned(),
            Standing::Overruled { by } => format!("overruled by {by}"),
        };
        [
            name.old.to_owned(),
            name.key.to_owned(),
            name.new.clone(),
            standing,
        ]
    });
    table(["OLD NAME", "SETTING", "NEW NAME", ""], cells)
}

/// Rows below a head, in columns; the last one is not filled up.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut cells = vec![head.map(str::to_owned)];
    cells.extend(rows);
    let width = |column: usize| {
        let lengths = cells.iter().map(|row| row[column].chars().count());
        let lengths = lengths.filter(|length| *length <= WIDEST);
        lengths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut table = String::new();
    for row in &cells {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a string does not fail.
            let _written = write!(line, "{cell:width$}  ");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _};

    use insta::assert_snapshot;
    use tempfile::TempDir;

    use super::*;
    use crate::cli::judge_tools;

    fn write(folder: &TempDir, name: &str, text: &str) {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Settings with one project below the directory, which is `$DIR` in what is shown.
    fn settings(folder: &TempDir) -> Settings {
        let directory = folder.path().join("site");
        fs::create_dir_all(&directory).unwrap();
        let directory = directory.display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_role = 2\n[data]\ndir = \"/var/lib/baton\"\n\
             [[projects]]\nname = \"site\"\ndirectory = \"{directory}\"\nchannels = [3, 4]\n"
        );
        write(folder, "baton.toml", &toml);
        let env = "DISCORD_BOT_TOKEN=hush-hush\nBATON_HTTP__LISTEN=127.0.0.1:1\n";
        write(folder, ".env", env);
        let process = BTreeMap::from([("BATON_CLAUDE__MAX_LIVE".to_owned(), "2".to_owned())]);
        Settings::load(&folder.path().join("baton.toml"), &process, judge_tools).unwrap()
    }

    #[test]
    fn every_setting_is_shown_with_its_source_and_no_secret() {
        let folder = TempDir::new().unwrap();
        let mut rows = settings(&folder).explain().to_vec();
        // The name of the directory is another one each time, and so would be the columns.
        let hide = |text: &str| text.replace(folder.path().to_str().unwrap(), "$DIR");
        for row in &mut rows {
            row.value = hide(&row.value);
        }
        assert_snapshot!(hide(&explained(&rows)));
    }

    #[test]
    fn the_old_names_are_shown_with_the_settings_that_they_are_names_of() {
        let folder = TempDir::new().unwrap();
        let env = "DISCORD_BOT_TOKEN=hush-hush\nDISCORD_GUILD_ID=1\nDISCORD_OWNER_ROLE_ID=2\n\
                   OMC_MAX_ACTIVE_CLIS=8\nBATON_ADMISSION__MAX_QUEUED=30\nOMC_MAX_QUEUED_SESSIONS=20\n\
                   OMC_DATA_DIR=/data\nOMC_QUEUE_STALE_MS=90000\nOMC_MAX_ACTIVE_CLI=9\n\
                   BATON_CLAUDE__COMMAND=/bin/sh\n";
        write(&folder, ".env", env);
        let settings = Settings::load_from(folder.path(), &BTreeMap::new(), judge_tools).unwrap();
        let said = shown(&settings);
        let said = said.replace(folder.path().to_str().unwrap(), "$DIR");
        let (first, rest) = said.split_once("\n\n").unwrap();
        let old: Vec<&str> = first
            .lines()
            .filter(|row| row.contains("old name"))
            .collect();
        assert_snapshot!(format!("{}\n\n{rest}", old.join("\n")));
    }

    #[test]
    fn a_good_configuration_is_called_good() {
        let folder = TempDir::new().unwrap();
        assert_eq!(
            summary(&settings(&folder)),
            "The configuration is good: 1 project, 2 channels.\n"
        );
    }
}
