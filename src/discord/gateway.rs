//! One life of the connection: start, events, end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serenity::{
    all::{Client, ClientBuilder, Context, EventHandler, GatewayIntents, Ready, ResumedEvent},
    gateway::GatewayError,
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    Connection, DiscordError, Link, LinkState,
    commands::{self, CommandError, Desk},
    connect,
    house::{Behind, House},
    ledger::Ledger,
    listener::Listener,
    live::{self, Stage},
    places::Places,
    raw::Unread,
    registration,
    tap::{self, Tapped},
    watchdog,
};
use crate::{
    clock::Clock,
    delivery::Outbox,
    session::{Engine, LiveRun},
    store::Store,
};

/// Longest time for a farewell to the gateway; without one Discord notices by itself.
const FAREWELL: Duration = Duration::from_secs(3);

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
    /// Runs to be shown at work.
    pub live: mpsc::UnboundedReceiver<LiveRun>,
    /// Where the state of the connection can be read.
    pub link: Link,
}

/// Connects to the gateway and serves until `shutdown`, or until the connection is lost for good.
///
/// It comes back within a few seconds of `shutdown`, but serenity may keep a thread of the runtime
/// busy for ever (a websocket that was closed without a code): the process must be ended with
/// `std::process::exit`, not by dropping the runtime.
pub async fn run(
    parts: DiscordParts,
    engine: Arc<Engine>,
    shutdown: CancellationToken,
) -> Result<(), DiscordError> {
    serve(parts, Arc::new(Behind(engine)), shutdown).await
}

/// The same with anything behind it.
pub(super) async fn serve(
    parts: DiscordParts,
    house: Arc<dyn House>,
    shutdown: CancellationToken,
) -> Result<(), DiscordError> {
    let DiscordParts {
        connection,
        store,
        clock,
        outbox,
        live,
        link,
    } = parts;
    let ledger = Ledger {
        store: store.clone(),
        clock: clock.clone(),
    };
    let places = Arc::new(Places::new(
        connection.settings.guild,
        Arc::clone(&connection.http),
    ));
    let (sessions, gateway_sessions) = mpsc::unbounded_channel();
    let options = commands::framework();
    let told = commands::told(&options);
    let desk = Desk {
        house: Arc::clone(&house),
        places: Arc::clone(&places),
        guild: connection.settings.guild,
        link: link.clone(),
    };
    let (fatal, mut fatalities) = mpsc::unbounded_channel();
    let doorman = Doorman {
        sessions,
        link: link.clone(),
        ledger: ledger.clone(),
        fatal,
        identified: AtomicBool::new(false),
    };
    let mut client = client(&connection, options, desk, doorman).await?;
    let shards = Arc::clone(&client.shard_manager);
    let listener = Listener::new(
        Arc::clone(&house),
        Arc::clone(&connection.http),
        Arc::clone(&client.cache),
        places,
        connection.me,
    );
    let stage = Stage {
        house,
        chat: connection.chat(),
        clock,
        listen: Arc::new(move || outbox.listen()),
    };
    tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        () = listener.mark_unseen() => {}
    }
    // The last moment before one is sent.
    ledger.enter().await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { listener.run(gateway_sessions).await });
    tasks.spawn(live::show_all(stage, live));
    tasks.spawn(async move { registration::keep_current(&connection, &store, &told).await });

    let ended = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        ended = client.start() => Err(why(ended)),
        dead = watchdog::watch(Arc::clone(&shards), link.clone()) => Err(dead),
        Some(error) = fatalities.recv() => Err(error),
        panicked = panics(&mut tasks) => Err(panicked),
    };
    link.end();
    if tokio::time::timeout(FAREWELL, shards.shutdown_all())
        .await
        .is_err()
    {
        tracing::warn!("the gateway did not let go in time; going without a farewell");
    }
    ended
}

async fn client(
    connection: &Connection,
    options: poise::FrameworkOptions<Desk, CommandError>,
    desk: Desk,
    doorman: Doorman,
) -> Result<Client, DiscordError> {
    // Serenity wants a client of its own. It asks for the gateway and answers interactions, whose
    // limits are not those of the rest: the two need not know of each other.
    let http = connect::http(&connection.settings, &connection.client);
    http.set_application_id(connection.application);
    // A setup that fails leaves poise waiting for ever, so nothing that can fail happens in it.
    let framework = poise::Framework::builder()
        .options(options)
        .initialize_owners(false)
        .setup(move |_, _, _| Box::pin(async move { Ok(desk) }))
        .build();
    let intents =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
    let client = ClientBuilder::new_with_http(http, intents)
        .framework(framework)
        .event_handler(doorman)
        .raw_event_handler(Unread)
        .await
        .map_err(|error| DiscordError::Ended(error.to_string()))?;
    if let Some(base) = &connection.settings.api_base {
        // It asked again, and would go to the real gateway if it had no answer this time.
        connect::stays_here(base, &client.ws_url.lock().await)?;
    }
    Ok(client)
}

/// Stands where events come in.
struct Doorman {
    sessions: mpsc::UnboundedSender<Tapped>,
    link: Link,
    ledger: Ledger,
    fatal: mpsc::UnboundedSender<DiscordError>,
    /// Whether the IDENTIFY that was noted before the start has been answered.
    identified: AtomicBool,
}

#[async_trait]
impl EventHandler for Doorman {
    async fn ready(&self, context: Context, ready: Ready) {
        // First of all: every event from here on is in the tap.
        let tapped = tap::listen(&context.shard);
        drop(context);
        let _ = self.sessions.send(tapped);
        self.link.set(LinkState::Up);
        tracing::info!(bot = %ready.user.name, "connected to Discord");
        // Serenity identifies anew by itself when it cannot resume; that counts as well.
        if self.identified.swap(true, Ordering::SeqCst)
            && let Err(error) = self.ledger.enter().await
        {
            let _ = self.fatal.send(error);
        }
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.link.set(LinkState::Up);
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

/// Why the client came back by itself.
fn why(ended: serenity::Result<()>) -> DiscordError {
    match ended {
        Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => {
            DiscordError::BadToken
        }
        Err(serenity::Error::Gateway(
            GatewayError::DisallowedGatewayIntents | GatewayError::InvalidGatewayIntents,
        )) => DiscordError::Intents,
        Err(other) => DiscordError::Ended(other.to_string()),
        Ok(()) => DiscordError::Ended("the client stopped".to_owned()),
    }
}
