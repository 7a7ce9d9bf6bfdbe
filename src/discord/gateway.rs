//! One life of the connection: start, events, end.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serenity::all::{
    Client, ClientBuilder, Context, CreateCommand, EventHandler, GatewayIntents, Http, Ready,
    ResumedEvent, ShardManager,
};
use tokio::{
    sync::{Notify, mpsc},
    task::{JoinError, JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{
    Connection, DiscordError, Link,
    arrivals::{Arrivals, Doorway},
    commands::{self, CommandError, Desk, Haste},
    connect,
    front_door::FrontDoor,
    house::{Behind, House},
    ledger::Ledger,
    listener::Listener,
    live,
    places::Places,
    raw::Unread,
    registration,
    relay::{Gate, Patience, Relay, Reports},
    stage::Stage,
    sweep,
    tap::{self, Tapped},
    unwell, watchdog,
};
use crate::{
    clock::Clock,
    delivery::Outbox,
    session::{Engine, Shown},
    store::Store,
};

/// Longest time for serenity's farewell to the gateway. The relay says one as well, if it has to.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the connection needs.
#[derive(Debug)]
pub struct DiscordParts {
    /// The account.
    pub connection: Connection,
    /// For IDENTIFYs and what is registered.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Says when a live message has been posted.
    pub outbox: Arc<Outbox>,
    /// Runs to be shown, at work and waiting.
    pub live: mpsc::UnboundedReceiver<Shown>,
    /// Where the state of the connection can be read.
    pub link: Link,
}

/// Connects to the gateway and serves until `shutdown`, or until the connection is lost for good.
///
/// It comes back within three seconds of `shutdown`. Tasks of serenity's may live on after that: the
/// process is to be ended, not waited for.
pub async fn run(
    parts: DiscordParts,
    engine: Arc<Engine>,
    shutdown: CancellationToken,
) -> Result<(), DiscordError> {
    let patience = Patience::default();
    serve(parts, Arc::new(Behind(engine)), patience, shutdown).await
}

/// The same with anything behind it.
pub(super) async fn serve(
    parts: DiscordParts,
    house: Arc<dyn House>,
    patience: Patience,
    shutdown: CancellationToken,
) -> Result<(), DiscordError> {
    let life = Life::prepare(parts, house, patience).await?;
    life.last_until(shutdown).await
}

/// All that one life of the connection consists of.
pub(super) struct Life {
    connection: Connection,
    store: Store,
    clock: Clock,
    link: Link,
    client: Client,
    relay: Relay,
    listener: Listener,
    sessions: mpsc::UnboundedReceiver<Tapped>,
    stage: Stage,
    outbox: Arc<Outbox>,
    live: mpsc::UnboundedReceiver<Shown>,
    commands: Vec<CreateCommand>,
    /// How long serenity may show no sign of life.
    silence: Duration,
    /// Events may be missing.
    gap: Arc<Notify>,
    /// Discord's greeting could not be read.
    deaf: Arc<Notify>,
}

impl Life {
    /// Puts it together; nothing is said to Discord yet.
    pub(super) async fn prepare(
        parts: DiscordParts,
        house: Arc<dyn House>,
        patience: Patience,
    ) -> Result<Self, DiscordError> {
        let DiscordParts {
            connection,
            store,
            clock,
            outbox,
            live,
            link,
        } = parts;
        link.watch(connection.refusals.clone());
        let (gap, deaf) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let gate = Gate {
            signpost: Arc::new(FrontDoor::to(&connection)),
            ledger: Ledger {
                store: store.clone(),
                clock: clock.clone(),
            },
            link: link.clone(),
        };
        let told = Reports {
            link: link.clone(),
            gap: Arc::clone(&gap),
        };
        let relay = Relay::open(gate, told, patience)
            .await
            .map_err(DiscordError::NoPort)?;
        let places = Arc::new(Places::new(
            connection.settings.guild,
            connection.http.clone(),
        ));
        let answers = connect::without_limits(&connection.settings, &connection.client);
        let arrivals = Arc::new(Arrivals::new(
            link.clone(),
            answers,
            patience.sign,
            connection.settings.secrets.clone(),
        ));
        let desk = Desk {
            house: Arc::clone(&house),
            places: Arc::clone(&places),
            people: Arc::clone(&connection.people),
            guild: connection.settings.guild,
            link: link.clone(),
            haste: Haste::new(connection.settings.commands),
            chat: connection.chat(),
            arrivals: Arc::clone(&arrivals),
            copies: Arc::clone(&connection.copies),
        };
        let raw = Unread {
            link: link.clone(),
            arrivals: Arc::clone(&arrivals),
            gap: Arc::clone(&gap),
            deaf: Arc::clone(&deaf),
        };
        let (tapped, sessions) = mpsc::unbounded_channel();
        let doorman = Doorman { sessions: tapped };
        let options = commands::framework();
        let commands = commands::told(&options);
        let framework = Doorway {
            inside: framework(options, desk),
            arrivals,
        };
        let client = client(&connection, framework, doorman, raw).await?;
        relay.url().clone_into(&mut *client.ws_url.lock().await);
        let listener = Listener::new(
            Arc::clone(&house),
            &connection,
            Arc::clone(&client.cache),
            places,
            clock.clone(),
            patience.again,
        );
        let delivers = Arc::clone(&outbox);
        let stage = Stage {
            house,
            secrets: connection.settings.secrets.clone(),
            chat: connection.chat(),
            clock: clock.clone(),
            pace: Arc::default(),
            listen: Arc::new(move || delivers.listen()),
        };
        Ok(Self {
            connection,
            store,
            clock,
            link,
            client,
            relay,
            listener,
            sessions,
            stage,
            outbox,
            live,
            commands,
            silence: patience.silence,
            gap,
            deaf,
        })
    }

    /// All clients of serenity's that have a rate limiter.
    pub(super) fn clients(&self) -> Vec<Arc<Http>> {
        vec![
            Arc::clone(self.connection.http.client()),
            Arc::clone(self.connection.http.aside()),
            Arc::clone(&self.client.http),
        ]
    }

    /// Lives until `shutdown`, or until something in it ends for good.
    pub(super) async fn last_until(self, shutdown: CancellationToken) -> Result<(), DiscordError> {
        let clients = self.clients();
        let Self {
            connection,
            store,
            clock,
            link,
            mut client,
            relay,
            listener,
            sessions,
            stage,
            outbox,
            live,
            commands,
            silence,
            gap,
            deaf,
        } = self;
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = listener.mark_unseen() => {}
        }
        let shards = Arc::clone(&client.shard_manager);
        let mut tasks = JoinSet::new();
        let unwell = unwell::watch(
            link.clone(),
            store.clone(),
            clock.clone(),
            (outbox, unwell::PATIENCE),
        );
        tasks.spawn(unwell);
        tasks.spawn(sweep::keep_small(clients, clock));
        tasks.spawn(async move { listener.run(sessions, gap).await });
        tasks.spawn(live::show_all(stage, live));
        let told = link.clone();
        tasks.spawn(async move {
            registration::keep_current(&connection, &store, &commands, &told).await;
        });
        let hang_up = CancellationToken::new();
        let mut relaying = tokio::spawn(relay.run(hang_up.clone()));

        let ended = tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            ended = client.start() => Err(why(ended)),
            silent = watchdog::watch(Arc::clone(&shards), silence) => Err(silent),
            relayed = &mut relaying => Err(broken(relayed)),
            panicked = panics(&mut tasks) => Err(panicked),
            () = link.bad_token() => Err(DiscordError::BadToken),
            () = deaf.notified() => Err(unheard()),
        };
        link.end();
        if ended.is_err() {
            // Without a goodbye: for the ledger, a start that ends in a fault is not a good one.
            relaying.abort();
        } else {
            say_goodbye(&shards, &hang_up, relaying).await;
        }
        ended
    }
}

