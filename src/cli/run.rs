//! `baton run`: puts the rooms together and keeps them going.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    health::Health,
    logins, notes, one_process, operators, projects, version,
    wiring::{account, asking, channel_mode, forbidden, host, limits, owners, runtimes},
};
use crate::{
    access::Gate,
    clock::Clock,
    config::Settings,
    credentials::Watch,
    delivery::Outbox,
    discord::{self, DiscordParts, Link},
    http::{self, Bounds, Stage},
    observe::{self, LastError, Metrics},
    runtime::HostEnv,
    session::{Engine, Parts, Projects},
    store::{ProjectRow, Store},
    transcript::{self, Transcripts},
    words::Alert,
};

/// How long the rooms may take to let go when the server ends. With the gateway's own farewell it
/// stays below the five seconds in which the process has to be gone.
const LET_GO: Duration = Duration::from_millis(1_500);

/// How long ending may take altogether; a service manager kills after a while of its own.
const OVERDUE: Duration = Duration::from_millis(4_500);

/// How long the process waits for a login that is being renewed: as long as a request may take. Its token can be used
/// once, and what comes for it would be lost.
const RENEWED: Duration = Duration::from_secs(32);

/// Runs the server until a signal or a fault ends it. Everything accepted is stored, so the caller
/// may end the process as soon as this returns.
pub(super) async fn run(settings: Settings) -> Result<()> {
    projects::of(&settings)?;
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let agents_get = HostEnv::of_this_process();
    let agents = runtimes(&settings, &program, &agents_get)?;
    one_process::check(&settings, &agents)?;
    let last_error = observe::start(
        settings.log.level.as_str(),
        settings.log.format,
        settings.secrets(),
    )?;
    notes::log(&settings);
    version::look_at(&settings, &agents);
    let world = World {
        clock: Clock::system(),
        program,
        agents_get,
        stop: CancellationToken::new(),
        renewals: TaskTracker::new(),
        last_error,
    };
    stop_on_signals(&world.stop)?;
    let (stop, renewals) = (world.stop.clone(), world.renewals.clone());
    let ended = in_time(Box::pin(serve(settings, world)), &stop).await;
    are_renewed(&renewals).await;
    ended
}

/// Waits for logins that are being renewed.
async fn are_renewed(renewals: &TaskTracker) {
    renewals.close();
    if renewals.is_empty() {
        return;
    }
    tracing::info!("a login is being renewed; the server ends when it is");
    if tokio::time::timeout(RENEWED, renewals.wait())
        .await
        .is_err()
    {
        tracing::warn!("a login is still being renewed; the next start looks after what was left");
    }
}

/// Whatever a room may be waiting for: who asked the server to end does not wait for it.
async fn in_time(
    serving: impl Future<Output = Result<()>>,
    stop: &CancellationToken,
) -> Result<()> {
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(OVERDUE).await;
    };
    tokio::select! {
        ended = serving => ended,
        () = overdue => {
            tracing::warn!("ending took too long; what was under way goes on at the next start");
            Ok(())
        }
    }
}

/// What a server finds around it.
#[derive(Clone, Debug)]
pub struct World {
    /// The time that it stores and compares.
    pub clock: Clock,
    /// This program, which runners are started from.
    pub program: PathBuf,
    /// What agents get of its environment.
    pub agents_get: HostEnv,
    /// Ends it.
    pub stop: CancellationToken,
    /// Renewals of logins that are under way; whoever ends the process waits for them.
    pub renewals: TaskTracker,
    /// The last error of its log.
    pub last_error: LastError,
}

/// How a server ended.
enum Ended {
    /// As it should, or with a sentence about what an operator has to change.
    Orderly(Result<()>),
    /// A part of it fell.
    Fallen(anyhow::Error),
}

