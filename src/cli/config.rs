//! `baton config`: look at the configuration without starting anything.

use std::fmt::Write as _;

use clap::Subcommand;

use super::{ConfigFile, projects, terminal};
use crate::config::{Explained, Settings};

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
    /// Show every setting with its value and where that comes from; secrets are masked.
    Show(ConfigFile),
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.what {
        What::Check(file) => {
            let settings = file.load()?;
            projects::of(&settings)?;
            terminal::say(&summary(&settings));
        }
        What::Show(file) => terminal::say(&table(file.load()?.explain())),
    }
    Ok(())
}

fn summary(settings: &Settings) -> String {
    let channels: usize = settings
        .projects
        .iter()
        .map(|project| project.channels.len())
        .sum();
    format!(
        "The configuration is good: {}, {}.\n",
        counted(settings.projects.len(), "project"),
        counted(channels, "channel")
    )
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn table(rows: &[Explained]) -> String {
    let mut cells = vec![[
        "SETTING".to_owned(),
        "VALUE".to_owned(),
        "SOURCE".to_owned(),
    ]];
    cells.extend(
        rows.iter()
            .map(|row| [row.key.clone(), row.value.clone(), row.source.to_string()]),
    );
    let width = |column: usize| {
        let lengths = cells
            .iter()
            .map(|row: &[String; 3]| row[column].chars().count());
        lengths
            .filter(|length| *length <= WIDEST)
            .max()
            .unwrap_or(0)
    };
    let (keys, values) = (width(0), width(1));
    let mut table = String::new();
    for [key, value, source] in &cells {
        // Writing to a string does not fail.
        let _written = writeln!(table, "{key:keys$}  {value:values$}  {source}");
    }
    table
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use insta::assert_snapshot;
    use tempfile::TempDir;

    use super::*;

    /// Settings with one project in the directory, which is `$DIR` in what is shown.
    fn settings(folder: &TempDir) -> Settings {
        let directory = folder.path().display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_role = 2\n[data]\ndir = \"/var/lib/baton\"\n\
             [[projects]]\nname = \"site\"\ndirectory = \"{directory}\"\nchannels = [3, 4]\n"
        );
        fs::write(folder.path().join("baton.toml"), toml).unwrap();
        let env = "DISCORD_BOT_TOKEN=hush-hush\nBATON_HTTP__LISTEN=127.0.0.1:1\n";
        fs::write(folder.path().join(".env"), env).unwrap();
        let process = BTreeMap::from([("BATON_CLAUDE__MAX_LIVE".to_owned(), "2".to_owned())]);
        Settings::load(&folder.path().join("baton.toml"), &process).unwrap()
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
        assert_snapshot!(hide(&table(&rows)));
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
