//! How much is on the way at the same time, and what comes first.

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};

use super::*;
use crate::{
    delivery::{
        Answer, Audience, ChatError, Post, Question, Seen, Shape, Standing, lanes::BESIDE_AT_ONCE,
    },
    store::{DeliveryState, NewDelivery, Payload},
    words::UserId,
};

/// A chat service that lets messages and reactions through only when it is told to.
struct Narrow {
    posts: Door,
    reactions: Door,
}

/// Where things wait until they are let through.
struct Door {
    let_through: Semaphore,
    waiting: watch::Sender<Vec<ChannelId>>,
}

impl Door {
    fn closed() -> Self {
        Self {
            let_through: Semaphore::new(0),
            waiting: watch::Sender::new(Vec::new()),
        }
    }

    async fn pass(&self, channel: ChannelId) {
        self.waiting.send_modify(|waiting| waiting.push(channel));
        self.let_through.acquire().await.unwrap().forget();
        self.waiting.send_modify(|waiting| {
            let at = waiting.iter().position(|one| *one == channel).unwrap();
            waiting.remove(at);
        });
    }

    fn open(&self) {
        self.let_through.add_permits(1_000);
    }

    /// Waits until so many wait.
    async fn until(&self, count: usize) {
        let mut waiting = self.waiting.subscribe();
        waiting.wait_for(|now| now.len() == count).await.unwrap();
    }
}

fn no<T>() -> Result<T, ChatError> {
    Err(ChatError::NotSent("not here".to_owned()))
}

#[async_trait]
impl Chat for Narrow {
    fn lay_out(&self, _: &Answer) -> Vec<Post> {
        Vec::new()
    }

    async fn post(&self, channel: ChannelId, _: Post, _: &str) -> Result<MessageId, ChatError> {
        self.posts.pass(channel).await;
        Ok(MessageId::new(channel.get()))
    }

    async fn edit(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        no()
    }

    async fn delete(&self, _: ChannelId, _: MessageId) -> Result<(), ChatError> {
        no()
    }

    async fn react(&self, channel: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        self.reactions.pass(channel).await;
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
    fn lay_out_question(&self, _: &Question, _: Shape) -> Post {
        Post::default()
    }

    async fn audience(&self, _: ChannelId) -> Result<Audience, ChatError> {
        no()
    }

    async fn direct(&self, _: UserId) -> Result<ChannelId, ChatError> {
        no()
    }

    async fn close(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        no()
    }
}

/// An outbox over a narrow chat.
struct Desk {
    store: Store,
    outbox: Arc<Outbox>,
    chat: Arc<Narrow>,
    lanes: u64,
    _directory: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        Self {
            outbox: Outbox::new(store.clone(), Clock::system()),
            store,
            chat: Arc::new(Narrow {
                posts: Door::closed(),
                reactions: Door::closed(),
            }),
            lanes: 0,
            _directory: directory,
        }
    }

    fn run(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let chat = Arc::clone(&self.chat) as _;
        let work = tokio::spawn(Arc::clone(&self.outbox).run(chat, stop.clone()));
        (stop, work)
    }

    /// Queues something in a lane of its own.
    async fn queue(&mut self, payload: Payload) {
        self.lanes += 1;
        let (key, lane) = (
            format!("delivery:{}", self.lanes),
            ChannelId::new(self.lanes),
        );
        let delivery = NewDelivery::apart(key, lane, payload);
        let mut tx = self.store.write().await.unwrap();
        assert!(tx.deliver(&delivery, Clock::system().now()).await.unwrap());
        tx.commit().await.unwrap();
        self.outbox.wake();
    }

    async fn react_in(&mut self, channel: u64) {
        let reaction = Payload::Reaction {
            channel: ChannelId::new(channel),
            message: MessageId::new(self.lanes + 1),
            emoji: "👀".to_owned(),
            author: None,
        };
        self.queue(reaction).await;
    }

    /// Says something in a conversation of its own.
    async fn say(&mut self) {
        self.notice(None).await;
    }

    /// Says something beside the conversations.
    async fn reply_in(&mut self, channel: u64) {
        self.notice(Some(ChannelId::new(channel))).await;
    }

    async fn notice(&mut self, channel: Option<ChannelId>) {
        let notice = Payload::Notice {
            channel,
            reply_to: None,
            text: "hello".to_owned(),
        };
        self.queue(notice).await;
    }
}

