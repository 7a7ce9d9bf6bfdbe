//! What a command of Codex can reach: it is let run by a rule, and stays in its sandbox.

use std::{fs, path::Path};

use super::{runs, settings};
use crate::stage::Stage;

/// What stands in the files that no command may read.
const SECRET: &str = "xyzzy-secret";

/// Writes a file with the directories that it needs.
fn plant(file: &Path) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, SECRET).unwrap();
}

/// A stage with another project, and secrets in all places where a command may look for some.
async fn planted(path: Option<&str>) -> (Stage, Vec<String>) {
    let mut settings = settings();
    "[[projects]]\nname = \"other\"\ndirectory = \"$HOME/other\"\nchannels = [$GENERAL]\n"
        .clone_into(&mut settings.more);
    let path = path.map(|path| ("PATH".to_owned(), path.to_owned()));
    settings.env.extend(path);
    let mut stage = Stage::dark(settings).await;
    fs::create_dir(stage.home().join("other")).unwrap();
    let home = stage.home().canonicalize().unwrap();
    let codex = stage.codex_home();
    let files = [
        home.join("other/notes"),
        home.join("data/planted"),
        home.join(".ssh/id_ed25519"),
        codex.join("auth.json"),
        codex.join("sessions/planted"),
    ];
    for file in &files {
        plant(file);
    }
    let mut all: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    all.push(home.join("baton.toml").display().to_string());
    stage.start().await;
    (stage, all)
}

/// Has a command look at every secret, and write beside the project; nothing of it comes to the model.
async fn reaches_nothing(path: Option<&str>) {
    let (stage, files) = planted(path).await;
    let outside = stage.home().join("outside").display().to_string();
    let line = format!(
        "cat {}; ls {}; echo x > {outside}; echo ok > inside; echo $TMPDIR; echo t > $TMPDIR/t && echo fine; \
         env; true",
        files.join(" "),
        stage.data().join("run").display(),
    );
    let thread = stage.ask("ann", &runs(&[&line], "looked")).await;
    stage.answer(thread, "looked").await;
    let told = stage.model.requests().last().unwrap().body.to_string();
    assert!(
        told.contains("fine"),
        "it cannot write temporary files: {told}"
    );
    let inside = fs::read_to_string(stage.project().join("inside")).unwrap();
    assert_eq!(inside, "ok\n");
    assert!(
        !stage.home().join("outside").exists(),
        "it wrote outside of the project"
    );
    for secret in [
        SECRET,
        "owner_user",
        "dummy-key",
        stage.sim.token(),
        ".sock",
    ] {
        assert!(!told.contains(secret), "{secret} was read: {told}");
    }
}

#[tokio::test]
async fn a_command_reads_no_other_project_no_state_and_no_credentials() {
    reaches_nothing(None).await;
}

/// Codex brings a bubblewrap of its own for machines that have none.
#[tokio::test]
async fn the_same_where_bubblewrap_is_not_on_the_path() {
    let room = tempfile::tempdir().unwrap();
    for name in ["bash", "sh", "cat", "ls", "echo", "env", "true", "git"] {
        let found = ["/usr/bin", "/bin"]
            .iter()
            .map(|place| Path::new(place).join(name))
            .find(|file| file.exists())
            .unwrap();
        std::os::unix::fs::symlink(found, room.path().join(name)).unwrap();
    }
    reaches_nothing(Some(room.path().to_str().unwrap())).await;
}

#[tokio::test]
async fn what_the_project_denies_to_be_read_no_command_reads() {
    let mut settings = settings();
    let denied = "Read(.env),Read(keys/**)".to_owned();
    settings
        .env
        .push(("BATON_PROJECTS__0__DENIED_TOOLS".to_owned(), denied));
    let mut stage = Stage::dark(settings).await;
    for file in [".env", "keys/deep/one"] {
        plant(&stage.project().join(file));
    }
    stage.start().await;
    fs::write(stage.project().join("keys-of-the-house"), "free words").unwrap();
    let said = runs(
        &[
            "cat keys-of-the-house; cd keys/deep; for f in one ../../.en*; do while read -r l || test \"$l\"; do echo \"$l\"; done < $f; done; echo over",
        ],
        "looked",
    );
    let thread = stage.ask("ann", &said).await;
    stage.answer(thread, "looked").await;
    let told = stage.model.requests().last().unwrap().body.to_string();
    assert!(told.contains("free words"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
}
