//! The worker: which delivery goes out when.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, broadcast},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    Chat,
    send::{Sender, Step},
};
use crate::{
    clock::Clock,
    store::{DeliveryKind, Store, StoreError},
    words::{ChannelId, MessageId, RunId},
};

/// The pause after the first failure of a lane; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Announcements that a slow listener may lag behind.
const ANNOUNCEMENTS: usize = 256;

/// Discord has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The run that it is about.
    pub run: Option<RunId>,
    /// What it is.
    pub kind: DeliveryKind,
    /// The message that it became, if it is one.
    pub message: Option<MessageId>,
}

/// The outbox worker. Whoever queues a delivery calls [`Outbox::wake`] after the commit.
#[derive(Debug)]
pub struct Outbox {
    store: Store,
    clock: Clock,
    wake: Notify,
    delivered: broadcast::Sender<Delivered>,
}

/// A lane that is not free.
enum Lane {
    /// One of its deliveries is on the way.
    Busy { failures: u32 },
    /// Its next delivery waits after a failure.
    Pausing { until: Instant, failures: u32 },
}

impl Outbox {
    /// An outbox over the deliveries of a store.
    pub fn new(store: Store, clock: Clock) -> Arc<Self> {
        let (delivered, _) = broadcast::channel(ANNOUNCEMENTS);
        Arc::new(Self {
            store,
            clock,
            wake: Notify::new(),
            delivered,
        })
    }

    /// Something new may be waiting.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What Discord gets from now on.
    pub fn listen(&self) -> broadcast::Receiver<Delivered> {
        self.delivered.subscribe()
    }

    /// Delivers until told to stop. What is on the way then is given up in the middle: the next
    /// start goes on with it.
    pub async fn run(self: Arc<Self>, chat: Arc<dyn Chat>, stop: CancellationToken) {
        let sender = Arc::new(Sender {
            store: self.store.clone(),
            clock: self.clock.clone(),
            chat,
            delivered: self.delivered.clone(),
        });
        let mut lanes = HashMap::new();
        let mut under_way = JoinSet::new();
        loop {
            if let Err(error) = self.start_due(&sender, &mut lanes, &mut under_way).await {
                tracing::error!(%error, "the outbox cannot be read; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = next_due(&lanes) => {}
                Some(ended) = under_way.join_next() => settle(&mut lanes, ended),
            }
        }
    }

    async fn start_due(
        &self,
        sender: &Arc<Sender>,
        lanes: &mut HashMap<ChannelId, Lane>,
        under_way: &mut JoinSet<(ChannelId, Step)>,
    ) -> Result<(), StoreError> {
        for delivery in self.store.next_deliveries().await? {
            let failures = match lanes.get(&delivery.lane) {
                Some(Lane::Busy { .. }) => continue,
                Some(Lane::Pausing { until, .. }) if *until > Instant::now() => continue,
                Some(Lane::Pausing { failures, .. }) => *failures,
                None => 0,
            };
            let lane = delivery.lane;
            lanes.insert(lane, Lane::Busy { failures });
            let sender = Arc::clone(sender);
            under_way.spawn(async move { (lane, sender.send(&delivery).await) });
        }
        Ok(())
    }
}

/// Notes how a lane's delivery went.
fn settle(
    lanes: &mut HashMap<ChannelId, Lane>,
    ended: Result<(ChannelId, Step), tokio::task::JoinError>,
) {
    let (lane, step) = match ended {
        Ok(ended) => ended,
        Err(error) => {
            // A panic in a send would leave its lane busy for ever; free all that cannot be told
            // apart. What is really on the way is protected by its nonce.
            tracing::error!(%error, "a delivery broke off");
            lanes.clear();
            return;
        }
    };
    let failures = match lanes.remove(&lane) {
        Some(Lane::Busy { failures } | Lane::Pausing { failures, .. }) => failures,
        None => 0,
    };
    if let Step::Again { not_before } = step {
        let pause = (FIRST_PAUSE * 2_u32.saturating_pow(failures.min(16))).min(LONGEST_PAUSE);
        let until = Instant::now() + not_before.unwrap_or(pause);
        lanes.insert(
            lane,
            Lane::Pausing {
                until,
                failures: failures + 1,
            },
        );
    }
}

/// Waits until the first pausing lane may go on; for ever if none pauses.
async fn next_due(lanes: &HashMap<ChannelId, Lane>) {
    let due = lanes
        .values()
        .filter_map(|lane| match lane {
            Lane::Busy { .. } => None,
            Lane::Pausing { until, .. } => Some(*until),
        })
        .min();
    match due {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}
