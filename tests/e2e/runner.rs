//! The runner, with the real binary and small shell scripts as agents.

#[cfg(target_os = "linux")]
mod bounds;
mod ending;
#[cfg(target_os = "linux")]
mod many;
mod privacy;
mod talk;
mod trouble;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use baton::{
    runtime::{
        Command, ProcessBounds,
        runner::{Link, MARKER, Record, RecordKind, Records, RunnerHost, RunnerLimits, mark},
    },
    words::{RunnerId, SessionId},
};
use nix::sys::stat::Mode;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::spawn_blocking};

/// Long enough that it never passes in a test that goes well.
const PATIENT: Duration = Duration::from_hours(1);

/// A data directory with its host.
struct House {
    room: TempDir,
    host: RunnerHost,
}

impl House {
    fn new() -> Self {
        Self::with(RunnerLimits::default())
    }

    fn with(limits: RunnerLimits) -> Self {
        let room = tempfile::tempdir().unwrap();
        let program = env!("CARGO_BIN_EXE_baton").into();
        let host = RunnerHost::new(&room.path().join("run"), program, limits).unwrap();
        Self { room, host }
    }

    fn run_dir(&self) -> PathBuf {
        self.room.path().join("run")
    }

    fn directory(&self, runner: RunnerId) -> PathBuf {
        self.run_dir().join(runner.short())
    }

    /// A shell script as an agent.
    fn script(&self, script: &str) -> Command {
        Command {
            program: "bash".into(),
            args: vec!["-c".into(), script.into()],
            env: BTreeMap::from([("PATH".into(), std::env::var("PATH").unwrap())]),
            directory: self.room.path().into(),
            handshake: Vec::new(),
            interrupt: "stop".into(),
            bounds: ProcessBounds::default(),
            conversation: None,
        }
    }

    /// How everything is marked that belongs to a runner.
    fn mark(&self, runner: RunnerId) -> String {
        let mark = mark(&self.run_dir(), runner).into_string().unwrap();
        format!("{MARKER}={mark}")
    }

    async fn start(&self, script: &str) -> (RunnerId, Link) {
        self.start_command(&self.script(script)).await
    }

    async fn start_command(&self, command: &Command) -> (RunnerId, Link) {
        let runner = RunnerId::fresh();
        let started = self.host.start(runner, SessionId::fresh(), command).await;
        (runner, started.unwrap())
    }

    /// A named pipe that scripts hold open (`exec 9>lifeline`) and hand down to whatever they
    /// start: its reader comes to the end when the last of them is dead.
    fn lifeline(&self) -> oneshot::Receiver<()> {
        let path = self.room.path().join("lifeline");
        nix::unistd::mkfifo(&path, Mode::S_IRWXU).unwrap();
        let (over, seen) = oneshot::channel();
        // A thread for which a test that fails does not wait: nobody may ever write.
        std::thread::spawn(move || {
            drop(fs::read(path).unwrap());
            // The test may have failed meanwhile.
            let _ = over.send(());
        });
        seen
    }

    /// Waits until the process of a runner is gone: its lock goes with it.
    async fn gone(&self, runner: RunnerId) {
        let lock = self.directory(runner).join("alive.lock");
        spawn_blocking(move || File::open(lock).unwrap().lock().unwrap())
            .await
            .unwrap();
    }

    /// What lies in the directory of the runners.
    fn lying_around(&self) -> Vec<String> {
        let names = fs::read_dir(self.run_dir()).unwrap();
        names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for House {
    /// What a test leaves running would live on for hours.
    fn drop(&mut self) {
        let host = self.host.clone();
        let clearing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.unwrap().block_on(async move {
                for runner in host.present().unwrap() {
                    host.remove(runner).await.unwrap();
                }
            });
        });
        let cleared = clearing.join();
        assert!(cleared.is_ok() || std::thread::panicking());
    }
}

/// Everything up to the last record.
async fn to_the_end(records: &mut Records) -> Vec<RecordKind> {
    let mut kinds = Vec::new();
    while !kinds.last().is_some_and(RecordKind::is_last) {
        let record = records.next().await;
        kinds.push(record.expect("the runner died").kind);
    }
    kinds
}

/// The next line that the agent says, as text.
async fn said(records: &mut Records) -> String {
    loop {
        let Record { kind, .. } = records.next().await.expect("the runner died");
        match kind {
            RecordKind::Output { line } => return String::from_utf8(line.to_vec()).unwrap(),
            RecordKind::Exited { .. } | RecordKind::SpawnFailed { .. } => panic!("{kind:?}"),
            RecordKind::Spawned { .. }
            | RecordKind::Input { .. }
            | RecordKind::TooLong { .. }
            | RecordKind::Stderr { .. }
            | RecordKind::Unkept { .. }
            | RecordKind::Note { .. } => {}
        }
    }
}

fn output(line: &str) -> RecordKind {
    RecordKind::Output {
        line: line.to_owned().into(),
    }
}

fn input(id: &str, line: &str) -> RecordKind {
    RecordKind::Input {
        command_id: id.to_owned(),
        line: line.to_owned().into(),
    }
}

/// How many of these processes are alive and belong to the runner. Their ids alone would not tell:
/// other tests use so many processes that ids come again.
fn alive(house: &House, runner: RunnerId, pids: &[u32]) -> usize {
    let mark = house.mark(runner);
    let marked = |pid: &&u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| variable == mark.as_bytes())
    };
    pids.iter().filter(marked).count()
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}
