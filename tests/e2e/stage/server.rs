//! Baton as a process.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use baton::runtime::runner::{RunnerHost, RunnerLimits};
use tokio::process::{Child, Command};

use super::{Powers, Stage};

/// How long Baton may take to end when it is asked to: more than it promises, because a busy machine may let
/// it wait, and less than it waits for others.
const ENDS: Duration = Duration::from_secs(20);

/// A running `baton run`.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts Baton with exactly this environment besides `PATH` and `HOME`.
    pub(super) fn spawn(home: &Path, env: Vec<(String, String)>, powers: Powers) -> Self {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(home.join("log"))
            .unwrap();
        let child = Self::command(home, env, powers).stderr(log).spawn();
        Self {
            child: child.unwrap(),
        }
    }

    /// The same, not started yet.
    pub(super) fn command(home: &Path, env: Vec<(String, String)>, powers: Powers) -> Command {
        let mut command = match powers {
            Powers::Inherited => Command::new(env!("CARGO_BIN_EXE_baton")),
            Powers::Dropped => {
                let mut command = Command::from(without_powers());
                command.arg(env!("CARGO_BIN_EXE_baton"));
                command
            }
            Powers::Beside(process) => {
                let mut command = Command::new("nsenter");
                command.args(["--user", "--mount", "--preserve-credentials"]);
                command.arg(format!("--target={process}"));
                command.arg(env!("CARGO_BIN_EXE_baton"));
                command
            }
        };
        command.arg("run");
        let file = home.join("baton.toml");
        if file.exists() {
            command.arg("--config").arg(file);
        }
        command
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .env("HOME", home)
            .env("BATON_LOG__LEVEL", "info,baton=debug")
            .envs(env)
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    pub(super) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub(super) async fn ends(mut self) -> std::process::ExitStatus {
        self.child.wait().await.unwrap()
    }

    pub(super) fn kill_now(mut self) {
        let _ = self.child.start_kill();
    }

    pub(super) async fn stop(mut self) {
        let pid = nix::unistd::Pid::from_raw(self.pid().try_into().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let ended = tokio::time::timeout(ENDS, self.child.wait()).await;
        let status = ended
            .unwrap_or_else(|_| panic!("Baton did not end within {ENDS:?}"))
            .unwrap();
        assert!(status.success(), "Baton ended with {status}");
    }
}

/// A second Baton on a stage, with a data directory of its own and the same settings otherwise. Dropping
/// it ends it and everything that it started.
pub(crate) struct Another {
    server: Option<Server>,
    data: PathBuf,
}

/// Starts it.
pub(crate) fn another(stage: &Stage, data: &Path) -> Another {
    let mut env = stage.env();
    env.push((
        "BATON_DATA__DIR".to_owned(),
        data.to_str().unwrap().to_owned(),
    ));
    Another {
        server: Some(Server::spawn(stage.home(), env, Powers::Inherited)),
        data: data.to_owned(),
    }
}

impl Another {
    /// Ends it as a service manager does.
    pub(crate) async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill_now();
        }
        clear_away(&self.data);
    }
}

/// What runs a command as an ordinary user would: to root it leaves no capability, so that it may
/// look into other processes of its own user only as far as these allow it.
pub(crate) fn without_powers() -> std::process::Command {
    if !nix::unistd::geteuid().is_root() {
        return std::process::Command::new("env");
    }
    let mut command = std::process::Command::new("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
    command
}

/// Ends every runner of a data directory, with its whole tree. From a thread of its own, because a
/// test may be dropping its stage inside a runtime.
pub(crate) fn clear_away(data: &Path) {
    let run = data.join("run");
    if !run.exists() {
        return;
    }
    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let host = RunnerHost::new(
                &run,
                env!("CARGO_BIN_EXE_baton").into(),
                RunnerLimits::default(),
            )?;
            for runner in host.present()? {
                host.remove(runner).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
    });
    if let Ok(Err(error)) = work.join() {
        eprintln!("what the test started could not be cleared away: {error}");
    }
}