/// In a quiet moment serenity says goodbye; at any other time the relay does it for it.
async fn say_goodbye<T>(
    shards: &ShardManager,
    hang_up: &CancellationToken,
    relaying: JoinHandle<T>,
) {
    let _ = tokio::time::timeout(FAREWELL, shards.shutdown_all()).await;
    hang_up.cancel();
    if !relaying.is_finished() {
        let _ = relaying.await;
    }
}

type Poise = poise::Framework<Desk, CommandError>;

fn framework(options: poise::FrameworkOptions<Desk, CommandError>, desk: Desk) -> Poise {
    // A setup that fails leaves poise waiting for ever, so nothing that can fail happens in it.
    poise::Framework::builder()
        .options(options)
        .initialize_owners(false)
        .setup(move |_, _, _| Box::pin(async move { Ok(desk) }))
        .build()
}

async fn client(
    connection: &Connection,
    framework: Doorway,
    doorman: Doorman,
    raw: Unread,
) -> Result<Client, DiscordError> {
    // Serenity wants a client of its own. It asks for the gateway and answers interactions, whose
    // limits are not those of the rest: the two need not know of each other.
    let http = connect::http(&connection.settings, &connection.client);
    http.set_application_id(connection.application);
    let intents =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
    ClientBuilder::new_with_http(http, intents)
        .framework(framework)
        .event_handler(doorman)
        .raw_event_handler(raw)
        .await
        .map_err(|error| DiscordError::Ended(error.to_string()))
}

/// Stands where events come in.
struct Doorman {
    sessions: mpsc::UnboundedSender<Tapped>,
}

#[async_trait]
impl EventHandler for Doorman {
    async fn ready(&self, context: Context, ready: Ready) {
        // First of all: every event from here on is in the tap.
        let tapped = tap::listen(&context.shard);
        drop(context);
        let _ = self.sessions.send(tapped);
        tracing::info!(bot = %ready.user.name, "connected to Discord");
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        tracing::info!("the connection to Discord goes on");
    }
}

/// Waits for a panic in one of the tasks; that they end is nothing special.
async fn panics(tasks: &mut JoinSet<()>) -> DiscordError {
    loop {
        match tasks.join_next().await {
            Some(Ok(())) => {}
            Some(Err(error)) => return DiscordError::Ended(error.to_string()),
            None => std::future::pending().await,
        }
    }
}

/// Discord's greeting could not be read, and without it nothing that follows is heard.
fn unheard() -> DiscordError {
    DiscordError::Ended(
        "what Discord said at the beginning of the connection could not be read; a newer Baton may \
         be needed"
            .to_owned(),
    )
}

/// Why the client came back by itself. What Discord refuses for good, the relay has seen before it.
fn why(ended: serenity::Result<()>) -> DiscordError {
    DiscordError::Ended(match ended {
        Err(error) => error.to_string(),
        Ok(()) => "the client stopped".to_owned(),
    })
}

/// Why the relay came back by itself.
fn broken(relayed: Result<Result<(), DiscordError>, JoinError>) -> DiscordError {
    match relayed {
        Ok(Err(error)) => error,
        Ok(Ok(())) => DiscordError::Ended("the relay stopped".to_owned()),
        Err(error) => DiscordError::Ended(error.to_string()),
    }
}