/// Serves until it is told to stop or the connection is lost for good. The process is the
/// caller's: neither its log nor its signals are touched.
pub async fn serve(settings: Settings, world: World) -> Result<()> {
    let projects = projects::of(&settings)?;
    let store = Store::open(&settings.data.dir).await?;
    let store = store
        .telling(operators::told(&settings))
        .without(settings.secrets());
    let listener = TcpListener::bind(settings.http.listen)
        .await
        .with_context(|| {
            format!(
                "`http.listen` {} cannot be used. Is another program there? Set another port",
                settings.http.listen
            )
        })?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!("the health page is at http://{address}/healthz");
    }
    // A start that comes to nothing here leaves no end that nobody wished.
    note_start(&store, &settings, &world.clock).await?;
    let metrics = Metrics::default();
    let link = Link::default();
    let renewals = world.renewals.clone();
    let (logins, kept) = logins::task(&settings, &store, &world)?;
    let health = Health::new(&settings, &store, &world, (link.clone(), kept.clone()));
    // Answers until the last: also that the server ends.
    let closed = CancellationToken::new();
    let _closing = closed.clone().drop_guard();
    let page = serve_health(listener, Arc::clone(&health), metrics.clone(), closed);
    tokio::spawn(page);
    let house = House {
        settings,
        store: store.clone(),
        metrics,
        link,
        health,
        kept,
    };
    let mut rooms = JoinSet::new();
    let room = rooms.spawn(logins.run());
    house.health.watch("the keeper of the logins", room);
    // On the heap: it holds every room.
    let ended = Box::pin(house.keep(world, projects, rooms)).await;
    let (ended, is_orderly) = match ended {
        Ended::Orderly(ended) => (ended, true),
        Ended::Fallen(fault) => (Err(fault), false),
    };
    let _ = tokio::time::timeout(LET_GO, let_go(&store, is_orderly, &renewals)).await;
    ended
}

/// The rooms and what they are made from.
struct House {
    settings: Settings,
    store: Store,
    metrics: Metrics,
    link: Link,
    health: Arc<Health>,
    /// The logins of the agent programs.
    kept: Watch,
}

impl House {
    /// Puts the rooms together and keeps them until the server is to end, or has to.
    async fn keep(self, world: World, projects: Projects, mut rooms: JoinSet<()>) -> Ended {
        let stop = world.stop.clone();
        let ended = self.work(world, projects, &mut rooms).await;
        stop.cancel();
        let let_go = async { while rooms.join_next().await.is_some() {} };
        if tokio::time::timeout(LET_GO, let_go).await.is_err() {
            tracing::warn!(
                "not everything let go in time; what was under way goes on at the next start"
            );
        }
        match ended {
            Ok(ended) => ended,
            Err(error) => Ended::Orderly(Err(error)),
        }
    }

