//! The server's side: starting runners, finding them again, and clearing up after them.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, ChildStdout},
};

use super::{
    AttachError, HostError, Leftover, Link, RemoveError, RunnerLimits, Seq, StartError,
    files::{self, Layout, NURSERY, SOCKET_PATH_LIMIT},
    process::Ready,
    remove,
    spec::Spec,
};
use crate::{
    runtime::Command,
    words::{RunnerId, SessionId},
};

/// How long a runner may take to be ready. It reads a file and binds a socket, so this only bounds
/// a broken one.
const READY: Duration = Duration::from_secs(20);

/// Starts and finds runners under one directory. One server at a time has it.
#[derive(Clone, Debug)]
pub struct RunnerHost {
    layout: Layout,
    program: PathBuf,
    limits: RunnerLimits,
}

impl RunnerHost {
    /// Prepares `run_dir`. `program` is Baton itself, whose hidden subcommand `runner` is started.
    /// Unfinished directories of a start that a crash cut short are removed.
    pub fn new(run_dir: &Path, program: PathBuf, limits: RunnerLimits) -> Result<Self, HostError> {
        let failed = |source| HostError::Directory {
            path: run_dir.to_owned(),
            source,
        };
        let root = std::path::absolute(run_dir).map_err(failed)?;
        let layout = Layout::new(root);
        let socket = layout.socket(RunnerId::fresh());
        let length = socket.as_os_str().len();
        if length > SOCKET_PATH_LIMIT {
            return Err(HostError::PathTooLong {
                socket,
                length,
                limit: SOCKET_PATH_LIMIT,
            });
        }
        prepare_root(layout.root()).map_err(failed)?;
        Ok(Self {
            layout,
            program,
            limits,
        })
    }

    /// Starts a runner for an agent session and connects to it. Its records begin at the first one.
    /// What the agent itself does wrong at its start is told by the records. A start that fails
    /// leaves nothing behind; one whose future is dropped leaves a runner that is
    /// [`present`](Self::present).
    pub async fn start(
        &self,
        runner: RunnerId,
        session: SessionId,
        command: &Command,
    ) -> Result<Link, StartError> {
        self.start_as(Spec {
            runner,
            session,
            limits: self.limits,
            shared: false,
            command: command.clone(),
        })
        .await
    }

    /// The same for a process that several sessions share. `name` stands for a session: of one name there is one.
    pub async fn start_shared(
        &self,
        runner: RunnerId,
        name: SessionId,
        command: &Command,
    ) -> Result<Link, StartError> {
        self.start_as(Spec {
            runner,
            session: name,
            limits: self.limits,
            shared: true,
            command: command.clone(),
        })
        .await
    }

    async fn start_as(&self, spec: Spec) -> Result<Link, StartError> {
        let runner = spec.runner;
        let layout = self.layout.clone();
        blocking(move || lay_out(&layout, &spec)).await?;
        let linked = async {
            self.bring_up(runner).await?;
            Ok(self.attach(runner, Seq::START).await?)
        }
        .await;
        if linked.is_err()
            && let Err(error) = self.remove(runner).await
        {
            tracing::warn!(%runner, %error, "a runner that did not start has left something");
        }
        linked
    }

    /// Connects to a runner that another server started; records begin behind `after`. Whoever was
    /// connected before loses its connection.
    pub async fn attach(&self, runner: RunnerId, after: Seq) -> Result<Link, AttachError> {
        let limits = self.limits_of(runner);
        Link::connect(&self.layout.socket(runner), after, &limits).await
    }

