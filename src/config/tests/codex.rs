//! `[codex]`: when it is there, what is read, what is refused.

use std::{fs, os::unix::fs::symlink, path::PathBuf, time::Duration};

use insta::assert_snapshot;
use secrecy::ExposeSecret as _;

use super::{Folder, SMALLEST};
use crate::{
    config::{Codex, Settings},
    words::RuntimeKind,
};

fn with(codex: &str) -> Folder {
    Folder::new(&format!("{SMALLEST}[codex]\n{codex}"))
}

fn read(codex: &str, variables: &[(&str, &str)]) -> Codex {
    with(codex).load(variables).unwrap().codex.unwrap()
}

fn keys(settings: &Settings) -> Vec<&str> {
    let rows = settings.explain().iter().map(|row| row.key.as_str());
    rows.filter(|key| key.starts_with("codex")).collect()
}

#[test]
fn it_is_there_if_its_section_is_written_or_a_project_works_with_it() {
    let project = "[[projects]]\nname = \"a\"\ndirectory = \"$DIR/site\"\nchannels = [1]\n";
    let of_project = format!("{SMALLEST}{project}runtime = \"codex\"\n");
    for (toml, variables, is_there) in [
        (SMALLEST.to_owned(), &[][..], false),
        (format!("{SMALLEST}{project}"), &[], false),
        (format!("{SMALLEST}[codex]\n"), &[], true),
        (of_project.clone(), &[], true),
        (
            SMALLEST.to_owned(),
            &[("BATON_CODEX__COMMAND", "codex")],
            true,
        ),
    ] {
        let settings = Folder::new(&toml).load(variables).unwrap();
        assert_eq!(settings.codex.is_some(), is_there, "{toml}");
        assert_eq!(keys(&settings).is_empty(), !is_there, "{toml}");
    }
    let settings = Folder::new(&of_project).load(&[]).unwrap();
    assert_eq!(settings.projects[0].runtime, RuntimeKind::Codex);
}

#[test]
fn an_empty_section_gets_the_defaults() {
    let codex = read("", &[("TZ", "UTC"), ("ANTHROPIC_API_KEY", "k")]);
    assert_eq!(codex.command, PathBuf::from("codex"));
    assert_eq!(
        codex.home,
        PathBuf::from("/home/you/.local/state/baton/codex")
    );
    assert_eq!(codex.model, None);
    assert!(codex.service.is_none());
    assert_eq!(codex.env.keys().collect::<Vec<_>>(), ["TZ"]);
    assert_eq!(codex.reconnect_timeout, Duration::from_mins(5));
}

#[test]
fn all_of_it_is_read_and_no_key_is_shown() {
    let folder = with(
        "command = \"/opt/codex/codex\"\nhome = \"/var/lib/baton/codex\"\nmodel = \"gpt-5.5\"\n\
         base_url = \"https://models.example.com/v1/\"\nkey_variable = \"MY_KEY\"\n\
         pass_env = [\"MY_TOKEN\"]\nreconnect_timeout = \"90s\"\n",
    )
    .with_env_file("MY_KEY=canary-key\n");
    let settings = folder.load(&[("MY_TOKEN", "canary-token")]).unwrap();
    let shown = format!("{:?} {settings:?}", settings.explain());
    assert!(!shown.contains("canary"), "{shown}");
    let secrets = settings.secrets();
    assert_eq!(
        secrets.redact("canary-key canary-token"),
        "[redacted] [redacted]"
    );
    let codex = settings.codex.unwrap();
    assert_eq!(codex.command, PathBuf::from("/opt/codex/codex"));
    assert_eq!(codex.home, PathBuf::from("/var/lib/baton/codex"));
    assert_eq!(codex.model.as_deref(), Some("gpt-5.5"));
    assert_eq!(codex.reconnect_timeout, Duration::from_secs(90));
    let service = codex.service.unwrap();
    assert_eq!(service.base_url, "https://models.example.com/v1");
    let (name, key) = service.key.unwrap();
    assert_eq!(
        (name.as_str(), key.expose_secret()),
        ("MY_KEY", "canary-key")
    );
}

#[test]
fn a_service_is_one_on_the_web_or_on_this_machine() {
    for url in [
        "https://models.example.com",
        "http://127.0.0.1:11434/v1",
        "http://localhost:1/v1",
    ] {
        let codex = read(&format!("base_url = \"{url}\""), &[]);
        assert_eq!(codex.service.unwrap().base_url, url);
    }
    let told = [
        "http://models.example.com/v1",
        "https://me:hush@models.example.com",
        "ftp://models.example.com",
        "models",
        "https://models.example.com/v1?key=1",
    ]
    .map(|url| with(&format!("base_url = \"{url}\"")).told(&[]));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn a_key_is_set_is_not_batons_own_and_belongs_to_a_service() {
    let url = "base_url = \"https://models.example.com\"\n";
    let told = [
        format!("{url}key_variable = \"MY_KEY\""),
        format!("{url}key_variable = \"DISCORD_BOT_TOKEN\""),
        format!("{url}key_variable = \"MY KEY\""),
        "key_variable = \"TZ\"".to_owned(),
    ]
    .map(|codex| with(&codex).told(&[("TZ", "UTC")]));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn what_baton_sets_and_its_own_secrets_are_not_passed_on() {
    let told = [
        "CODEX_HOME",
        "OPENAI_API_KEY",
        "BATON_X",
        "DISCORD_BOT_TOKEN",
    ]
    .map(|name| with(&format!("pass_env = [\"TZ\", \"{name}\"]")).told(&[]));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn its_directory_is_the_bots_own_however_it_is_reached() {
    let folder = Folder::new(&format!("{SMALLEST}[codex]\n"));
    let here = folder.path("").display().to_string();
    let here = here.trim_end_matches('/');
    fs::create_dir_all(folder.path("you/.codex")).unwrap();
    symlink(folder.path("you/.codex"), folder.path("link")).unwrap();
    let home = format!("{here}/you");
    let mut told = Vec::new();
    for (directory, home) in [
        ("/home/you/.codex", "/home/you"),
        ("/home/you/sub/../.codex", "/home/you"),
        (&format!("{here}/link"), &home),
    ] {
        let variables = [("BATON_CODEX__HOME", directory), ("HOME", home)];
        told.push(folder.told(&variables));
    }
    assert_snapshot!(told.join("\n"));
}

#[test]
fn its_directory_is_no_temporary_one() {
    let folder = Folder::new(&format!("{SMALLEST}[codex]\n"));
    let here = folder.path("").display().to_string();
    let elsewhere = ("TMPDIR", "/nowhere/tmp");
    let mut told = Vec::new();
    for (directory, temporary) in [
        ("/tmp/codex", elsewhere),
        ("/nowhere/tmp/codex", elsewhere),
        ("/tmp", ("TMPDIR", &here)),
    ] {
        told.push(folder.told(&[("BATON_CODEX__HOME", directory), temporary]));
    }
    let variables = [("BATON_DATA__DIR", "/tmp/baton")];
    told.push(folder.told(&variables));
    assert_snapshot!(told.join("\n"));
    let elsewhere = [("BATON_CODEX__HOME", "/tmpfs/codex"), elsewhere];
    assert!(folder.load(&elsewhere).is_ok());
}