    async fn work(
        &self,
        world: World,
        projects: Projects,
        rooms: &mut JoinSet<()>,
    ) -> Result<Ended> {
        let World {
            clock,
            program,
            agents_get,
            stop,
            ..
        } = world;
        let gate = Gate::new(self.store.clone(), owners(&self.settings), clock.clone());
        let outbox = Outbox::counted(
            self.store.clone(),
            clock.clone(),
            self.metrics.clone(),
            asking(&self.settings, gate.clone(), &projects),
        );
        if self.settings.transcripts.enabled {
            let transcripts = self.transcripts(clock.clone(), Arc::clone(&outbox));
            let room = rooms.spawn(transcripts.run(stop.clone()));
            self.health.watch("the room of transcripts", room);
        }
        let connection = tokio::select! {
            () = stop.cancelled() => return Ok(Ended::Orderly(Ok(()))),
            connection = discord::connect(account(&self.settings)) => connection?,
        };
        let (live, shown) = mpsc::unbounded_channel();
        let chat = connection.chat();
        let engine = Engine::new(Parts {
            store: self.store.clone(),
            clock: clock.clone(),
            gate,
            outbox: Arc::clone(&outbox),
            chat: Arc::clone(&chat) as _,
            projects,
            runtimes: runtimes(&self.settings, &program, &agents_get)?,
            host: host(&self.settings, program)?,
            forbidden: forbidden(&self.settings),
            limits: limits(&self.settings),
            channel_mode: channel_mode(&self.settings),
            live,
            metrics: self.metrics.clone(),
            secrets: self.settings.secrets(),
            kept: self.kept.clone(),
            stop: stop.clone(),
        });
        self.health.knows(&engine);
        let room = rooms.spawn(Arc::clone(&outbox).run(chat, stop.clone()));
        self.health.watch("the outbox", room);
        self.health.has_reached(Stage::Recovering);
        tokio::select! {
            // What was not taken up yet is found again by the next start.
            () = stop.cancelled() => return Ok(Ended::Orderly(Ok(()))),
            recovered = engine.recover() => recovered?,
            refused = connection.refused() => return Err(refused.into()),
        }
        let room = rooms.spawn(Arc::clone(&engine).keep());
        self.health.watch("the keeper of the queue", room);
        self.health.has_reached(Stage::Running);
        let parts = DiscordParts {
            connection,
            store: self.store.clone(),
            clock,
            outbox,
            live: shown,
            link: self.link.clone(),
        };
        Ok(tokio::select! {
            ended = discord::run(parts, engine, stop.clone()) => Ended::Orderly(ended.map_err(Into::into)),
            fault = fallen(rooms, &stop) => Ended::Fallen(fault),
        })
    }

    fn transcripts(&self, clock: Clock, outbox: Arc<Outbox>) -> Transcripts {
        let settings = &self.settings.transcripts;
        Transcripts {
            store: self.store.clone(),
            clock,
            outbox,
            metrics: self.metrics.clone(),
            secrets: self.settings.secrets(),
            rules: transcript::Rules {
                directory: self.settings.data.transcripts(),
                max_size: settings.max_size,
                keep: settings.keep,
            },
        }
    }
}

async fn serve_health(
    listener: TcpListener,
    health: Arc<Health>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let served = http::serve(listener, health, metrics, Bounds::default(), stop).await;
    if let Err(error) = served {
        tracing::error!(%error, "the health page cannot be served any more");
    }
}

/// Lets go of the database. An end that is not noted is one that nobody wished.
async fn let_go(store: &Store, is_orderly: bool, renewals: &TaskTracker) {
    if is_orderly {
        let noted = async {
            let mut tx = store.write().await?;
            tx.note_end().await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the end could not be noted");
        }
    }
    // Folds the log into the database; without it the next start does that. A renewal that is under way still has to note
    // its end there: one without is taken for cut off, and its token for one that may have been used.
    if renewals.is_empty() {
        store.close().await;
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

/// Stores that the server has started, and with what.
async fn note_start(store: &Store, settings: &Settings, clock: &Clock) -> Result<()> {
    let mut tx = store.write().await?;
    if let Some(life) = tx.note_start().await? {
        let alert = Alert::Restart {
            starts: life.starts,
            unclean: life.unclean_ends,
        };
        tx.raise(clock.now(), &alert).await?;
    }
    if settings.transcripts.enabled {
        tx.keep_transcripts().await?;
    } else {
        tx.keep_no_transcripts().await?;
    }
    for project in settings.all_projects() {
        let row = ProjectRow {
            name: project.name.to_string(),
            directory: project.directory.display().to_string(),
            runtime: project.runtime,
        };
        tx.note_project(&row, clock.now()).await?;
    }
    Ok(tx.commit().await?)
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
    async fn who_asked_the_server_to_end_waits_less_than_five_seconds_for_rooms_that_never_do() {
        let stop = CancellationToken::new();
        let serving = in_time(std::future::pending(), &stop);
        let asked = async {
            tokio::time::sleep(Duration::from_hours(1)).await;
            stop.cancel();
            tokio::time::Instant::now()
        };
        let (ended, asked) = tokio::join!(serving, asked);
        ended.unwrap();
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "{:?}",
            asked.elapsed()
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