    /// What a runner that is gone has left to read behind `after`; nothing if it never began.
    pub fn leftover(&self, runner: RunnerId, after: Seq) -> io::Result<Leftover> {
        let directory = self.layout.directory(runner);
        let limits = self.limits_of(runner);
        match Leftover::open(&directory, after, limits.line) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Leftover::empty()),
            other => other,
        }
    }

    /// Ends all that is left of a runner, itself included, and then removes its files. When this
    /// succeeds nothing that carries the runner's mark is alive.
    pub async fn remove(&self, runner: RunnerId) -> Result<(), RemoveError> {
        let layout = self.layout.clone();
        let removing = tokio::task::spawn_blocking(move || remove::remove(&layout, runner));
        removing.await.map_err(io::Error::from)?
    }

    /// The directory for temporary files of a runner's agent. The runner makes it, it goes with the
    /// runner's other files.
    pub fn temporary(&self, runner: RunnerId) -> PathBuf {
        self.layout.directory(runner).join(files::TEMPORARY)
    }

    /// Where a process is found that several sessions share. The name has eight characters at most.
    pub fn shared_socket(&self, name: &str) -> PathBuf {
        self.layout.shared_socket(name)
    }

    /// Every runner whose process is shared, with its name, alive or not.
    pub fn shared(&self) -> io::Result<Vec<(RunnerId, SessionId)>> {
        let specs = self.present()?.into_iter().filter_map(|runner| {
            let spec = Spec::read(&self.layout.directory(runner)).ok()?;
            spec.shared.then_some((runner, spec.session))
        });
        Ok(specs.collect())
    }

    /// The largest journal that a runner may have, in bytes.
    pub fn journal_limit(&self, runner: RunnerId) -> u64 {
        self.limits_of(runner).journal
    }

    /// Every runner that has a directory, alive or not.
    pub fn present(&self) -> io::Result<Vec<RunnerId>> {
        let mut present = Vec::new();
        for entry in fs::read_dir(self.layout.root())? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                continue;
            }
            match Spec::read(&entry.path()) {
                Ok(spec) => present.push(spec.runner),
                Err(error) => {
                    tracing::warn!(path = %entry.path().display(), %error, "this is no runner's");
                }
            }
        }
        present.sort();
        Ok(present)
    }

    /// The limits may have been others when the runner was started.
    fn limits_of(&self, runner: RunnerId) -> RunnerLimits {
        Spec::read(&self.layout.directory(runner)).map_or(self.limits, |spec| spec.limits)
    }

    /// Starts the process and waits for its word.
    async fn bring_up(&self, runner: RunnerId) -> Result<(), StartError> {
        let directory = self.layout.directory(runner);
        let log = files::private_file(&directory.join(files::LOG))?;
        let mut child = tokio::process::Command::new(&self.program)
            .arg("runner")
            .arg("--dir")
            .arg(&directory)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let word = match child.stdout.take() {
            Some(stdout) => tokio::time::timeout(READY, first_line(stdout)).await,
            None => Ok(Ok(String::new())),
        };
        let Ok(word) = word else {
            child.kill().await?;
            return Err(StartError::Refused("it took too long".into()));
        };
        match Ready::parse(&word?) {
            Some(Ready::Yes) => {
                // So that it leaves no zombie when it ends before we do.
                tokio::spawn(async move { reaped(child.wait().await, runner) });
                Ok(())
            }
            Some(Ready::Busy(holder)) => {
                child.wait().await?;
                Err(StartError::Busy { holder })
            }
            Some(Ready::No(why)) => {
                child.wait().await?;
                Err(StartError::Refused(why))
            }
            None => Err(died(child, &directory).await?),
        }
    }
}

fn reaped(status: io::Result<ExitStatus>, runner: RunnerId) {
    match status {
        Ok(status) => tracing::debug!(%runner, %status, "a runner has ended"),
        Err(error) => tracing::warn!(%runner, %error, "cannot wait for a runner"),
    }
}

async fn died(mut child: Child, directory: &Path) -> io::Result<StartError> {
    let exit = child.wait().await?.to_string();
    let log = fs::read(directory.join(files::LOG))?;
    let end = &log[log.len().saturating_sub(2048)..];
    Ok(StartError::Died {
        exit,
        log: String::from_utf8_lossy(end).trim().to_owned(),
    })
}

async fn first_line(stdout: ChildStdout) -> io::Result<String> {
    let mut line = String::new();
    let mut stdout = BufReader::new(stdout).take(4096);
    stdout.read_line(&mut line).await?;
    Ok(line)
}

fn prepare_root(root: &Path) -> io::Result<()> {
    fs::create_dir_all(root)?;
    fs::set_permissions(root, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(NURSERY.as_bytes())
        {
            files::remove_tree(&entry.path())?;
        }
    }
    Ok(())
}

/// Makes a runner's directory: whole under its name, or not at all.
fn lay_out(layout: &Layout, spec: &Spec) -> io::Result<()> {
    let nursery = layout.nursery(spec.runner);
    files::private_directory(&nursery)?;
    let done = spec
        .write(&nursery)
        .and_then(|()| fs::rename(&nursery, layout.directory(spec.runner)));
    if done.is_err() {
        files::remove_tree(&nursery)?;
    }
    done
}

async fn blocking<F>(work: F) -> io::Result<()>
where
    F: FnOnce() -> io::Result<()> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await?
}
