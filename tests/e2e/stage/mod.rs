//! A stage for one test: a Discord, a model service and a directory, and Baton between them as a
//! process of its own, with the real agent CLI.

mod agent;
pub(crate) mod canary;
mod failure;
pub(crate) mod fake;
mod held_clock;
mod inside;
pub(crate) mod mounts;
pub(crate) mod oauth;
mod processes;
mod program;
mod scene;
mod server;
pub(crate) mod uses;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use baton::{
    clock::Millis,
    store::{MembershipRow, Store, Subject},
    words::{RuntimeKind, Scope, Tier, UserId},
};
use discord_sim::{Sim, SimConfig};
use model_sim::ModelSim;
use sqlx::{AssertSqlSafe, SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use processes::PATIENCE;

pub(crate) use agent::{claude, codex};
pub(crate) use held_clock::HeldClock;
pub(crate) use inside::Inside;
pub(crate) use processes::{commands_with, ids_with, memory, parent, touching, until, until_left};
pub(crate) use program::Program;
pub(crate) use scene::thread_of;
pub(crate) use server::{Server, another, clear_away, without_powers};

/// Everything that one test needs. Dropping it ends every process that it started, and fails the test
/// if Discord was not treated well.
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) model: ModelSim,
    home: TempDir,
    /// Codex refuses to have its home where temporary files lie.
    codex_home: TempDir,
    settings: Settings,
    server: Option<Server>,
    /// How often servers had looked for what they had missed when the newest one was started.
    looks_before: AtomicUsize,
}

/// Where Codex may have its home: nothing below `/tmp` is taken, and a checkout may lie there.
pub(crate) const KEPT: &str = "/var/tmp";

/// What a server logs when it has looked for what it may have missed.
const LOOKED: &str = "the look at what was written meanwhile is over";

/// What a test may want otherwise than usual.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The project's tool rules.
    pub(crate) allowed_tools: Vec<&'static str>,
    /// Who may say yes to what they do not allow, as in `baton.toml`.
    pub(crate) approvers: &'static str,
    /// More lines for `baton.toml`: whole tables, in which `$HOME` stands for the stage's directory
    /// and `$GENERAL` for a channel that is no project's.
    pub(crate) more: String,
    /// What stands in `.env` in the stead of a `baton.toml`: see [`Stage::write_settings`].
    pub(crate) env_file: Option<&'static str>,
    /// More environment for the server.
    pub(crate) env: Vec<(String, String)>,
    /// Which agent program works in the project.
    pub(crate) runtime: RuntimeKind,
    /// The agent program; `None` for the real one.
    pub(crate) agent: Option<PathBuf>,
    /// What a pretended agent does in the agent program's stead: see [`fake`].
    pub(crate) fake: Option<String>,
    /// What the simulated Discord is like.
    pub(crate) sim: SimConfig,
    /// Whether `baton run` has to do without root's powers.
    pub(crate) powers: Powers,
}

/// With which rights Baton and its agents run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Powers {
    /// Those of whoever runs the tests.
    Inherited,
    /// Those of an ordinary user: root, in a container, could look into every process.
    Dropped,
    /// Those of whoever runs the tests, among the file systems that this process sees.
    Beside(u32),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_tools: vec!["Read", "Grep", "Glob", "Bash"],
            approvers: "\"nobody\"",
            more: String::new(),
            env_file: None,
            env: Vec::new(),
            runtime: RuntimeKind::Claude,
            agent: None,
            fake: None,
            sim: SimConfig::default(),
            powers: Powers::Inherited,
        }
    }
}

impl Stage {
    /// A stage with Baton running on it, and a member called `ann`.
    pub(crate) async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(settings: Settings) -> Self {
        let mut stage = Self::dark(settings).await;
        stage.start().await;
        stage
    }

