//! An agent that is started behind a launcher, and the room of bubblewrap that ships as an example.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;

use crate::stage::{Settings, Stage, commands_with, until};

/// The example, on a machine that has what it needs.
pub(crate) fn bwrap_agent() -> PathBuf {
    static MADE_SURE: OnceLock<()> = OnceLock::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    MADE_SURE.get_or_init(|| {
        let install = root.join("tests/bubblewrap/install");
        let done = Command::new(install).output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    });
    root.join("deploy/bwrap-agent")
}

/// A project with a launcher.
fn behind(launcher: &[&str]) -> Settings {
    Settings {
        // The project's table stands last in the file.
        more: format!("launcher = {launcher:?}\n"),
        ..Settings::default()
    }
}

/// Has the agent's shell run this and answer; what the command wrote into `told` in the project.
async fn told_by_its_shell(stage: &Stage, command: &str) -> String {
    let told = stage.project().join("told");
    let script = json!([
        {"tool": "Bash", "input": {"command": format!("({command}) > told 2>&1; true")}},
        {"text": "looked"},
    ]);
    let thread = stage.ask("ann", &format!("look STUB:{script}")).await;
    stage.answer(thread, "looked").await;
    fs::read_to_string(told).unwrap()
}

#[tokio::test]
async fn an_agent_in_a_room_of_bubblewrap_answers_and_its_shell_sees_nothing_outside() {
    let launcher = bwrap_agent();
    let look = |stage: &Stage| {
        fs::write(stage.home().join("outside"), "canary outside").unwrap();
        fs::create_dir(stage.home().join("other-project")).unwrap();
        let home = stage.home().display();
        format!(
            "cat {home}/outside; ls {home}; touch {home}/made /usr/made; pwd; \
             touch made; ls made; test -w $TMPDIR && echo room for files; echo processes /proc/[0-9]*"
        )
    };

    // Without it all of that is to be seen.
    let open = Stage::open().await;
    let seen = told_by_its_shell(&open, &look(&open)).await;
    assert!(seen.contains("canary outside"), "{seen}");
    assert!(seen.contains("other-project"), "{seen}");

    let stage = Stage::with(behind(&[launcher.to_str().unwrap()])).await;
    let seen = told_by_its_shell(&stage, &look(&stage)).await;
    for hidden in ["canary", "other-project", "baton.toml"] {
        assert!(!seen.contains(hidden), "{hidden} is in {seen}");
    }
    assert!(seen.contains("No such file"), "{seen}");
    assert!(seen.contains("Read-only file system"), "{seen}");
    for there in ["project\n", "made\n", "room for files\n"] {
        assert!(seen.contains(there), "{there} is not in {seen}");
    }
    let processes = seen.lines().last().unwrap();
    assert!(processes.split(' ').count() < 20, "{processes}");
    assert!(!stage.home().join("made").exists());
    assert!(stage.project().join("made").exists());
}

#[tokio::test]
async fn a_conversation_goes_on_in_a_new_room_and_nothing_of_an_old_one_is_left() {
    let launcher = bwrap_agent();
    let mut settings = behind(&[launcher.to_str().unwrap()]);
    let idle = ("BATON_CLAUDE__IDLE_TIMEOUT", "100ms");
    settings.env.push((idle.0.to_owned(), idle.1.to_owned()));
    let stage = Stage::with(settings).await;
    let stay = "setsid sh -c \"trap : TERM; while :; do sleep 1; done\" > /dev/null 2>&1 & echo";
    let script = json!([
        {"tool": "Bash", "input": {"command": stay}},
        {"text": "answer one"},
    ]);
    let thread = stage
        .ask("ann", &format!("remember apricot STUB:{script}"))
        .await;
    stage.answer(thread, "answer one").await;
    until("all that was in the room is gone", || {
        stage.processes().is_empty()
    })
    .await;
    let ann = stage.sim.user("ann");
    ann.says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
}

#[tokio::test]
async fn a_room_dies_with_its_runner() {
    let launcher = bwrap_agent();
    let stage = Stage::with(behind(&[launcher.to_str().unwrap()])).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let rooms = stage.agents();
    for runner in commands_with(&format!("runner --dir {}", stage.data().display())) {
        let runner = Pid::from_raw(runner.try_into().unwrap());
        kill(runner, Signal::SIGKILL).unwrap();
    }
    let gone = |pid: &u32| !Path::new("/proc").join(pid.to_string()).exists();
    until("the room is gone", || rooms.iter().all(gone)).await;
    let ann = stage.sim.user("ann");
    ann.says(r#"again STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
}

#[tokio::test]
async fn a_launcher_that_goes_missing_fails_the_run_with_a_sentence() {
    let room = tempfile::tempdir().unwrap();
    let launcher = room.path().join("launcher");
    fs::copy("/bin/sh", &launcher).unwrap();
    let stage = Stage::with(behind(&[launcher.to_str().unwrap()])).await;
    fs::remove_file(&launcher).unwrap();
    let thread = stage.ask("ann", "hello").await;
    stage
        .says(
            thread,
            "The agent program did not start with these settings.",
        )
        .await;
    let why = format!("there is no program `{}`", launcher.display());
    assert!(stage.log().contains(&why), "the log does not say why");
}

/// What the example says where something is missing.
fn refusal(change: impl FnOnce(&mut Command)) -> (Option<i32>, String) {
    let room = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(room.path()).unwrap();
    for directory in ["project", "config", "tmp", "project/run"] {
        fs::create_dir(path.join(directory)).unwrap();
    }
    let mut command = Command::new("/bin/sh");
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/bwrap-agent"))
        .current_dir(path.join("project"))
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", &path)
        .env("CLAUDE_CONFIG_DIR", path.join("config"))
        .env("TMPDIR", path.join("tmp"));
    change(&mut command);
    let ended = command.output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    (
        ended.status.code(),
        told.replace(path.to_str().unwrap(), "ROOM"),
    )
}

#[test]
fn the_example_names_what_it_needs() {
    bwrap_agent();
    let without_bubblewrap = refusal(|command| {
        command.env("PATH", "/nowhere").arg("true");
    });
    let without_configuration = refusal(|command| {
        command.env_remove("CLAUDE_CONFIG_DIR").arg("true");
    });
    let around_the_data = refusal(|command| {
        let inside = command.get_current_dir().unwrap().join("run");
        command.env("TMPDIR", inside).arg("true");
    });
    let without_a_command = refusal(|command| {
        command.args(["--ro-bind", "/opt", "/opt"]);
    });
    insta::assert_debug_snapshot!([
        without_bubblewrap,
        without_configuration,
        around_the_data,
        without_a_command,
    ]);
    let (code, told) = refusal(|command| {
        command.args([
            "--setenv",
            "MORE",
            "given",
            "--",
            "sh",
            "-c",
            "test $MORE = given",
        ]);
    });
    assert_eq!((code, told.as_str()), (Some(0), ""));
}
