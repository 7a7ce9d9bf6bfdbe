//! `tests/run` on machines that do not have everything.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Command,
};

use crate::stage::fake;

fn write(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// Runs `tests/run` in a tree where installing `broken` fails and cargo only tells what it was asked for;
/// what came on both outputs, and the code.
fn run_without(broken: &[&str], python: &str) -> (String, String, Option<i32>) {
    run_with("echo cargo \"$@\"", broken, python)
}

/// The same with another cargo.
fn run_with(cargo: &str, broken: &[&str], python: &str) -> (String, String, Option<i32>) {
    let root = tempfile::tempdir().unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    fs::create_dir(root.path().join("tests")).unwrap();
    fs::copy(tests.join("run"), root.path().join("tests/run")).unwrap();
    for need in ["agent-clis", "discord-js", "bubblewrap", "gnome-keyring"] {
        let script = if broken.contains(&need) {
            format!("echo '{need} cannot be had.' >&2; exit 1")
        } else {
            "echo /where/it/is".to_owned()
        };
        write(
            &root.path().join("tests").join(need).join("install"),
            &script,
        );
    }
    let bin = root.path().join("bin");
    write(&bin.join("cargo"), cargo);
    write(&bin.join("python3"), python);
    let ended = Command::new("/bin/sh")
        .arg(root.path().join("tests/run"))
        .arg("first_light::")
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .output()
        .unwrap();
    let text = |output: Vec<u8>| String::from_utf8(output).unwrap();
    (text(ended.stdout), text(ended.stderr), ended.status.code())
}

const SUITE: &str = "cargo nextest run --workspace --locked first_light::\n";

#[test]
fn the_suite_runs_where_something_cannot_be_had_and_it_is_told() {
    let everything = run_without(&[], "exit 0");
    assert_eq!(everything, (SUITE.to_owned(), String::new(), Some(0)));
    let (said, told, code) = run_without(&["bubblewrap", "agent-clis"], "exit 127");
    assert_eq!((said.as_str(), code), (SUITE, Some(0)));
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "agent-clis cannot be had.",
            "bubblewrap cannot be had.",
            "python: the tests with pretended agents need Python 3, and there is no working python3 on \
             this machine. Please install it and run this again.",
            "tests/run: the tests that need any of these will fail: agent-clis bubblewrap python3",
        ]
    );
}

#[test]
fn without_nextest_every_test_runs_too() {
    let cargo = "[ \"$1\" != nextest ] || exit 101\necho cargo \"$@\"";
    let everything = run_with(cargo, &[], "exit 0");
    let suite = "cargo test --workspace --locked --no-fail-fast first_light::\n";
    assert_eq!(everything, (suite.to_owned(), String::new(), Some(0)));
}

#[test]
fn a_pretended_agent_without_python_is_a_sentence() {
    let told = fake::python(OsStr::new("/nowhere:/neither")).unwrap_err();
    assert!(told.contains("Please install Python 3"), "{told}");
    assert_eq!(fake::python(&std::env::var_os("PATH").unwrap()), Ok(()));
}
