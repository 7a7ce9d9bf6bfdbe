//! The ordered tap on the gateway.
//!
//! Serenity starts a task for every event, so its handlers run out of order. A collector is called
//! in the shard's own loop, one event after the other, and does nothing here but queue them. It must
//! be set anew on every READY: a new session has a new shard runner, which knows no collectors.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::Stream;
use serenity::all::{self as sn, Event, ShardMessenger};
use tokio::sync::mpsc;

/// Events that wait for the dispatcher. What comes on top is dropped and read back later.
const QUEUED: usize = 10_000;

/// What the room wants of the gateway.
#[derive(Debug)]
pub(super) enum Inbound {
    /// Somebody wrote something.
    Message(Box<sn::Message>),
    /// A channel or a thread, new or changed.
    Channel(Box<sn::GuildChannel>),
}

/// The events of one gateway session, which began with a READY.
pub(super) struct Tapped {
    events: mpsc::Receiver<Inbound>,
    overflowed: Arc<AtomicBool>,
    /// The collector lives as long as its stream.
    _collector: Option<Pin<Box<dyn Stream<Item = ()> + Send>>>,
}

/// The shard loop's end of the queue.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    events: mpsc::Sender<Inbound>,
    overflowed: Arc<AtomicBool>,
}

/// Listens to a shard. Keeps no messenger: it would keep the shard's collectors alive.
pub(super) fn listen(shard: &ShardMessenger) -> Tapped {
    let (feed, tapped) = queue(QUEUED);
    let collector = serenity::collector::collect(shard, move |event| {
        if let Some(inbound) = pick(event) {
            feed.push(inbound);
        }
        None::<()>
    });
    Tapped {
        _collector: Some(Box::pin(collector)),
        ..tapped
    }
}

/// A queue with no collector at its end.
pub(super) fn queue(bound: usize) -> (Feed, Tapped) {
    let (events, receiver) = mpsc::channel(bound);
    let overflowed = Arc::new(AtomicBool::new(false));
    let feed = Feed {
        events,
        overflowed: Arc::clone(&overflowed),
    };
    let tapped = Tapped {
        events: receiver,
        overflowed,
        _collector: None,
    };
    (feed, tapped)
}

impl Feed {
    /// Queues an event. Once one did not fit, none is taken until the dispatcher has noticed: if
    /// later ones were handled first, their marks would hide the lost one from the catch-up.
    pub(super) fn push(&self, inbound: Inbound) {
        if self.overflowed.load(Ordering::SeqCst) {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.events.try_send(inbound) {
            tracing::warn!(limit = QUEUED, "too many events at once; reading them back");
            self.overflowed.store(true, Ordering::SeqCst);
        }
    }
}

impl Tapped {
    /// The next event; `None` when the gateway session has ended.
    pub(super) async fn next(&mut self) -> Option<Inbound> {
        self.events.recv().await
    }

    /// An event that is there already.
    pub(super) fn next_now(&mut self) -> Option<Inbound> {
        self.events.try_recv().ok()
    }

    /// Whether events were dropped, and all from before were taken. Says it once.
    pub(super) fn has_gap(&self) -> bool {
        self.events.is_empty() && self.overflowed.swap(false, Ordering::SeqCst)
    }
}

fn pick(event: &Event) -> Option<Inbound> {
    if let Event::MessageCreate(event) = event {
        return Some(Inbound::Message(Box::new(event.message.clone())));
    }
    let channel = if let Event::ChannelCreate(event) = event {
        &event.channel
    } else if let Event::ThreadCreate(event) = event {
        &event.thread
    } else if let Event::ThreadUpdate(event) = event {
        &event.thread
    } else {
        return None;
    };
    Some(Inbound::Channel(Box::new(channel.clone())))
}
