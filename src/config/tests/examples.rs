//! The example files say what is true.

use std::collections::{BTreeMap, BTreeSet};

use super::{Folder, SMALLEST};
use crate::config::{Explained, Settings, Source};

const TOML: &str = include_str!("../../../baton.example.toml");
const ENV: &str = include_str!("../../../.env.example");

/// Settings whose example is no default, because there is none.
const WITHOUT_DEFAULT: [&str; 21] = [
    "approvals.channel",
    "default_project",
    "discord.owner_role",
    "discord.alerts_channel",
    "discord.audit_channel",
    "discord.api_base",
    "discord.api_ca",
    "claude.config_dir",
    "codex.model",
    "codex.base_url",
    "codex.key_variable",
    "credentials.ca",
    "credentials.proxies",
    "projects.0.model",
    "projects.0.max_active",
    "projects.0.max_queued",
    "projects.0.launcher",
    "projects.0.max_open_files",
    "projects.0.max_file_size",
    "projects.0.turn_timeout",
    "projects.0.max_output",
];

/// The example with a directory that exists.
fn example(toml: &str) -> Folder {
    assert!(toml.contains("\"/srv/projects/website\""));
    let toml = toml.replace("/srv/projects/website", "$DIR/site");
    let toml = toml.replace("/var/lib/baton/team", "$DIR");
    // A program that every machine has.
    Folder::new(&toml.replace("/opt/baton/bwrap-agent", "/bin/true"))
}

/// The example with all that could be set. Prose begins with `# `, a setting with `#` alone.
fn uncommented() -> String {
    let lines = TOML.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') || setting.starts_with("    ") => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The example with all that could be set, read.
fn all() -> Settings {
    let folder = example(&uncommented());
    folder.load(&[("MODELS_API_KEY", "key")]).unwrap()
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
    let settings = all();
    let silent: Vec<&str> = rows(&settings)
        .values()
        .filter(|row| !matches!(row.source, Source::File { .. }))
        .map(|row| row.key.as_str())
        .collect();
    assert_eq!(silent, ["discord.token"]);
}

#[test]
fn the_example_shows_the_defaults_as_they_are() {
    let said = all();
    let holds = example(&TOML.replace("#[codex]", "[codex]"));
    let holds = holds.load(&[]).unwrap();
    for (key, row) in rows(&holds) {
        if row.source == Source::Default && !WITHOUT_DEFAULT.contains(&key) {
            assert_eq!(rows(&said)[key].value, row.value, "{key}");
        }
    }
}

/// The comment above a setting of the example, on one line.
fn above(section: &str, setting: &str) -> String {
    let lines: Vec<&str> = TOML.lines().collect();
    let is_it = |line: &&str| {
        line.trim_start_matches('#')
            .starts_with(&format!("{setting} ="))
    };
    // What a project has stands last.
    let at = match section {
        "projects.0" => lines.iter().rposition(is_it),
        _ => lines.iter().position(is_it),
    };
    let at = at.unwrap();
    // One comment may stand above several settings.
    let told: Vec<&str> = lines[..at]
        .iter()
        .rev()
        .skip_while(|line| !line.starts_with("# "))
        .take_while(|line| line.starts_with("# "))
        .map(|line| line.trim_start_matches("# "))
        .collect();
    told.into_iter().rev().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_example_says_how_much_each_bound_may_be() {
    let settings = all();
    let mut silent = Vec::new();
    for row in settings.explain() {
        let (section, name) = row.key.rsplit_once('.').unwrap_or(("", &row.key));
        if !name.contains("max_") {
            continue;
        }
        let variable = format!("BATON_{}", row.key.to_uppercase().replace('.', "__"));
        // No bound is as large as one of these.
        let told = ["9999999999999999", "9999days"].map(|value| {
            let errors = example(TOML).load(&[(&variable, value)]).unwrap_err();
            errors.problems[0].text.clone()
        });
        let range = told.iter().find_map(|told| {
            let (_, range) = told.split_once(" from ").or(told.split_once(" between "))?;
            Some(range.trim_end_matches('.').replace(" and ", " to "))
        });
        let range = range.unwrap_or_else(|| panic!("{}: {told:?}", row.key));
        let comment = above(section, name);
        if !comment.replace('_', "").contains(&range) {
            silent.push(format!("{}: {range}: {comment}", row.key));
        }
    }
    assert_eq!(silent, [""; 0]);
}

#[test]
fn no_id_of_the_example_stands_for_two_things() {
    let settings = all();
    let ids: Vec<String> = settings
        .explain()
        .iter()
        .map(|row| row.value.trim_matches(['[', ']']).to_owned())
        .filter(|value| value.len() == 19 && value.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
    assert!(ids.len() > 5, "{ids:?}");
}

#[test]
fn the_example_of_the_secrets_names_variables_that_are_read() {
    let filled = ENV
        .replace("TOKEN=", "TOKEN=a-token")
        .replace("PROJECT=", "PROJECT=$DIR/site")
        .replace("OWNER_USER=", "OWNER_USER=78")
        .replace("OWNER_ROLE=", "OWNER_ROLE=79")
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