    /// A stage on which Baton does not run yet.
    pub(crate) async fn dark(settings: Settings) -> Self {
        canary::allow_images();
        failure::remember();
        let sim = Sim::start(settings.sim.clone()).await;
        let model = ModelSim::start().await.unwrap();
        let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
        std::fs::create_dir(home.path().join("project")).unwrap();
        let codex_home = tempfile::tempdir_in(KEPT).unwrap();
        let stage = Self {
            sim,
            model,
            home,
            codex_home,
            settings,
            server: None,
            looks_before: AtomicUsize::new(0),
        };
        stage.write_settings();
        stage.grant("ann", Scope::Global, Tier::Member).await;
        stage
    }

    /// Writes `baton.toml`; or `.env`, in which `$TOKEN`, `$GUILD`, `$OWNER`, `$CREW` (a role), `$GENERAL`
    /// (a channel) and `$HOME` stand for those of this stage.
    fn write_settings(&self) {
        if let Some(text) = self.settings.env_file {
            let sim = &self.sim;
            let text = text
                .replace("$TOKEN", sim.token())
                .replace("$GUILD", &sim.guild_id().to_string())
                .replace("$OWNER", &sim.user("owner").id().to_string())
                .replace("$CREW", &sim.role("crew").to_string())
                .replace("$GENERAL", &sim.channel("general").to_string())
                .replace("$HOME", self.home().to_str().unwrap());
            let file = self.home().join(".env");
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
            return;
        }
        let fake = self
            .settings
            .fake
            .as_ref()
            .map(|what| fake::write(self.home(), what));
        let agent = self.settings.agent.clone().or(fake).unwrap_or_else(claude);
        let rules: Vec<String> = self
            .settings
            .allowed_tools
            .iter()
            .map(|rule| format!("{rule:?}"))
            .collect();
        let text = format!(
            r#"
[discord]
guild = {guild}
owner_user = {owner}
api_base = "{api}"

[data]
dir = {data:?}

[http]
listen = "127.0.0.1:0"

[claude]
command = {agent:?}
config_dir = {claude_home:?}

[[projects]]
name = "play"
directory = {project:?}
channels = [{channel}]
allowed_tools = [{rules}]
owner_tools = [{rules}]
approvers = {approvers}
{codex}
{more}
"#,
            guild = self.sim.guild_id(),
            owner = self.sim.user("owner").id(),
            api = self.sim.base_url(),
            data = self.data(),
            claude_home = self.home().join("claude"),
            project = self.project(),
            channel = self.sim.channel("project"),
            rules = rules.join(", "),
            approvers = self.settings.approvers,
            codex = self.codex_settings(),
            more = self
                .settings
                .more
                .replace("$HOME", self.home().to_str().unwrap())
                .replace("$GENERAL", &self.sim.channel("general").to_string()),
        );
        let file = self.home().join("baton.toml");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// What makes Codex the project's agent program, if it is to be; it follows on the project's other lines.
    fn codex_settings(&self) -> String {
        if self.settings.runtime != RuntimeKind::Codex {
            return String::new();
        }
        format!(
            "runtime = \"codex\"\n\n[codex]\ncommand = {:?}\nhome = {:?}\nbase_url = \"{}/v1\"\n\
             key_variable = \"SIM_KEY\"\n",
            codex(),
            self.codex_home(),
            self.model.base_url(),
        )
    }

    /// Sets an environment variable for the servers that start from now on, for what is known only
    /// once the stage stands.
    pub(crate) fn set_env(&mut self, name: &str, value: &str) {
        self.settings.env.push((name.to_owned(), value.to_owned()));
    }

    /// With which rights the servers run that start from now on, for what is known only once the stage stands.
    pub(crate) fn run_with(&mut self, powers: Powers) {
        self.settings.powers = powers;
    }

    /// Starts Baton and does not wait for it.
    pub(crate) fn start_unconnected(&mut self) {
        assert!(self.server.is_none(), "Baton runs already");
        self.count_looks();
        self.server = Some(Server::spawn(self.home(), self.env(), self.settings.powers));
    }

    /// Waits until Baton has ended by itself.
    pub(crate) async fn ends(&mut self) -> std::process::ExitStatus {
        self.server.take().expect("Baton runs").ends().await
    }

    /// Starts Baton and waits until it is connected and listens.
    pub(crate) async fn start(&mut self) {
        self.start_unconnected();
        self.until_it_listens().await;
    }

    /// Waits until the newest Baton is connected and has read back what it had missed: what is said from now on
    /// comes to it as an event, and what it asks Discord for is none of that look.
    pub(crate) async fn until_it_listens(&self) {
        self.sim.wait_until_connected().await;
        let before = self.looks_before.load(Ordering::Relaxed);
        until("what was written meanwhile is read back", || {
            self.looks() > before
        })
        .await;
    }

    /// Remembers how often was looked before the next server does.
    fn count_looks(&self) {
        self.looks_before.store(self.looks(), Ordering::Relaxed);
    }

    fn looks(&self) -> usize {
        self.log().matches(LOOKED).count()
    }

    /// Starts a second Baton on the same directories, and waits until it has ended.
    pub(crate) async fn start_another(&self) -> Output {
        let mut command = server::Server::command(self.home(), self.env(), self.settings.powers);
        tokio::time::timeout(PATIENCE, command.output())
            .await
            .unwrap()
            .unwrap()
    }

    /// Runs a subcommand as the operator of this stage does, with this as its standard input, and waits for its end.
    pub(crate) async fn operator(&self, subcommand: &[&str], args: &[&str], input: &str) -> Output {
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_baton"))
            .args(subcommand)
            .arg("--config")
            .arg(self.home().join("baton.toml"))
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home())
            .envs(self.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Whoever has no use for it closes it.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        child.wait_with_output().await.unwrap()
    }

    /// What the server has in its environment besides `PATH` and `HOME`.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let mut env = vec![
            ("ANTHROPIC_BASE_URL".to_owned(), self.model.base_url()),
            (
                "ANTHROPIC_API_KEY".to_owned(),
                canary::OF_THE_AGENTS.to_owned(),
            ),
            ("SIM_KEY".to_owned(), canary::OF_THE_AGENTS.to_owned()),
            (
                canary::VARIABLE.to_owned(),
                canary::OF_THE_SERVER.to_owned(),
            ),
        ];
        if self.settings.env_file.is_none() {
            env.push(("DISCORD_BOT_TOKEN".to_owned(), self.sim.token().to_owned()));
        } else {
            // What nobody has who is not on a stage.
            env.push(("BATON_DISCORD__API_BASE".to_owned(), self.sim.base_url()));
            let agent = claude().display().to_string();
            env.push(("BATON_CLAUDE__COMMAND".to_owned(), agent));
        }
        // Tests write and click faster than people.
        for what in ["REQUESTS", "COMMANDS"] {
            let name = format!("BATON_ADMISSION__{what}_PER_MINUTE");
            env.push((name, "10000".to_owned()));
        }
        env.extend(self.settings.env.clone());
        env
    }

    /// Ends Baton as a power cut would.
    pub(crate) async fn kill(&mut self) {
        let server = self.server.take().expect("Baton runs");
        server.kill().await;
        self.sim
            .wait_for(|world| world.connected_sessions() == 0)
            .await;
    }

    /// Asks Baton to end.
    pub(crate) async fn stop(&mut self) {
        self.server.take().expect("Baton runs").stop().await;
    }

    /// Kills Baton and starts it again.
    pub(crate) async fn restart_after_kill(&mut self) {
        self.kill().await;
        self.start().await;
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("Baton runs")
    }

    /// The directory that holds everything of this stage.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Codex's directory.
    pub(crate) fn codex_home(&self) -> PathBuf {
        self.codex_home.path().canonicalize().unwrap()
    }

    /// The project's directory.
    pub(crate) fn project(&self) -> PathBuf {
        self.home().join("project")
    }

    /// Baton's data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// What every Baton of this stage has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home().join("log")).unwrap_or_default()
    }

    /// The agent processes at this moment, without what they have started: that may come and go.
    pub(crate) fn agents(&self) -> Vec<u32> {
        let all = self.processes_of_agents();
        let is_started_by_one = |id: &u32| parent(*id).is_some_and(|parent| all.contains(&parent));
        let mut agents = all.clone();
        agents.retain(|id| !is_started_by_one(id));
        agents
    }

    /// Waits until no process of any agent lives.
    pub(crate) async fn until_no_agents(&self) {
        until("the agents have ended", || {
            self.processes_of_agents().is_empty()
        })
        .await;
    }

    /// The address of the newest server's health page, once there is one.
    pub(crate) async fn until_health_page(&self) -> String {
        until("the health page is open", || self.health_page().is_some()).await;
        self.health_page().expect("it is open")
    }

    /// The address at which the log says that the health page is.
    pub(crate) fn health_page(&self) -> Option<String> {
        let log = self.log();
        let (_, rest) = log.rsplit_once("the health page is at http://")?;
        let (address, _) = rest.split_once("/healthz\n")?;
        Some(address.to_owned())
    }

    /// Every process that has to do with this stage, apart from Baton: runners, agents, and what
    /// these have started.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut found = touching(&self.home().display().to_string());
        found.retain(|id| {
            self.server
                .as_ref()
                .is_none_or(|server| server.pid() != *id)
        });
        found
    }

    /// The secrets of this stage that are where they may not be.
    pub(crate) fn leaks(&self) -> Vec<canary::Leak> {
        canary::search(self)
    }

    /// A look into the database.
    pub(crate) async fn store(&self) -> Store {
        Store::visit(&self.data()).await.unwrap()
    }

    /// Reads or changes the database behind the server's back.
    pub(crate) async fn sql(&self, statement: &str) -> String {
        sql(&self.data(), statement).await
    }

    /// Makes somebody something somewhere.
    pub(crate) async fn grant(&self, name: &str, scope: Scope, tier: Tier) {
        let user = UserId::new(self.sim.user(name).id().get());
        self.appoint(Subject::User(user), scope, tier).await;
    }

    /// Makes somebody, or everybody with a role, something somewhere.
    pub(crate) async fn appoint(&self, subject: Subject, scope: Scope, tier: Tier) {
        let row = MembershipRow {
            subject,
            scope,
            tier,
            granted_by: None,
            granted_at: Millis::new(0),
            expires_at: None,
        };
        let store = self.store().await;
        let mut tx = store.write().await.unwrap();
        tx.set_membership(&row).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
    }
}

/// Reads or changes the database in a data directory behind the server's back.
pub(crate) async fn sql(data: &Path, statement: &str) -> String {
    let file = SqliteConnectOptions::new().filename(data.join("baton.db"));
    let pool = SqlitePool::connect_with(file).await.unwrap();
    let row: Option<String> = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
        .fetch_optional(&pool)
        .await
        .unwrap();
    pool.close().await;
    row.unwrap_or_default()
}

impl Drop for Stage {
    fn drop(&mut self) {
        let has_failed = std::thread::panicking();
        // Who has failed has something to say already.
        let leaks = if has_failed { Vec::new() } else { self.leaks() };
        if let Some(server) = self.server.take() {
            server.kill_now();
        }
        server::clear_away(&self.data());
        if has_failed || !self.sim.violations().is_empty() {
            eprintln!("--- Baton's log\n{}", self.log());
        }
        if has_failed {
            eprintln!("--- what failed: {}", failure::of_this_thread());
        } else {
            self.sim.assert_clean();
            assert_eq!(leaks, [], "a secret has leaked");
        }
    }
}
