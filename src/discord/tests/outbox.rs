//! The outbox over the real chat service: what happens when nobody knows whether a message arrived.

use std::{sync::Arc, time::Duration};

use discord_sim::{Fact, Fault, RouteKind, Rule, SimConfig};
use serde_json::json;
use tokio::{sync::broadcast, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    delivery::{Delivered, Outbox},
    discord::{
        Connection,
        testing::{CleanSim, channel, connected},
    },
    store::{DeliveryKind, NewDelivery, Payload, Store},
    words::{MessageId, UserId},
};

/// Longer than a nonce can be trusted.
const LATER: Duration = Duration::from_mins(3);

/// What takes longer is not delivered.
const LONG: Duration = Duration::from_mins(2);

/// The next thing that Discord has.
async fn heard(delivered: &mut broadcast::Receiver<Delivered>) -> Delivered {
    let next = tokio::time::timeout(LONG, delivered.recv()).await;
    next.expect("nothing is delivered").unwrap()
}

/// An outbox at work, on a clock that is moved by hand.
struct Desk {
    sim: CleanSim,
    clock: Clock,
    store: Store,
    outbox: Arc<Outbox>,
    stop: CancellationToken,
    work: JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let sim = CleanSim::start(SimConfig::default()).await;
        let connection = connected(&sim).await;
        Self::over(sim, &connection).await
    }

    async fn over(sim: CleanSim, connection: &Connection) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        // From now, because Discord's time is in the ids of its messages.
        let clock = Clock::held_at(Clock::system().now());
        let outbox = Outbox::new(store.clone(), clock.clone());
        let stop = CancellationToken::new();
        let chat = connection.chat();
        let work = tokio::spawn(Arc::clone(&outbox).run(chat, stop.clone()));
        Self {
            sim,
            clock,
            store,
            outbox,
            stop,
            work,
            _directory: directory,
        }
    }

    /// Has a reaction put on a message of somebody in `#general`.
    async fn react(&self, message: u64, author: u64) {
        let reaction = Payload::Reaction {
            channel: channel(&self.sim, "general"),
            message: MessageId::new(message),
            emoji: "👀".to_owned(),
            author: Some(UserId::new(author)),
        };
        self.queue_payload(&format!("reaction:{message}"), reaction)
            .await;
    }

    /// Says something behind all that waits, and waits until it is said.
    async fn until_behind(&self, text: &str) {
        let mut delivered = self.outbox.listen();
        self.queue(text, text).await;
        while heard(&mut delivered).await.kind != DeliveryKind::Notice {}
    }

    async fn queue(&self, key: &str, text: &str) {
        let notice = Payload::Notice {
            channel: Some(channel(&self.sim, "general")),
            reply_to: None,
            text: text.to_owned(),
        };
        self.queue_payload(key, notice).await;
    }

    async fn queue_payload(&self, key: &str, payload: Payload) {
        let lane = channel(&self.sim, "general");
        let delivery = NewDelivery::apart(key.to_owned(), lane, payload);
        let mut tx = self.store.write().await.unwrap();
        assert!(tx.deliver(&delivery, self.clock.now()).await.unwrap());
        tx.commit().await.unwrap();
        self.outbox.wake();
    }

    /// Queues a message whose first sending fails, and comes back to it later.
    async fn fail_until_later(&self, text: &str, rule: Rule, fault: Fault) {
        let hold = self.sim.hold(rule.clone());
        self.sim.fault(rule, fault);
        let mut delivered = self.outbox.listen();
        self.queue("the one", text).await;
        hold.arrived().await;
        self.clock.advance(LATER);
        hold.release();
        heard(&mut delivered).await;
    }

    fn said(&self) -> Vec<String> {
        let messages = self.sim.messages(self.sim.channel("general"));
        messages
            .into_iter()
            .map(|message| message.content)
            .collect()
    }

    /// How often a message was asked for, and how often the channel was read.
    fn calls(&self) -> (usize, usize) {
        let journal = self.sim.journal();
        let count = |method: &str| {
            let calls = journal.iter().filter_map(|entry| entry.rest());
            calls
                .filter(|call| call.method == method && call.path.ends_with("/messages"))
                .count()
        };
        (count("POST"), count("GET"))
    }

    /// How often a reaction was asked for.
    fn reactions(&self) -> usize {
        let journal = self.sim.journal();
        let calls = journal.iter().filter_map(|entry| entry.rest());
        calls
            .filter(|call| call.route == RouteKind::AddReaction)
            .count()
    }

    async fn close(self) {
        self.stop.cancel();
        self.work.await.unwrap();
        self.sim.assert_clean();
    }
}

/// An answer of which nothing can be read.
fn unreadable() -> Fault {
    Fault::Answer {
        status: 200,
        body: Some(json!({ "id": true })),
    }
}

