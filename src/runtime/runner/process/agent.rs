//! The agent: its start, its pipes, its end.

use std::{
    ffi::{OsStr, OsString},
    os::unix::process::ExitStatusExt as _,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe,
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    task::JoinHandle,
    time::timeout,
};

use super::{
    ending,
    hub::{Agent, Feed, Hub},
};
use crate::runtime::{
    Command,
    runner::{
        Exit, MARKER, RecordKind,
        lines::{Line, Lines},
        shim,
    },
};

/// How much of a line on standard error is kept.
const STDERR_LINE: usize = 8 << 10;

/// How much of the end of standard error is told with the exit.
const STDERR_TAIL: usize = 4 << 10;

/// How long the pipes of an agent whose tree is gone may stay open. Only a process that could not
/// be ended can hold them.
const DRAIN: Duration = Duration::from_secs(2);

/// Starts the agent and stays with it until it and its tree are gone and written down.
pub(super) async fn live(hub: Arc<Hub>, mark: OsString, command: Command) {
    let mut child = match start(&mark, &command).await {
        Ok(child) => child,
        Err(reason) => return hub.close(&RecordKind::SpawnFailed { reason }),
    };
    let pid = child.id().unwrap_or(0);
    hub.write([RecordKind::Spawned { pid }]);
    let feed = hub.open_input();
    for line in &command.handshake {
        hub.own_input("handshake", line);
    }
    hub.agent.send_replace(Agent::Alive(pid));
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(give(stdin, feed));
    }
    let said = child
        .stdout
        .take()
        .map(|stdout| tokio::spawn(hear(stdout, Arc::clone(&hub))));
    let complained = child
        .stderr
        .take()
        .map(|stderr| tokio::spawn(heed(stderr, Arc::clone(&hub))));

    let status = ending::watch(&hub, &mut child).await;
    hub.close_input();
    if let Err(stuck) = ending::clear(pid).await {
        hub.note(stuck.to_string());
    }
    let drained = timeout(DRAIN, async {
        done(said).await;
        done(complained).await.unwrap_or_default()
    });
    let stderr_tail = drained.await.unwrap_or_default();
    hub.close(&RecordKind::Exited {
        exit: exit(status),
        stderr_tail,
    });
}

/// What a pump answered, if there was one.
async fn done<T>(pump: Option<JoinHandle<T>>) -> Option<T> {
    pump?.await.ok()
}

fn exit(status: Option<ExitStatus>) -> Exit {
    match status {
        // It cannot be ended, or somebody else has taken the status, which is lost then.
        None => Exit::Code(-1),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or(-1)),
        },
    }
}

/// Starts the agent by way of the shim; answers when it runs, or with a sentence.
async fn start(mark: &OsStr, command: &Command) -> Result<Child, String> {
    if !command.directory.is_dir() {
        return Err(format!(
            "the directory {} does not exist",
            command.directory.display()
        ));
    }
    let failed = |error: std::io::Error| format!("the agent cannot be started: {error}");
    // Both ends are inherited unless told otherwise. The shim needs the writing one and closes it;
    // this process starts nothing else that could inherit it.
    let (reading, writing) = nix::unistd::pipe().map_err(|error| failed(error.into()))?;
    fcntl(&reading, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).map_err(|error| failed(error.into()))?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&writing);
    let child = tokio::process::Command::new(own_program().map_err(failed)?)
        .arg0("baton")
        .args(["agent-shim", "--"])
        .args(shim::arguments(std::process::id(), number, command.bounds))
        .arg(&command.program)
        .args(&command.args)
        .env_clear()
        .envs(&command.env)
        .env(MARKER, mark)
        .current_dir(&command.directory)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    drop(writing);
    let mut child = child.map_err(failed)?;
    let mut sentence = String::new();
    let mut report = pipe::Receiver::from_owned_fd(reading).map_err(failed)?;
    report.read_to_string(&mut sentence).await.map_err(failed)?;
    if sentence.is_empty() {
        return Ok(child);
    }
    child.wait().await.map_err(failed)?;
    Err(sentence)
}

/// Baton as it runs: on Linux also when its file has been replaced by another version.
fn own_program() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe()
    }
}

/// Gives the agent its lines.
async fn give(mut stdin: ChildStdin, mut feed: Feed) {
    while let Some(line) = feed.next().await {
        if stdin.write_all(&line).await.is_err() {
            // It has closed its input. What it means by that its output or its end will tell.
            return;
        }
        feed.taken(line.len());
    }
}

/// Writes down what the agent says. Never waits for a client: that is what the journal is for.
async fn hear(mut stdout: ChildStdout, hub: Arc<Hub>) {
    let mut lines = Lines::new(hub.limits.line, 0);
    let kind = |line| match line {
        Line::Whole(line) => RecordKind::Output { line },
        Line::Long { bytes, .. } => RecordKind::TooLong { bytes },
    };
    // An error on a pipe means what its end means.
    while stdout
        .read_buf(lines.buffer())
        .await
        .is_ok_and(|read| read > 0)
    {
        hub.write(std::iter::from_fn(|| lines.next()).map(kind));
    }
    hub.write(lines.rest().map(kind));
}

/// Writes down what the agent complains about, and answers the end of it.
async fn heed(mut stderr: ChildStderr, hub: Arc<Hub>) -> String {
    let mut lines = Lines::new(STDERR_LINE, STDERR_LINE);
    let mut tail: Vec<u8> = Vec::new();
    let mut kind = |line| {
        let line = match line {
            Line::Whole(line) | Line::Long { head: line, .. } => line,
        };
        tail.extend_from_slice(&line);
        tail.push(b'\n');
        tail.drain(..tail.len().saturating_sub(STDERR_TAIL));
        RecordKind::Stderr { line }
    };
    while stderr
        .read_buf(lines.buffer())
        .await
        .is_ok_and(|read| read > 0)
    {
        hub.write(std::iter::from_fn(|| lines.next()).map(&mut kind));
    }
    hub.write(lines.rest().map(&mut kind));
    String::from_utf8_lossy(&tail).trim_end().to_owned()
}
