//! `baton demo --script`: what a stranger sees first, and that nothing of it stays.

use std::{
    collections::HashSet,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use model_sim::ModelSim;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::stage::{Program, claude, codex, commands_with, touching, until};

/// How long the conversation may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// How often it is played on a machine that is so busy that an answer is whole before it is shown half.
const PLAYS: usize = 3;

/// What has to be seen, in this order; other lines may stand between.
const LINES: &[&str] = &[
    ", answered by the model simulator",
    "▸ A member mentions the bot. It answers in a thread, live.",
    "  #project · ann: <@",
    "  #when does the harbour open? NOTES.md should say. · bot: ",
    "      ✎ According to",
    "According to NOTES.md, the harbour opens at six.",
    " tokens · ",
    "▸ A second message reaches the same agent, which remembers the first.",
    " · ann: What did I ask first?",
    // Its account is cut off with the script that it repeats.
    " · bot: [message from ann, Discord user ",
    "when does the harbour open? NOTES.md should say.",
    "▸ It runs a command that takes for ever, and /cancel ends it with all it started.",
    " · ann: Run `sleep 3600` and tell me when it is done.",
    " · bot: -# ⚙️ Bash",
    "  ann: /cancel",
    "      (only ann sees it) Stopping it.",
    " · bot: 🛑 Cancelled.",
    "▸ While it works, the server is killed with SIGKILL. The agent works on.",
    " · ann: Run `sleep 4 && echo survived`, and tell me what it printed.",
    "  ☠ the server is dead",
    "  ↻ a new server has started",
    " · bot: It printed: survived",
    " tokens · ",
    "That was the whole way of a message.",
];

/// A machine of somebody who has nothing of ours: an empty home, a temporary directory, no keys.
struct Machine {
    root: TempDir,
    path: String,
    more: Vec<(&'static str, String)>,
}

impl Machine {
    /// With a `claude` in its `PATH` that says this when it is asked for its login, and with a `codex`.
    fn with_claude(status: &str) -> Self {
        // A short path, for the sockets below it.
        let root = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
        for directory in ["home", "tmp", "bin"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        let told = format!("case \"$*\" in *'auth status') echo '{status}'; exit;; esac\n");
        for (name, before, real) in [
            ("claude", told, claude()),
            ("codex", String::new(), codex()),
        ] {
            let program = root.path().join("bin").join(name);
            let script = format!("#!/bin/sh\n{before}exec '{}' \"$@\"\n", real.display());
            fs::write(&program, script).unwrap();
            fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        Self {
            path: format!("{}:{path}", root.path().join("bin").display()),
            root,
            more: Vec::new(),
        }
    }

    fn demo(&self) -> Command {
        let mut demo = Command::new(env!("CARGO_BIN_EXE_baton"));
        demo.arg("demo")
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.root.path().join("home"))
            .env("TMPDIR", self.temporary())
            .envs(self.more.iter().map(|(name, value)| (name, value)))
            .current_dir(self.root.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        demo
    }

    async fn plays(&self, program: Program) -> Output {
        let mut demo = self.demo();
        demo.args(["--script", "--runtime", program.as_str()]);
        let played = demo.output();
        let ended = tokio::time::timeout(PATIENCE, played).await;
        ended.expect("the demo did not end").unwrap()
    }

    fn temporary(&self) -> std::path::PathBuf {
        self.root.path().join("tmp")
    }

    /// Everything that was made lay in the temporary directory; it, and every process that knew of it,
    /// has to be gone.
    async fn assert_clean(&self) {
        let left = fs::read_dir(self.temporary()).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, Vec::<std::path::PathBuf>::new());
        let temporary = self.temporary().display().to_string();
        // One that was killed may take a moment.
        until("no process is left", || {
            commands(&temporary) == Vec::<String>::new()
        })
        .await;
    }
}

/// The command lines of the processes that have a text in their environment or on their command line.
fn commands(text: &str) -> Vec<String> {
    let ids = touching(text).into_iter();
    let line = |id: u32| {
        let file = Path::new("/proc").join(id.to_string()).join("cmdline");
        let line = fs::read_to_string(file).unwrap_or_default();
        line.replace('\0', " ")
    };
    ids.map(line).collect()
}

fn told(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// The first of these lines that is not in the output where it should be.
fn missing<'a>(said: &str, lines: &[&'a str]) -> Option<&'a str> {
    let mut rest = said;
    lines.iter().copied().find(|line| {
        let found = rest.split_once(line);
        rest = found.map_or(rest, |(_, after)| after);
        found.is_none()
    })
}

both!(the_script_plays_the_whole_way_of_a_message_and_leaves_nothing);

async fn the_script_plays_the_whole_way_of_a_message_and_leaves_nothing(program: Program) {
    let mut said = String::new();
    for _ in 0..PLAYS {
        let machine = Machine::with_claude(r#"{"loggedIn": false}"#);
        let played = machine.plays(program).await;
        said = told(&played.stdout);
        let complaint = told(&played.stderr);
        assert_eq!(
            (complaint.as_str(), played.status.code()),
            ("", Some(0)),
            "{said}"
        );
        machine.assert_clean().await;
        let begun = said.lines().next().unwrap_or_default().to_lowercase();
        assert!(
            begun.contains(&format!("the real {program} cli")),
            "{begun}"
        );
        if missing(&said, LINES).is_none() {
            return;
        }
    }
    panic!(
        "{:?} is not where it should be in\n{said}",
        missing(&said, LINES)
    );
}

#[tokio::test]
async fn an_agent_that_does_not_answer_as_it_should_is_told_with_what_was_expected_and_leaves_nothing()
 {
    // To a model that it takes for the real one it says no script, so that one only echoes.
    let model = ModelSim::start().await.unwrap();
    let mut machine = Machine::with_claude(r#"{"loggedIn": true}"#);
    machine.more = vec![
        ("ANTHROPIC_API_KEY", "key-of-this-machine".to_owned()),
        ("ANTHROPIC_BASE_URL", model.base_url()),
    ];
    let played = machine.plays(Program::Claude).await;
    let (said, complaint) = (told(&played.stdout), told(&played.stderr));
    assert!(said.contains("answered by Anthropic"), "{said}");
    let expected =
        r#"one answer with "six" or "6:00" or "6 a" or "6 o" in it was expected, and this came"#;
    assert!(complaint.contains(expected), "{complaint}");
    assert!(complaint.contains("echo: "), "{complaint}");
    assert!(
        !said.contains("That was the whole way of a message."),
        "{said}"
    );
    assert_eq!(played.status.code(), Some(1));
    let asked = model.requests().into_iter();
    let keys: HashSet<Option<String>> = asked
        .filter(|request| request.path.starts_with("/v1/"))
        .map(|request| request.header("x-api-key").map(str::to_owned))
        .collect();
    assert_eq!(keys, [Some("key-of-this-machine".to_owned())].into());
    machine.assert_clean().await;
}

#[tokio::test]
async fn a_server_that_does_not_end_leaves_no_agent_of_the_demo_behind() {
    let machine = Machine::with_claude(r#"{"loggedIn": false}"#);
    let mut demo = machine
        .demo()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(demo.stdout.take().unwrap()).lines();
    let until_asked = async {
        while let Some(line) = said.next_line().await.unwrap() {
            if line.starts_with("Now you are ann.") {
                return;
            }
        }
        panic!("the demo ended before it asked for anything");
    };
    let in_time = tokio::time::timeout(PATIENCE, until_asked).await;
    in_time.expect("the demo asks for a message");
    let temporary = machine.temporary().display().to_string();
    assert_ne!(
        commands_with(&format!("runner --dir {temporary}")),
        [0_u32; 0]
    );
    let servers = commands_with(&format!("run --config {temporary}"));
    let [server] = servers[..] else {
        panic!("one server was expected: {servers:?}");
    };
    // It hears no SIGTERM any more.
    kill(Pid::from_raw(server.cast_signed()), Signal::SIGSTOP).unwrap();
    drop(demo.stdin.take());
    let more = async { while said.next_line().await.unwrap().is_some() {} };
    let ended = async { tokio::join!(more, demo.wait_with_output()).1 };
    let ended = tokio::time::timeout(PATIENCE, ended).await;
    let ended = ended.expect("the demo did not end").unwrap();
    let complaint = told(&ended.stderr);
    assert!(complaint.contains("the server did not end"), "{complaint}");
    assert_eq!(ended.status.code(), Some(1));
    machine.assert_clean().await;
}