#[tokio::test]
async fn a_flood_waits_in_the_database() {
    let mut desk = Desk::new().await;
    let flood = AT_ONCE * 3;
    for _ in 0..flood {
        desk.say().await;
    }
    let mut delivered = desk.outbox.listen();
    let (stop, work) = desk.run();
    desk.chat.posts.until(AT_ONCE).await;
    for _ in 0..flood {
        desk.chat.posts.let_through.add_permits(1);
        delivered.recv().await.unwrap();
        assert!(desk.chat.posts.waiting.borrow().len() <= AT_ONCE);
    }
    stop.cancel();
    work.await.unwrap();
    assert_eq!(desk.store.deliveries_waiting().await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_said_finds_room_however_many_reactions_hang() {
    let mut desk = Desk::new().await;
    for channel in 1..=40 {
        desk.react_in(channel).await;
    }
    let mut delivered = desk.outbox.listen();
    let (stop, work) = desk.run();
    desk.chat.reactions.until(BESIDE_AT_ONCE).await;
    desk.chat.posts.open();
    desk.say().await;
    assert_eq!(delivered.recv().await.unwrap().kind, DeliveryKind::Notice);
    assert_eq!(desk.chat.reactions.waiting.borrow().len(), BESIDE_AT_ONCE);
    stop.cancel();
    work.await.unwrap();
}

#[tokio::test]
async fn what_is_said_finds_room_however_many_replies_hang_in_a_channel() {
    let mut desk = Desk::new().await;
    for _ in 0..40 {
        desk.reply_in(100).await;
    }
    let (stop, work) = desk.run();
    desk.chat.posts.until(1).await;
    desk.say().await;
    desk.chat.posts.until(2).await;
    let conversation = ChannelId::new(desk.lanes);
    let waiting = desk.chat.posts.waiting.borrow().clone();
    assert_eq!(waiting, [ChannelId::new(100), conversation]);
    stop.cancel();
    work.await.unwrap();
}

#[tokio::test]
async fn reactions_of_one_channel_go_one_after_the_other_and_other_channels_do_not_wait() {
    let mut desk = Desk::new().await;
    for _ in 0..40 {
        desk.react_in(1).await;
    }
    desk.react_in(2).await;
    let mut delivered = desk.outbox.listen();
    let (stop, work) = desk.run();
    desk.chat.reactions.until(2).await;
    let both = [ChannelId::new(1), ChannelId::new(2)];
    assert_eq!(*desk.chat.reactions.waiting.borrow(), both);
    for _ in 0..41 {
        desk.chat.reactions.let_through.add_permits(1);
        delivered.recv().await.unwrap();
        let waiting = desk.chat.reactions.waiting.borrow();
        let of_one = waiting.iter().filter(|channel| **channel == both[0]);
        assert!(of_one.count() <= 1, "{waiting:?}");
    }
    stop.cancel();
    work.await.unwrap();
    assert_eq!(desk.store.deliveries_waiting().await.unwrap(), 0);
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_is_given_up_and_reported_and_the_next_goes_out() {
    let mut desk = Desk::new().await;
    desk.react_in(1).await;
    desk.store.damage_delivery(1).await;
    desk.react_in(1).await;
    desk.chat.reactions.open();
    let mut delivered = desk.outbox.listen();
    let (stop, work) = desk.run();
    assert_eq!(delivered.recv().await.unwrap().kind, DeliveryKind::Reaction);
    stop.cancel();
    work.await.unwrap();
    let alerts = desk.store.alerts(9).await.unwrap();
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].text.starts_with("Delivery 1 cannot be read"));
}

#[tokio::test]
async fn reactions_of_long_ago_are_forgotten_however_they_ended_and_nothing_else_is() {
    let mut desk = Desk::new().await;
    let clock = Clock::held_at(Clock::system().now());
    for channel in 1..=5 {
        desk.react_in(channel).await;
    }
    desk.say().await;
    let end = async |n: i64, state: DeliveryState| {
        let id = desk.store.delivery(n).await.unwrap().id;
        let mut tx = desk.store.write().await.unwrap();
        tx.end_delivery(id, state, None, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    };
    end(1, DeliveryState::Sent).await;
    end(2, DeliveryState::Refused).await;
    end(3, DeliveryState::Dropped).await;
    end(6, DeliveryState::Sent).await;
    clock.advance(Duration::from_millis(1));
    end(4, DeliveryState::Sent).await;
    clock.advance(KEPT);
    let outbox = Outbox::new(desk.store.clone(), clock.clone());
    outbox.prune().await.unwrap();
    let mut left = Vec::new();
    for n in 1..=6 {
        left.push(desk.store.delivery(n).await.is_ok());
    }
    // The fourth ended a moment later, the fifth waits, the sixth was said.
    assert_eq!(left, [false, false, false, true, true, true]);
}
