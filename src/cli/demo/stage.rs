//! Everything that the demo plays with: a Discord, perhaps a model, a directory, and the server as a
//! process of its own, because it is going to be killed.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use discord_sim::{ChannelId, Sim, SimConfig};
use model_sim::ModelSim;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::agent::{Agent, Model};
use crate::{
    clock::Clock,
    runtime::runner::{RunnerHost, RunnerLimits},
    store::{MembershipRow, Store, Subject},
    words::{RunnerId, RuntimeKind, Scope, Tier, UserId},
};

/// How long the server may take to end when it is asked to.
const ENDS: Duration = Duration::from_secs(5);

/// Where Codex may have its home, and anybody's files outlive a restart: it refuses the usual place for temporary ones.
const KEPT: &str = "/var/tmp";

/// The variable with the key of Codex's service.
const KEY: &str = "DEMO_KEY";

/// What the project holds.
const NOTES: &str = "# Notes\n\nThe harbour opens at six.\n";

/// The demo's own little world.
pub(super) struct Stage {
    pub(super) sim: Arc<Sim>,
    model: Option<ModelSim>,
    agent: Agent,
    home: TempDir,
    /// Codex's home, where it is the agent program.
    codex_home: Option<TempDir>,
    server: Option<Child>,
}

impl Stage {
    pub(super) async fn build(agent: Agent) -> Result<Self> {
        // A short path: a unix socket's address has room for about a hundred bytes.
        let home = tempfile::Builder::new().prefix("baton-").tempdir()?;
        let model = match agent.model {
            Model::Real => None,
            Model::Simulated => Some(ModelSim::start().await?),
        };
        let codex_home = match agent.runtime {
            RuntimeKind::Claude => None,
            RuntimeKind::Codex => Some(tempfile::Builder::new().prefix("baton-").tempdir_in(KEPT)?),
        };
        let sim = Arc::new(Sim::start(SimConfig::default()).await);
        let stage = Self {
            sim,
            model,
            agent,
            home,
            codex_home,
            server: None,
        };
        let project = stage.home.path().join("project");
        fs::create_dir(&project)?;
        fs::write(project.join("NOTES.md"), NOTES)?;
        stage.write_settings(&project)?;
        stage.let_ann_in().await?;
        Ok(stage)
    }

    fn write_settings(&self, project: &Path) -> Result<()> {
        let text = format!(
            "[discord]\nguild = {guild}\nowner_user = {owner}\napi_base = \"{api}\"\n\n\
             [data]\ndir = {data}\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
             {agent}\n\
             [[projects]]\nname = \"demo\"\ndirectory = {project}\nchannels = [{channel}]\n\
             runtime = \"{runtime}\"\nallowed_tools = [\"Read\", \"Bash\"]\n",
            guild = self.sim.guild_id(),
            owner = self.sim.user("owner").id(),
            api = self.sim.base_url(),
            data = path(&self.data()),
            agent = self.agent_settings(),
            runtime = self.agent.runtime,
            project = path(project),
            channel = self.channel(),
        );
        let file = self.home.path().join("baton.toml");
        fs::write(&file, text)?;
        // Whatever the umask: a server refuses what everybody can write.
        Ok(fs::set_permissions(
            file,
            fs::Permissions::from_mode(0o600),
        )?)
    }

    /// The table of the agent program.
    fn agent_settings(&self) -> String {
        let command = format!(
            "[{}]\ncommand = {}\n",
            self.agent.runtime,
            path(&self.agent.program)
        );
        let (Some(home), Some(model)) = (&self.codex_home, &self.model) else {
            return command;
        };
        format!(
            "{command}home = {}\nbase_url = \"{}/v1\"\nkey_variable = \"{KEY}\"\n",
            path(home.path()),
            model.base_url()
        )
    }

    async fn let_ann_in(&self) -> Result<()> {
        let store = Store::visit(&self.data()).await?;
        let mut tx = store.write().await?;
        tx.set_membership(&MembershipRow {
            subject: Subject::User(UserId::new(self.sim.user("ann").id().get())),
            scope: Scope::Global,
            tier: Tier::Member,
            granted_by: None,
            granted_at: Clock::system().now(),
            expires_at: None,
        })
        .await?;
        tx.commit().await?;
        store.close().await;
        Ok(())
    }

    fn data(&self) -> std::path::PathBuf {
        self.home.path().join("data")
    }

    /// The project's channel.
    pub(super) fn channel(&self) -> ChannelId {
        self.sim.channel("project")
    }

    pub(super) const fn model(&self) -> Model {
        self.agent.model
    }

    /// Starts the server; returns when it is connected.
    pub(super) async fn start(&mut self) -> Result<()> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.home.path().join("server.log"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["run", "--config"])
            .arg(self.home.path().join("baton.toml"))
            .env_clear()
            .envs(self.agent.environment.iter().cloned())
            .env("DISCORD_BOT_TOKEN", self.sim.token())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        if let Some(model) = &self.model {
            command
                .env("ANTHROPIC_BASE_URL", model.base_url())
                .env("ANTHROPIC_API_KEY", "demo")
                .env(KEY, "demo")
                // The agent's shell reads the profile of its home; the demo's has none to wait for.
                .env("HOME", self.home.path())
                .env("CLAUDE_CONFIG_DIR", self.home.path().join("claude"));
        }
        let mut server = command.spawn().context("the server could not be started")?;
        tokio::select! {
            () = self.sim.wait_until_connected() => {}
            ended = server.wait() => {
                bail!("the server ended at its start ({}):\n{}", ended?, self.log());
            }
        }
        self.server = Some(server);
        Ok(())
    }

    /// What the servers have logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default()
    }

    /// Kills the server as a power cut would.
    pub(super) async fn kill(&mut self) -> Result<()> {
        let mut server = self.server.take().context("the server runs")?;
        server.kill().await?;
        self.sim
            .wait_for(|world| world.connected_sessions() == 0)
            .await;
        Ok(())
    }

    /// How many runners there are when one session has its agent: all sessions of Codex share one more.
    pub(super) const fn runners_of_one_session(&self) -> usize {
        match self.agent.runtime {
            RuntimeKind::Claude => 1,
            RuntimeKind::Codex => 2,
        }
    }

    /// The agent processes' runners.
    pub(super) fn runners(&self) -> Result<Vec<RunnerId>> {
        Ok(self.host()?.present()?)
    }

    fn host(&self) -> Result<RunnerHost> {
        let run = self.data().join("run");
        let program = std::env::current_exe()?;
        Ok(RunnerHost::new(&run, program, RunnerLimits::default())?)
    }

    /// Ends everything that was started, also where some of it does not end as it should.
    pub(super) async fn clear(mut self) -> Result<()> {
        let ended = self.end_server().await;
        let host = self.host()?;
        let mut cleared = Ok(());
        for runner in host.present()? {
            if let Err(error) = host.remove(runner).await {
                cleared = Err(error.into());
            }
        }
        ended.and(cleared)
    }

    /// Asks the server to end. One that does not is killed: it would start more.
    async fn end_server(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        if let Some(pid) = server.id() {
            kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        }
        if tokio::time::timeout(ENDS, server.wait()).await.is_err() {
            server.kill().await?;
            bail!("the server did not end within {ENDS:?} and was killed");
        }
        Ok(())
    }
}

/// A path as TOML writes it.
fn path(path: &Path) -> toml::Value {
    toml::Value::from(path.to_string_lossy().into_owned())
}
