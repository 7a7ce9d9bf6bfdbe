//! `baton run`: puts the rooms together and keeps them going.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::projects;
use crate::{
    access::{Gate, Owners},
    admission::Caps,
    clock::Clock,
    config::Settings,
    delivery::Outbox,
    discord::{
        self, BoundChannel, DiscordParts, DiscordSettings, Link, LinkState, SecureSimulator,
    },
    http::{self, Report, Reporter},
    observe,
    runtime::{
        claude::{ClaudeRuntime, ClaudeSettings, HostEnv},
        runner::{RunnerHost, RunnerLimits},
    },
    session::{Bystanders, ChannelMode, Engine, Limits, Parts, Speakers},
    store::{ProjectRow, Store},
    words::ChannelId,
};

/// How long the rooms may take to let go when the server ends. With the gateway's own farewell it
/// stays below the five seconds in which the process has to be gone.
const LET_GO: Duration = Duration::from_millis(1_500);

/// How long ending may take altogether; a service manager kills after a while of its own.
const OVERDUE: Duration = Duration::from_millis(4_500);

/// Runs the server until a signal or a fault ends it. Everything accepted is stored, so the caller
/// may end the process as soon as this returns.
pub(super) async fn run(settings: Settings) -> Result<()> {
    projects::of(&settings)?;
    keep_memory_private();
    observe::start(
        settings.log.level.as_str(),
        settings.log.format,
        settings.secrets(),
    )?;
    let world = World {
        clock: Clock::system(),
        program: std::env::current_exe().context("the path of this program is unknown")?,
        stop: CancellationToken::new(),
    };
    stop_on_signals(&world.stop)?;
    let stop = world.stop.clone();
    tokio::select! {
        ended = serve(settings, world) => ended,
        () = overdue(&stop) => {
            tracing::warn!("ending took too long; what was under way goes on at the next start");
            Ok(())
        }
    }
}

/// Whatever a room may be waiting for: who asked the server to end does not wait for it.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(OVERDUE).await;
}

/// What a server finds around it.
#[derive(Clone, Debug)]
pub struct World {
    /// The time that it stores and compares.
    pub clock: Clock,
    /// This program, which runners are started from.
    pub program: PathBuf,
    /// Ends it.
    pub stop: CancellationToken,
}

/// Serves until it is told to stop or the connection is lost for good. The process is the
/// caller's: neither its log nor its signals are touched.
pub async fn serve(settings: Settings, world: World) -> Result<()> {
    let World {
        clock,
        program,
        stop,
    } = world;
    let projects = projects::of(&settings)?;
    let store = Store::open(&settings.data.dir).await?;
    note_projects(&store, &settings, &clock).await?;
    let listener = TcpListener::bind(settings.http.listen)
        .await
        .with_context(|| {
            format!(
                "`http.listen` {} cannot be used. Is another program there? Set another port",
                settings.http.listen
            )
        })?;
    let account = account(&settings);
    let connection = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        connection = discord::connect(account) => connection?,
    };

    let outbox = Outbox::new(store.clone(), clock.clone());
    let (live, shown) = mpsc::unbounded_channel();
    let chat = connection.chat();
    let engine = Engine::new(Parts {
        store: store.clone(),
        clock: clock.clone(),
        gate: Gate::new(store.clone(), owners(&settings), clock.clone()),
        outbox: Arc::clone(&outbox),
        chat: Arc::clone(&chat) as _,
        projects,
        runtime: Arc::new(ClaudeRuntime::new(claude(&settings))),
        host: host(&settings, program)?,
        forbidden: forbidden(&settings),
        limits: limits(&settings),
        channel_mode: channel_mode(&settings),
        live,
        stop: stop.clone(),
    });
    let link = Link::default();
    let reporter = Arc::new(Health {
        engine: Arc::clone(&engine),
        link: link.clone(),
    });

    let mut rooms = JoinSet::new();
    rooms.spawn(Arc::clone(&outbox).run(chat, stop.clone()));
    rooms.spawn(serve_health(listener, reporter, stop.clone()));
    tokio::select! {
        // What was not taken up yet is found again by the next start.
        () = stop.cancelled() => return Ok(()),
        recovered = engine.recover() => recovered?,
        refused = connection.refused() => return Err(refused.into()),
    }
    rooms.spawn(Arc::clone(&engine).keep());
    let parts = DiscordParts {
        connection,
        store: store.clone(),
        clock,
        outbox,
        live: shown,
        link,
    };
    let ended = tokio::select! {
        ended = discord::run(parts, engine, stop.clone()) => ended.map_err(Into::into),
        fault = fallen(&mut rooms, &stop) => Err(fault),
    };
    stop.cancel();
    let let_go = async { while rooms.join_next().await.is_some() {} };
    if tokio::time::timeout(LET_GO, let_go).await.is_err() {
        tracing::warn!(
            "not everything let go in time; what was under way goes on at the next start"
        );
    }
    // Folds the log into the database; without it the next start does that.
    let _ = tokio::time::timeout(LET_GO, store.close()).await;
    ended
}

