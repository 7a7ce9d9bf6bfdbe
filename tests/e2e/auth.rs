//! `baton auth`: what accounts have, the programs' own logins, and logins that are brought along.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use model_sim::Rules;
use serde_json::{Value, json};

use crate::{
    health::Pages,
    stage::{Program, Settings, Stage, oauth::Logins},
};

/// Runs the command, beside a server or without one, with this as its standard input.
async fn auth(stage: &Stage, args: &[&str], input: &str) -> Output {
    stage.operator(&["auth", args[0]], &args[1..], input).await
}

/// What it says if it succeeds.
async fn said(stage: &Stage, args: &[&str], input: &str) -> String {
    let output = auth(stage, args, input).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains of if it fails.
async fn complained(stage: &Stage, args: &[&str], input: &str) -> String {
    let output = auth(stage, args, input).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn statuses(stage: &Stage) -> Vec<Value> {
    let text = said(stage, &["status", "--json"], "").await;
    serde_json::from_str(&text).unwrap()
}

/// The stage of an operator who has logged Claude Code in for himself.
async fn with_own_login() -> (Stage, Logins, String) {
    let (stage, logins) = Stage::with_logins(Rules::default(), Settings::default()).await;
    let own = stage.home().join(".claude");
    fs::create_dir(&own).unwrap();
    logins.log_in_at(&own);
    let login = fs::read_to_string(own.join(".credentials.json")).unwrap();
    (stage, logins, login)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn file(logins: &Logins) -> PathBuf {
    logins.directory().join(".credentials.json")
}

#[tokio::test]
async fn the_operators_own_login_is_brought_along_and_a_running_server_takes_it_up() {
    let (mut stage, logins, login) = with_own_login().await;
    stage.start().await;
    let pages = Pages::of(&stage).await;
    pages.until_login(|login| login["hasToken"] == false).await;
    let told = said(&stage, &["import", "claude"], "").await;
    assert!(told.contains("this login is in two places now"), "{told}");
    pages.until_login(|login| login["hasToken"] == true).await;
    assert_eq!(fs::read_to_string(file(&logins)).unwrap(), login);
    assert_eq!(mode(&file(&logins)), 0o600);

    let status = &statuses(&stage).await[0];
    assert_eq!(status["account"], "claude/main");
    assert_eq!(status["login"], "subscription");
    assert_eq!(status["renewed_by"], "baton");
    assert!(
        status["remaining_minutes"].as_i64().unwrap() > 60,
        "{status}"
    );
    // A second one would lose the first.
    let refused = complained(&stage, &["import", "claude"], "").await;
    assert!(
        refused.contains("there is a login already. Write --force"),
        "{refused}"
    );
    let tokens: Value = serde_json::from_str(&login).unwrap();
    let all = said(&stage, &["status"], "").await + &told + &refused + &stage.log();
    for name in ["accessToken", "refreshToken"] {
        let token = tokens["claudeAiOauth"][name].as_str().unwrap();
        assert!(!all.contains(token), "{name} was told");
    }
}

#[tokio::test]
async fn a_login_comes_from_standard_input_and_what_is_none_is_refused() {
    let (stage, logins, login) = with_own_login().await;
    fs::remove_dir_all(stage.home().join(".claude")).unwrap();
    let none = complained(&stage, &["import", "claude"], "").await;
    assert!(none.contains("has no login of yours in"), "{none}");
    for (text, expected) in [
        ("hello", "standard input is no login"),
        ("{}", "there is no login in it"),
    ] {
        let refused = complained(&stage, &["import", "claude", "-"], text).await;
        assert!(refused.contains(expected), "{refused}");
        assert!(!file(&logins).exists());
    }
    said(&stage, &["import", "claude", "-"], &login).await;
    assert_eq!(fs::read_to_string(file(&logins)).unwrap(), login);
    let other = login.replace("max", "pro");
    said(&stage, &["import", "--force", "claude", "-"], &other).await;
    assert_eq!(fs::read_to_string(file(&logins)).unwrap(), other);
    let unknown = complained(
        &stage,
        &["import", "claude", "--account", "second", "-"],
        &login,
    )
    .await;
    assert!(
        unknown.contains("there is no account `claude/second`: the settings have claude/main"),
        "{unknown}"
    );
}

#[tokio::test]
async fn codex_is_logged_in_by_its_own_login_in_batons_directory() {
    let stage = Stage::dark(Settings::of(Program::Codex)).await;
    let auth_file = stage.codex_home().join("auth.json");
    let _ = fs::remove_file(&auth_file);
    let key = "sk-proj-of-an-operator-who-types-it-once";
    let told = said(&stage, &["login", "codex", "--", "--with-api-key"], key).await;
    assert!(told.contains("codex/main is logged in"), "{told}");
    let kept: Value = serde_json::from_str(&fs::read_to_string(&auth_file).unwrap()).unwrap();
    assert_eq!(kept["OPENAI_API_KEY"], json!(key));
    let failed = complained(&stage, &["login", "codex", "--", "--no-such-option"], "").await;
    assert!(failed.contains("so nobody is logged in anew"), "{failed}");
}

#[tokio::test]
async fn the_operators_own_directory_is_left_alone() {
    let stage = Stage::dark(Settings::default()).await;
    let config = stage.home().join("baton.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("config_dir"))
        .collect();
    fs::write(&config, text.join("\n")).unwrap();
    for what in ["login", "import"] {
        let told = complained(&stage, &[what, "claude"], "").await;
        assert!(
            told.contains("works in your own")
                && told.contains("write `config_dir` below [claude]"),
            "{told}"
        );
    }
}
