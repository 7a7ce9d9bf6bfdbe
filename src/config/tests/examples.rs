//! The example files say what is true.

use std::collections::{BTreeMap, BTreeSet};

use super::{Folder, SMALLEST};
use crate::config::{Explained, Settings, Source};

const TOML: &str = include_str!("../../../baton.example.toml");
const ENV: &str = include_str!("../../../.env.example");

/// Settings whose example is no default, because there is none.
const WITHOUT_DEFAULT: [&str; 7] = [
    "discord.owner_role",
    "discord.api_base",
    "discord.api_ca",
    "claude.config_dir",
    "projects.0.model",
    "projects.0.max_active",
    "projects.0.max_queued",
];

/// The example with a directory that exists.
fn example(toml: &str) -> Folder {
    assert!(toml.contains("\"/srv/projects/website\""));
    Folder::new(&toml.replace("/srv/projects/website", "$DIR/site"))
}

/// The example with all that could be set. Prose begins with `# `, a setting with `#` alone.
fn uncommented() -> String {
    let lines = TOML.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') || setting.starts_with("    ") => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn rows(settings: &Settings) -> BTreeMap<&str, &Explained> {
    let rows = settings.explain().iter();
    rows.map(|row| (row.key.as_str(), row)).collect()
}

#[test]
fn the_example_is_a_configuration_that_works() {
    let settings = example(TOML).with_env_file(ENV).load(&[]).unwrap();
    settings.require_projects().unwrap();
    assert_eq!(settings.projects[0].name.as_str(), "website");
}

#[test]
fn the_example_names_every_setting_and_no_other() {
    let settings = example(&uncommented()).load(&[]).unwrap();
    let silent: Vec<&str> = rows(&settings)
        .values()
        .filter(|row| !matches!(row.source, Source::File { .. }))
        .map(|row| row.key.as_str())
        .collect();
    assert_eq!(silent, ["discord.token"]);
}

#[test]
fn the_example_shows_the_defaults_as_they_are() {
    let said = example(&uncommented()).load(&[]).unwrap();
    let holds = example(TOML).load(&[]).unwrap();
    for (key, row) in rows(&holds) {
        if row.source == Source::Default && !WITHOUT_DEFAULT.contains(&key) {
            assert_eq!(rows(&said)[key].value, row.value, "{key}");
        }
    }
}

#[test]
fn the_example_of_the_secrets_names_variables_that_are_read() {
    let filled = ENV
        .replace("TOKEN=", "TOKEN=a-token")
        .replace("GUILD_ID=", "GUILD_ID=77")
        .replace("CONFIG_DIR=", "CONFIG_DIR=/c")
        .replace("API_KEY=", "API_KEY=a-key");
    let folder = Folder::new(SMALLEST).with_env_file(&filled);
    let settings = folder.load(&[("DISCORD_BOT_TOKEN", "")]).unwrap_err();
    assert_eq!(
        settings.problems.len(),
        1,
        "an empty variable of the process wins: {settings}"
    );
    let settings = folder.load(&[]).unwrap();
    let from: BTreeSet<&str> = settings
        .explain()
        .iter()
        .filter_map(|row| row.source.variable())
        .chain(settings.claude.env.keys().map(String::as_str))
        .collect();
    let named: BTreeSet<&str> = ENV
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .filter(|name| !name.starts_with('#'))
        .collect();
    assert_eq!(from, named);
}