#[tokio::test]
async fn a_message_that_arrived_unseen_is_found_again_when_its_nonce_is_too_old() {
    for fault in [Fault::status(502), Fault::DropConnection, unreadable()] {
        let desk = Desk::open().await;
        let rule = Rule::post_message().after_commit();
        desk.fail_until_later("here I am", rule, fault).await;
        assert_eq!(desk.said(), ["here I am"]);
        assert_eq!(desk.calls(), (1, 1));
        desk.close().await;
    }
}

#[tokio::test]
async fn a_message_that_did_not_arrive_is_sent_again_when_its_nonce_is_too_old() {
    let desk = Desk::open().await;
    desk.fail_until_later("here I am", Rule::post_message(), Fault::status(502))
        .await;
    assert_eq!(desk.said(), ["here I am"]);
    assert_eq!(desk.calls(), (2, 1));
    desk.close().await;
}

#[tokio::test]
async fn the_same_words_of_a_moment_before_are_not_taken_for_a_message_that_did_not_arrive() {
    let desk = Desk::open().await;
    let mut delivered = desk.outbox.listen();
    desk.queue("the one before", "here I am").await;
    heard(&mut delivered).await;
    desk.fail_until_later("here I am", Rule::post_message(), Fault::status(502))
        .await;
    assert_eq!(desk.said(), ["here I am", "here I am"]);
    desk.close().await;
}

#[tokio::test]
async fn within_two_minutes_the_nonce_alone_keeps_a_message_single() {
    for fault in [Fault::status(502), unreadable()] {
        let desk = Desk::open().await;
        desk.sim.fault(Rule::post_message().after_commit(), fault);
        let mut delivered = desk.outbox.listen();
        desk.queue("the one", "here I am").await;
        heard(&mut delivered).await;
        assert_eq!(desk.said(), ["here I am"]);
        assert_eq!(desk.calls(), (2, 0));
        let repeated = |fact: &Fact| matches!(fact, Fact::NonceRepeated { .. });
        let journal = desk.sim.journal();
        assert!(journal.iter().any(|entry| repeated(&entry.fact)));
        desk.close().await;
    }
}

#[tokio::test]
async fn a_sentence_that_is_too_long_is_cut_and_not_refused() {
    let desk = Desk::open().await;
    let mut delivered = desk.outbox.listen();
    desk.queue("long", &"é".repeat(2_001)).await;
    heard(&mut delivered).await;
    assert_eq!(desk.said(), [format!("{}…", "é".repeat(1_999))]);
    desk.close().await;
}

#[tokio::test]
async fn a_message_that_is_too_old_to_be_settled_is_removed_and_its_lane_goes_on() {
    let desk = Desk::open().await;
    let mut delivered = desk.outbox.listen();
    let live = Payload::Live {
        text: "at work".to_owned(),
    };
    desk.queue_payload("live", live).await;
    heard(&mut delivered).await;
    let live = desk.store.delivery(1).await.unwrap().id;
    let too_old = Fault::error(429, 30_046, "Maximum number of edits reached");
    desk.sim.fault(Rule::edit_message(), too_old);
    let over = Payload::Settle {
        live,
        text: Some("over".to_owned()),
    };
    desk.queue_payload("over", over).await;
    desk.queue("answer", "the answer").await;
    for kind in [DeliveryKind::Settle, DeliveryKind::Notice] {
        assert_eq!(heard(&mut delivered).await.kind, kind);
    }
    assert_eq!(desk.said(), ["the answer"]);
    desk.close().await;
}

#[tokio::test]
async fn who_has_blocked_the_bot_costs_one_refusal_in_ten_minutes_and_no_operators_time() {
    let desk = Desk::open().await;
    let blocked = Fault::error(403, 90_001, "Reaction blocked");
    desk.sim.fault(Rule::add_reaction().always(), blocked);
    for message in 1..=4 {
        desk.react(message, 7).await;
    }
    desk.until_behind("first").await;
    assert_eq!(desk.reactions(), 1);
    // Somebody else may like reactions: it is tried.
    desk.react(5, 8).await;
    desk.until_behind("second").await;
    assert_eq!(desk.reactions(), 2);
    desk.clock.advance(Duration::from_mins(10));
    desk.react(6, 7).await;
    desk.until_behind("third").await;
    assert_eq!(desk.reactions(), 3);
    assert_eq!(desk.store.alerts(9).await.unwrap(), []);
    desk.close().await;
}

#[tokio::test]
async fn when_discord_has_refused_too_much_signs_are_left_out_and_what_is_said_is_not() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let connection = connected(&sim).await;
    connection.refusals.overdo();
    let desk = Desk::over(sim, &connection).await;
    let asked = desk.sim.user("alice").says("hello");
    let asked = asked.in_(desk.sim.channel("general")).await;
    desk.react(asked.id.get(), 7).await;
    desk.until_behind("an answer").await;
    assert_eq!(desk.reactions(), 0);
    assert_eq!(desk.said(), ["hello", "an answer"]);
    assert_eq!(desk.store.deliveries_waiting().await.unwrap(), 0);
    desk.close().await;
}
