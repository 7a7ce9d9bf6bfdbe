//! More events at once than the tap holds.

use std::{sync::Arc, time::Duration};

use discord_sim::{Sim, SimConfig};
use serenity::all::{self as sn, Cache};
use tokio::sync::{Notify, mpsc};

use super::gateway::{say, watching};
use crate::{
    clock::Clock,
    discord::{
        Connection, ids,
        listener::Listener,
        places::Places,
        tap::{Inbound, queue},
        testing::{CleanSim, channel, connected},
    },
    words::{GuildId, MessageId},
};

/// A message as the gateway tells it.
async fn dispatched(connection: &Connection, sim: &Sim, id: u64) -> Inbound {
    let general = ids::to_channel(channel(sim, "general"));
    let id = ids::to_message(MessageId::new(id));
    let mut message = connection.http.get_message(general, id).await.unwrap();
    // Only an event tells it.
    message.guild_id = Some(sn::GuildId::new(sim.guild_id().get()));
    Inbound::Message(Box::new(message))
}

#[tokio::test]
async fn what_did_not_fit_into_the_tap_is_read_back_in_its_order() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let connection = connected(&sim).await;
    let decided = say(&sim, "old").await;
    let house = Arc::new(watching(&sim, Some(decided)));
    let guild = GuildId::new(sim.guild_id().get());
    let places = Places::new(guild, connection.http.clone());
    let listener = Listener::new(
        Arc::clone(&house) as _,
        &connection,
        Arc::new(Cache::new()),
        Arc::new(places),
        Clock::system(),
        Duration::from_millis(500),
    );
    let (sessions, begun) = mpsc::unbounded_channel();
    let (feed, tapped) = queue(2);
    sessions.send(tapped).unwrap();
    let listening = async { listener.run(begun, Arc::new(Notify::new())).await };
    let scene = async {
        let first = say(&sim, "first").await;
        feed.push(dispatched(&connection, &sim, first).await);
        house.until_heard(1).await;

        let mut events = Vec::new();
        for text in ["one", "two", "three", "four"] {
            let id = say(&sim, text).await;
            events.push(dispatched(&connection, &sim, id).await);
        }
        // All at once: nobody takes one in between.
        for event in events {
            feed.push(event);
        }
        house.until_heard(5).await;
        let last = say(&sim, "last").await;
        feed.push(dispatched(&connection, &sim, last).await);
        house.until_heard(6).await;
    };
    tokio::select! {
        () = listening => panic!("nobody ended the session"),
        () = scene => {}
    }
    assert_eq!(
        house.texts(),
        ["first", "one", "two", "three", "four", "last"]
    );
}