async fn serve_health(listener: TcpListener, reporter: Arc<dyn Reporter>, stop: CancellationToken) {
    if let Err(error) = http::serve(listener, reporter, stop).await {
        tracing::error!(%error, "the health page cannot be served any more");
    }
}

/// Waits for a room that ends though nobody told it to. Without it the server would look well and
/// do half of its work; so it ends, and whoever looks after it starts it again.
async fn fallen(rooms: &mut JoinSet<()>, stop: &CancellationToken) -> anyhow::Error {
    let ended = rooms.join_next().await;
    if stop.is_cancelled() {
        return std::future::pending().await;
    }
    let how = match ended {
        Some(Err(fault)) => fault.to_string(),
        Some(Ok(())) | None => "it ended by itself, see the log".to_owned(),
    };
    anyhow!(
        "A part of the server has a fault: {how}. Start Baton again; what was under way goes on."
    )
}

/// Other processes of this user must not read the token out of the server's memory.
fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::warn!(%error, "other processes of this user may be able to read the memory of this one");
    }
}

async fn note_projects(store: &Store, settings: &Settings, clock: &Clock) -> Result<()> {
    let mut tx = store.write().await?;
    for project in &settings.projects {
        let row = ProjectRow {
            name: project.name.to_string(),
            directory: project.directory.display().to_string(),
            runtime: project.runtime,
        };
        tx.note_project(&row, clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

fn account(settings: &Settings) -> DiscordSettings {
    let discord = &settings.discord;
    let base = discord.api_base.as_ref();
    let secure = base.zip(discord.api_ca.as_ref());
    let channels = settings.projects.iter().flat_map(|project| {
        let bound = |channel: &ChannelId| BoundChannel {
            channel: *channel,
            project: project.name.to_string(),
        };
        project.channels.iter().map(bound)
    });
    DiscordSettings {
        token: discord.token.clone(),
        guild: discord.guild,
        api_base: base.map(|base| base.as_str().to_owned()),
        secure: secure.map(|(base, authority)| SecureSimulator {
            address: base.address(),
            authority: authority.clone(),
        }),
        channels: channels.collect(),
        catch_up: discord.catch_up,
        commands: settings.admission.commands_per_minute,
    }
}

fn owners(settings: &Settings) -> Owners {
    Owners {
        user: settings.discord.owner_user,
        role: settings.discord.owner_role,
    }
}

fn claude(settings: &Settings) -> ClaudeSettings {
    let env = settings.claude.env.iter();
    ClaudeSettings {
        command: settings.claude.command.clone(),
        config_dir: settings.claude.config_dir.clone(),
        pass_env: env
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
            .collect(),
        host: HostEnv::of_this_process(),
        agent_prompt: None,
    }
}

fn host(settings: &Settings, program: PathBuf) -> Result<RunnerHost> {
    let limits = RunnerLimits {
        line: usize::try_from(settings.runner.line_limit).unwrap_or(usize::MAX),
        journal: settings.runner.journal_limit,
        orphan: settings.runner.orphan_timeout,
        ..RunnerLimits::default()
    };
    Ok(RunnerHost::new(&settings.data.sockets(), program, limits)?)
}

/// What no agent may touch: the settings, the secrets beside them, and the state.
fn forbidden(settings: &Settings) -> Vec<PathBuf> {
    settings
        .files
        .iter()
        .cloned()
        .chain([settings.data.dir.clone()])
        .collect()
}

fn limits(settings: &Settings) -> Limits {
    let admission = &settings.admission;
    Limits {
        caps: Caps {
            active: admission.max_active,
            queued: admission.max_queued,
        },
        person: Caps {
            active: admission.person_max_active,
            queued: admission.person_max_queued,
        },
        requests: admission.requests_per_minute,
        prompt: admission.max_prompt,
        mailbox: admission.mailbox,
        expiry: admission.expiry,
        idle: settings.claude.idle_timeout,
        live: settings.claude.max_live,
        turn: settings.claude.turn_timeout,
        start: settings.claude.start_timeout,
    }
}

fn channel_mode(settings: &Settings) -> ChannelMode {
    let mode = &settings.channel_mode;
    ChannelMode {
        speakers: if mode.owner_only {
            Speakers::Owners
        } else {
            Speakers::Members
        },
        history: mode.history,
        bystanders: if mode.include_bystanders {
            Bystanders::Included
        } else {
            Bystanders::LeftOut
        },
    }
}

fn stop_on_signals(stop: &CancellationToken) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
        stop.cancel();
    });
    Ok(())
}

