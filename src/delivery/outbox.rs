//! The worker: which delivery goes out when.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, broadcast},
    task::JoinSet,
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

use super::{
    Chat,
    send::{Sender, Step},
};
use crate::{
    clock::Clock,
    store::{DeliveryKind, Head, Store, StoreError},
    words::{ChannelId, MessageId, RunId},
};

/// The pause after the first failure of a lane; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Deliveries that are on the way at the same time, each in a lane of its own. A flood waits in the
/// database, not in memory.
const AT_ONCE: usize = 32;

/// The pause after the database could not be read.
const RETRY: Duration = Duration::from_secs(1);

/// How long a reaction that Discord has is remembered, and how often it is looked for older ones.
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
                () = next_due(&lanes) => {}
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
        lanes: &mut HashMap<ChannelId, Lane>,
        under_way: &mut JoinSet<(ChannelId, Step)>,
    ) -> Result<(), StoreError> {
        for head in self.store.waiting_heads().await? {
            if under_way.len() >= AT_ONCE {
                break;
            }
            let failures = match lanes.get(&head.lane) {
                Some(Lane::Busy { .. }) => continue,
                Some(Lane::Pausing { until, .. }) if *until > Instant::now() => continue,
                Some(Lane::Pausing { failures, .. }) => *failures,
                None => 0,
            };
            let delivery = match self.store.delivery(head.n).await {
                Ok(delivery) => delivery,
                Err(error @ StoreError::Damaged(_)) => {
                    self.give_up(head, &error).await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            lanes.insert(head.lane, Lane::Busy { failures });
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
        let place = format!("channel {}", head.lane);
        let text = format!("Delivery {} cannot be read: {why}", head.n);
        tx.alert(now, "delivery_refused", &place, &text).await?;
        tx.commit().await?;
        tracing::error!(%place, %text, "a delivery was given up");
        // The next of its lane may be waiting behind it.
        self.wake.notify_one();
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

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tokio::sync::{Semaphore, watch};

    use super::*;
    use crate::{
        delivery::{Answer, ChatError, Post, Seen, Standing},
        store::{DeliveryState, NewDelivery, Payload},
        words::UserId,
    };

    /// A chat service that takes reactions only, and only when it is let.
    struct Narrow {
        let_through: Semaphore,
        on_the_way: watch::Sender<usize>,
    }

    fn no<T>() -> Result<T, ChatError> {
        Err(ChatError::NotSent("only reactions".to_owned()))
    }

    #[async_trait]
    impl Chat for Narrow {
        fn lay_out(&self, _: &Answer) -> Vec<Post> {
            Vec::new()
        }

        async fn post(&self, _: ChannelId, _: Post, _: &str) -> Result<MessageId, ChatError> {
            no()
        }

        async fn edit(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
            no()
        }

        async fn delete(&self, _: ChannelId, _: MessageId) -> Result<(), ChatError> {
            no()
        }

        async fn react(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
            self.on_the_way.send_modify(|count| *count += 1);
            self.let_through.acquire().await.unwrap().forget();
            self.on_the_way.send_modify(|count| *count -= 1);
            Ok(())
        }

        async fn start_thread(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
            no()
        }

        async fn typing(&self, _: ChannelId) -> Result<(), ChatError> {
            no()
        }

        async fn after(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
            no()
        }

        async fn standing(&self, _: UserId) -> Result<Standing, ChatError> {
            no()
        }

        async fn before(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
            no()
        }
    }

    async fn react(store: &Store, lane: u64) {
        let reaction = NewDelivery {
            key: format!("reaction:{lane}"),
            lane: ChannelId::new(lane),
            session: None,
            run: None,
            payload: Payload::Reaction {
                channel: ChannelId::new(1),
                message: MessageId::new(lane),
                emoji: "👀".to_owned(),
            },
        };
        let mut tx = store.write().await.unwrap();
        assert!(tx.deliver(&reaction, Clock::system().now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_flood_waits_in_the_database() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let flood = AT_ONCE * 3;
        for lane in 1..=flood {
            react(&store, lane as u64).await;
        }
        let outbox = Outbox::new(store.clone(), Clock::system());
        let chat = Arc::new(Narrow {
            let_through: Semaphore::new(0),
            on_the_way: watch::Sender::new(0),
        });
        let mut delivered = outbox.listen();
        let mut on_the_way = chat.on_the_way.subscribe();
        let stop = CancellationToken::new();
        let work = tokio::spawn(Arc::clone(&outbox).run(Arc::clone(&chat) as _, stop.clone()));
        on_the_way
            .wait_for(|count| *count == AT_ONCE)
            .await
            .unwrap();
        for _ in 0..flood {
            chat.let_through.add_permits(1);
            delivered.recv().await.unwrap();
            assert!(*on_the_way.borrow() <= AT_ONCE);
        }
        stop.cancel();
        work.await.unwrap();
        assert_eq!(store.deliveries_waiting().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_delivery_that_cannot_be_read_is_given_up_and_reported_and_the_next_goes_out() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        react(&store, 1).await;
        store.damage_delivery(1).await;
        react(&store, 2).await;
        let outbox = Outbox::new(store.clone(), Clock::system());
        let chat = Arc::new(Narrow {
            let_through: Semaphore::new(1),
            on_the_way: watch::Sender::new(0),
        });
        let mut delivered = outbox.listen();
        let stop = CancellationToken::new();
        let work = tokio::spawn(Arc::clone(&outbox).run(chat, stop.clone()));
        assert_eq!(delivered.recv().await.unwrap().kind, DeliveryKind::Reaction);
        stop.cancel();
        work.await.unwrap();
        let alerts = store.alerts(9).await.unwrap();
        assert_eq!(alerts.len(), 1);
        assert!(alerts[0].text.starts_with("Delivery 1 cannot be read"));
    }

    #[tokio::test]
    async fn reactions_of_long_ago_are_forgotten_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let clock = Clock::held_at(Clock::system().now());
        let notice = |lane: u64| NewDelivery {
            key: format!("notice:{lane}"),
            lane: ChannelId::new(lane),
            session: None,
            run: None,
            payload: Payload::Notice {
                channel: None,
                reply_to: None,
                text: "said".to_owned(),
            },
        };
        // Sent long ago, sent a moment later, still to be sent.
        for lane in 1..=3 {
            react(&store, lane).await;
        }
        let mut tx = store.write().await.unwrap();
        tx.deliver(&notice(4), clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let send = async |n: i64| {
            let id = store.delivery(n).await.unwrap().id;
            let mut tx = store.write().await.unwrap();
            tx.end_delivery(id, DeliveryState::Sent, None, clock.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        };
        send(1).await;
        send(4).await;
        clock.advance(Duration::from_millis(1));
        send(2).await;
        clock.advance(KEPT);
        let outbox = Outbox::new(store.clone(), clock.clone());
        outbox.prune().await.unwrap();
        let mut left = Vec::new();
        for n in 1..=4 {
            left.push(store.delivery(n).await.is_ok());
        }
        assert_eq!(left, [false, true, true, true]);
    }
}
