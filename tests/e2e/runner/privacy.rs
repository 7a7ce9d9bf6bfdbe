//! Who can see and steer what.

use std::{collections::BTreeSet, fs, io};

use baton::runtime::runner::RecordKind;

use super::{House, mode, said, to_the_end};

#[tokio::test]
async fn an_agent_has_the_environment_it_is_given_and_nothing_else() {
    let house = House::new();
    let mut command = house.script("");
    command.program = "/usr/bin/env".into();
    command.args.clear();
    command.env = [("ONE".to_owned(), "1".to_owned())].into();
    let (runner, mut link) = house.start_command(&command).await;
    let told: BTreeSet<_> = to_the_end(&mut link.records)
        .await
        .into_iter()
        .filter_map(|kind| {
            let RecordKind::Output { line } = kind else {
                return None;
            };
            Some(String::from_utf8(line.to_vec()).unwrap())
        })
        .collect();
    let given = BTreeSet::from(["ONE=1".to_owned(), house.mark(runner)]);
    assert_eq!(told, given);
}

#[tokio::test]
async fn a_runner_has_no_environment_and_only_its_directory_in_its_arguments() {
    let house = House::new();
    let (runner, link) = house.start("read").await;
    let pid = link.handle.status().await.unwrap().pid;
    match fs::read(format!("/proc/{pid}/environ")) {
        Ok(environment) => assert_eq!(environment, b""),
        // Who is not root may not even look.
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
    }
    let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    let arguments: Vec<_> = arguments.split_terminator('\0').skip(1).collect();
    let directory = house.directory(runner);
    assert_eq!(arguments, ["runner", "--dir", directory.to_str().unwrap()]);
}

#[tokio::test]
async fn a_runner_is_not_dumpable_and_says_how_it_is() {
    let house = House::new();
    let (_, mut link) = house.start("setsid sleep 1000 & echo $$; read").await;
    let agent: u32 = said(&mut link.records).await.parse().unwrap();
    let status = link.handle.status().await.unwrap();
    assert_eq!(status.dumpable, Some(false));
    assert_eq!(status.agent, Some(agent));
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(status.descendants, 2);
    assert_eq!(status.caveat, None);
    assert!(status.rss > 0 && status.journal_bytes > 0 && status.started.get() > 0);
    let children = fs::read_to_string(format!("/proc/{agent}/status")).unwrap();
    assert!(children.contains(&format!("PPid:\t{}\n", status.pid)));
}

#[tokio::test]
async fn an_agent_inherits_only_its_three_pipes() {
    let house = House::new();
    let mut command = house.script("");
    command.program = "/bin/ls".into();
    command.args = vec!["/proc/self/fd".into()];
    // Open in the server and, other than what Rust opens, not closed for what it starts.
    let _stray = nix::unistd::pipe().unwrap();
    let (_, mut link) = house.start_command(&command).await;
    let told = to_the_end(&mut link.records).await;
    // The fourth is what ls itself has open to look.
    assert_eq!(told[1..5], ["0", "1", "2", "3"].map(super::output));
    assert_eq!(told.len(), 6);
}

#[tokio::test]
async fn nobody_else_can_read_what_a_runner_keeps() {
    let house = House::new();
    let (runner, _link) = house.start("read").await;
    let directory = house.directory(runner);
    for private in [house.run_dir(), directory.clone(), directory.join("tmp")] {
        assert_eq!(mode(&private), 0o700, "{}", private.display());
    }
    let mut files = vec![house.run_dir().join(format!("{}.sock", runner.short()))];
    for folder in [house.run_dir(), directory] {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                files.push(entry.path());
            }
        }
    }
    // The socket, the session's lock; the spec, the journal, the log, the runner's lock.
    assert_eq!(files.len(), 6, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn an_agent_cannot_steer_its_own_runner() {
    let house = House::new();
    let knock = r#"
import os, socket, sys
def knock():
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(sys.argv[1])
        line.sendall(b"\x01C")
        print(line.recv(2), flush=True)
    except (BrokenPipeError, ConnectionResetError):
        print(b"", flush=True)
sys.stdin.readline()
knock()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        knock()
    os._exit(0)
sys.stdin.readline()
"#;
    let runner = baton::words::RunnerId::fresh();
    let socket = house.run_dir().join(format!("{}.sock", runner.short()));
    let mut command = house.script("");
    command.program = "python3".into();
    command.args = vec!["-c".into(), knock.into(), socket.display().to_string()];
    let session = baton::words::SessionId::fresh();
    let mut link = house.host.start(runner, session, &command).await.unwrap();
    link.handle.input("go", "go").await.unwrap();
    assert_eq!(said(&mut link.records).await, "b''");
    assert_eq!(said(&mut link.records).await, "b''");
    link.handle.status().await.unwrap();
}
