//! The worker: which delivery goes out when.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, broadcast},
    task::{JoinError, JoinSet},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

use super::{
    Asking, Chat, Question,
    lanes::{Beside, Lanes},
    quiet::Quiet,
    send::{Sender, Step},
};
use crate::{
    access::Gate,
    clock::Clock,
    observe::{Metrics, Passage},
    store::{DeliveryKind, Head, Store, StoreError},
    words::{Alert, ApprovalId, ChannelId, MessageId, RunId},
};

/// Deliveries that are on the way at the same time, each in a lane of its own. A flood waits in the
/// database, not in memory.
const AT_ONCE: usize = 32;

/// The pause after the database could not be read.
const RETRY: Duration = Duration::from_secs(1);

/// How long a reaction that has ended is remembered, and how often it is looked for older ones.
const KEPT: Duration = Duration::from_hours(7 * 24);
const LOOK: Duration = Duration::from_hours(24);

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

/// The outbox worker. The commit of a delivery wakes it; whoever has paused a lane calls [`Outbox::wake`].
#[derive(Debug)]
pub struct Outbox {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    asking: Asking,
    wake: Arc<Notify>,
    delivered: broadcast::Sender<Delivered>,
}

impl Outbox {
    /// An outbox over the deliveries of a store.
    pub fn new(store: Store, clock: Clock) -> Arc<Self> {
        let gate = Gate::without_owners(store.clone(), clock.clone());
        Self::counted(store, clock, Metrics::default(), Asking::in_place(gate))
    }

    /// The same, counting what becomes of them, and with a say in where questions go.
    pub fn counted(store: Store, clock: Clock, metrics: Metrics, asking: Asking) -> Arc<Self> {
        let (delivered, _) = broadcast::channel(ANNOUNCEMENTS);
        Arc::new(Self {
            wake: store.queued(),
            store,
            clock,
            metrics,
            asking,
            delivered,
        })
    }

    /// Something new may be waiting.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// A question as it is shown; `None` if there is none.
    pub async fn question(&self, id: ApprovalId) -> Result<Option<Question>, StoreError> {
        Question::load(&self.store, &self.asking.secrets, id).await
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
            quiet: Quiet::default(),
            asking: self.asking.clone(),
            metrics: self.metrics.clone(),
            delivered: self.delivered.clone(),
        });
        let mut lanes = Lanes::default();
        let mut under_way = JoinSet::new();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let started = self.start_due(&sender, &mut lanes, &mut under_way).await;
            if let Err(error) = &started {
                tracing::error!(%error, "the outbox cannot be read; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = lanes.next_due() => {}
                () = tokio::time::sleep(RETRY), if started.is_err() => {}
                _ = look.tick() => {
                    if let Err(error) = self.prune().await {
                        tracing::warn!(%error, "old deliveries cannot be removed");
                    }
                }
                Some(ended) = under_way.join_next() => settle(&mut lanes, ended),
            }
        }
    }

    async fn start_due(
        &self,
        sender: &Arc<Sender>,
        lanes: &mut Lanes,
        under_way: &mut JoinSet<(ChannelId, Step)>,
    ) -> Result<(), StoreError> {
        for head in lanes.in_order(self.store.waiting_heads().await?) {
            if under_way.len() >= AT_ONCE {
                break;
            }
            if !lanes.may_go(&head) {
                continue;
            }
            let delivery = match self.store.delivery(head.n).await {
                Ok(delivery) => delivery,
                Err(error @ StoreError::Damaged(_)) => {
                    self.give_up(head, &error).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let beside = Beside::of(&delivery.payload);
            if beside.is_some_and(|beside| !lanes.may_go_beside(&head, beside)) {
                continue;
            }
            lanes.begin(&head, beside);
            let sender = Arc::clone(sender);
            under_way.spawn(async move { (head.lane, sender.send(&delivery).await) });
        }
        Ok(())
    }

    /// Forgets reactions of long ago. There is one for every message that anybody writes to Baton, and
    /// nobody asks for them any more; what was said is kept.
    async fn prune(&self) -> Result<(), StoreError> {
        let before = self.clock.now().before(KEPT);
        loop {
            let mut tx = self.store.write().await?;
            let is_more = tx.prune_reactions(before).await?;
            tx.commit().await?;
            if !is_more {
                return Ok(());
            }
        }
    }

    /// A row that another version wrote, or a hand, must not keep those behind it.
    async fn give_up(&self, head: Head, error: &StoreError) -> Result<(), StoreError> {
        let now = self.clock.now();
        let why = error.to_string();
        let mut tx = self.store.write().await?;
        tx.refuse_unreadable(head, &why, now).await?;
        let alert = Alert::DeliveryRefused {
            channel: head.lane,
            sentence: format!("Delivery {} cannot be read: {why}", head.n),
        };
        tx.raise(now, &alert).await?;
        tx.commit().await?;
        self.metrics.delivery(Passage::Refused);
        tracing::error!(channel = %head.lane, n = head.n, why, "a delivery was given up");
        // The next of its lane may be waiting behind it.
        self.wake.notify_one();
        Ok(())
    }
}

/// Notes how a lane's delivery went.
fn settle(lanes: &mut Lanes, ended: Result<(ChannelId, Step), JoinError>) {
    match ended {
        Ok((lane, step)) => lanes.settle(lane, &step),
        Err(error) => {
            // A panic in a send would leave its lane busy for ever.
            tracing::error!(%error, "a delivery broke off");
            lanes.clear();
        }
    }
}

#[cfg(test)]
mod tests;