/// Puts the report of `/healthz` together.
struct Health {
    engine: Arc<Engine>,
    link: Link,
}

#[async_trait]
impl Reporter for Health {
    async fn report(&self) -> Report {
        let waits = self.link.waits();
        let gateway = match (self.link.state(), &waits) {
            (LinkState::Up, _) => "connected",
            (LinkState::Down, Some(_)) => "waiting",
            (LinkState::Down, None) => "down",
        };
        let health = self.engine.health().await;
        let reason = match (&health, gateway) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(_), "connected") => None,
            (Ok(_), other) => Some(waits.unwrap_or_else(|| format!("the gateway is {other}"))),
        };
        let health = health.ok();
        let caps = health.map(|health| health.caps);
        let treatment = self.link.treatment();
        Report {
            healthy: reason.is_none(),
            reason,
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: health.map_or(0, |health| health.uptime.as_secs()),
            gateway,
            active_sessions: health.map_or(0, |health| health.active),
            queued_count: health.map_or(0, |health| health.queued),
            max_active: caps.map_or(0, |caps| caps.active),
            max_queued: caps.map_or(0, |caps| caps.queued),
            warm_agents: health.map_or(0, |health| health.warm),
            deliveries_waiting: health.map_or(0, |health| health.deliveries_waiting),
            unreadable_events: self.link.unreadable(),
            refused_requests: treatment.refused,
            sparing: treatment.is_sparing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_room_that_falls_ends_the_server_with_a_sentence() {
        let mut rooms = JoinSet::new();
        rooms.spawn(std::future::pending());
        rooms.spawn(async { panic!("the roof came down") });
        let fault = fallen(&mut rooms, &CancellationToken::new()).await;
        let told = fault.to_string();
        assert!(
            told.starts_with("A part of the server has a fault: ")
                && told.contains("the roof came down"),
            "{told}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_that_ends_because_it_was_told_to_has_not_fallen() {
        let mut rooms = JoinSet::new();
        rooms.spawn(async {});
        let stop = CancellationToken::new();
        stop.cancel();
        let fault = tokio::time::timeout(LET_GO, fallen(&mut rooms, &stop)).await;
        assert!(fault.is_err(), "{fault:?}");
    }
}
