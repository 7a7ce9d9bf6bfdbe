//! `baton doctor`: what it finds, how each is mended, and that it tells no secret.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Output,
};

use model_sim::Rules;

use crate::stage::{Settings, Stage};

async fn doctor(stage: &Stage) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = stage.operator(&["doctor"], &[], "").await;
    let said = String::from_utf8(stdout).unwrap();
    assert!(!said.contains(stage.sim.token()), "{said}");
    (status.code(), said)
}

fn open(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A file that others may run.
fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    open(path, 0o755);
}

/// Changes the configuration.
fn rewrite(stage: &Stage, change: impl Fn(String) -> String) {
    let file = stage.home().join("baton.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, change(text)).unwrap();
}

/// Writes this below the first project.
fn launch(stage: &Stage, launcher: &str) {
    rewrite(stage, |text| {
        text.replace(
            "[[projects]]",
            &format!("[[projects]]\nlauncher = {launcher}"),
        )
    });
}

#[tokio::test]
async fn a_house_in_order_is_said_to_be_and_its_server_runs_on() {
    let (mut stage, logins) = Stage::with_logins(Rules::default(), Settings::default()).await;
    logins.log_in();
    // What agent programs have below the data directory is theirs.
    let team = stage.data().join("team");
    fs::create_dir_all(team.join("tmp")).unwrap();
    open(&stage.data(), 0o700);
    open(&team, 0o755);
    fs::write(team.join("settings.json"), "{}").unwrap();
    for link in [team.join("tmp/apply_patch"), stage.data().join("link")] {
        symlink("/bin/true", link).unwrap();
    }
    rewrite(&stage, |text| {
        format!("{text}\n[[accounts]]\nname = \"team\"\ndirectory = {team:?}\n")
    });
    stage.start().await;
    let (code, said) = doctor(&stage).await;
    assert_eq!(code, Some(0), "{said}");
    for expected in [
        "ok       the configuration is good\n",
        "ok       nobody else can read or write the files with secrets\n",
        "ok       Claude 2.1.197\n",
        "warning  agents of project `play` run as the user of Baton",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    stage.until_settled().await;
}

#[tokio::test]
async fn what_others_can_get_at_is_found_with_what_closes_it_and_is_not_closed_by_looking() {
    let (stage, logins) = Stage::with_logins(Rules::default(), Settings::default()).await;
    logins.log_in();
    let login = logins.directory().join(".credentials.json");
    let answer = logins.directory().join(".credentials.json.answer-1-2");
    fs::write(&answer, "kept").unwrap();
    let copy = stage.data().join("rescue/main.1");
    fs::create_dir_all(stage.data().join("rescue")).unwrap();
    for directory in [stage.data(), stage.data().join("rescue")] {
        open(&directory, 0o700);
    }
    fs::write(&copy, "kept").unwrap();
    for (path, mode) in [
        (&login, 0o644),
        (&answer, 0o640),
        (&copy, 0o604),
        (&logins.directory(), 0o777),
    ] {
        open(path, mode);
    }
    let (code, said) = doctor(&stage).await;
    assert_eq!(code, Some(1), "{said}");
    for (path, close) in [
        (&login, "go="),
        (&answer, "go="),
        (&copy, "go="),
        (&logins.directory(), "go-w"),
    ] {
        let place = path.display();
        assert!(
            said.contains(&format!("FAULT    others can get at {place} (")),
            "{said}"
        );
        assert!(
            said.contains(&format!("→ chmod {close} {place}\n")),
            "{said}"
        );
    }
    assert_eq!(
        fs::metadata(&login).unwrap().permissions().mode() & 0o777,
        0o644
    );

    fs::remove_file(&answer).unwrap();
    open(&logins.directory(), 0o700);
    fs::rename(&login, stage.home().join("elsewhere")).unwrap();
    symlink(stage.home().join("elsewhere"), &login).unwrap();
    let (_, said) = doctor(&stage).await;
    assert!(
        said.contains("is a symbolic link, which Baton does not follow"),
        "{said}"
    );
}

#[tokio::test]
async fn one_login_in_two_places_is_a_fault() {
    let (stage, logins) = Stage::with_logins(Rules::default(), Settings::default()).await;
    logins.log_in();
    let own = stage.home().join(".claude");
    fs::create_dir(&own).unwrap();
    fs::copy(
        logins.directory().join(".credentials.json"),
        own.join(".credentials.json"),
    )
    .unwrap();
    let (code, said) = doctor(&stage).await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains("FAULT    one login is in several places: "),
        "{said}"
    );
}

#[tokio::test]
async fn a_program_with_known_faults_is_one() {
    let stage = Stage::dark(Settings::default()).await;
    let old = stage.home().join("old-claude");
    script(&old, "echo '2.0.64 (Claude Code)'");
    rewrite(&stage, |text| {
        let lines = text
            .lines()
            .map(|line| match line.strip_prefix("command = ") {
                Some(_) => format!("command = {old:?}\n"),
                None => format!("{line}\n"),
            });
        lines.collect()
    });
    let (code, said) = doctor(&stage).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("FAULT    Claude 2.0.64: a repository can take the machine over (CVE-"),
        "{said}"
    );
    assert!(said.contains("→ install 2.1.2 or newer\n"), "{said}");
}

#[tokio::test]
async fn a_launcher_is_tried_as_agents_get_it() {
    for (text, expected) in [
        ("exec \"$@\"", "FAULT    agents of project `play` can read "),
        (
            "exit 3",
            "warning  the launcher of project `play` cannot be tried\n",
        ),
        (
            "exec bwrap --ro-bind / / --dev /dev --proc /proc --tmpfs \"$HOME\" --bind \"$PWD\" \"$PWD\" \"$@\"",
            "ok       agents of project `play` cannot read what is Baton's own\n",
        ),
    ] {
        let stage = Stage::dark(Settings::default()).await;
        let launcher = stage.home().join("launch");
        script(&launcher, text);
        launch(&stage, &format!("[{launcher:?}]"));
        let (_, said) = doctor(&stage).await;
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_a_fault_that_says_how_it_is_mended() {
    let stage = Stage::dark(Settings::default()).await;
    rewrite(&stage, |text| format!("nonsense = 1\n{text}"));
    let (code, said) = doctor(&stage).await;
    assert_eq!(code, Some(1));
    assert!(
        said.starts_with("FAULT    the configuration is wrong\n         → "),
        "{said}"
    );
    assert!(said.contains("nonsense"), "{said}");
}
