//! Many at once, over the way that production takes: TLS, Discord's limits, serenity's limiter.

use std::{sync::Arc, time::Duration};

use discord_sim::{Entry, Fault, RateLimits, RouteKind, Rule, Scope, ViolationKind};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    delivery::{Chat, Delivered, Outbox, Post},
    discord::{
        Connection, Treatment, connect,
        testing::{CleanSim, QUICKLY, channel, given_up_after, secure_settings, secure_sim, timed},
    },
    store::{DeliveryKind, NewDelivery, Payload, Store},
    words::MessageId,
};

/// An outbox over a Discord with limits.
struct Strained {
    sim: CleanSim,
    connection: Connection,
    store: Store,
    outbox: Arc<Outbox>,
    _directory: tempfile::TempDir,
}

impl Strained {
    async fn open(rate_limits: RateLimits) -> Self {
        let sim = secure_sim(rate_limits).await;
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        Self {
            connection: connect(secure_settings(&sim, directory.path()))
                .await
                .unwrap(),
            outbox: Outbox::new(store.clone(), Clock::system()),
            store,
            sim,
            _directory: directory,
        }
    }

    /// Sets the outbox to work, and hears what it delivers.
    fn run(&self) -> broadcast::Receiver<Delivered> {
        let delivered = self.outbox.listen();
        let outbox = Arc::clone(&self.outbox);
        tokio::spawn(outbox.run(self.connection.chat(), CancellationToken::new()));
        delivered
    }

    /// So many messages are written in `#general`, and each is to get a sign.
    async fn signs(&self, count: usize) -> Vec<MessageId> {
        let general = self.sim.channel("general");
        let mut messages = Vec::new();
        for _ in 0..count {
            let said = self.sim.user("guest").says("x").in_(general).await;
            let message = MessageId::new(said.id.get());
            let sign = Payload::Reaction {
                channel: channel(&self.sim, "general"),
                message,
                emoji: "🚫".to_owned(),
                author: None,
            };
            self.queue(message, sign).await;
            messages.push(message);
        }
        messages
    }

    /// Queues something in a lane of its own.
    async fn queue(&self, of: MessageId, payload: Payload) {
        let key = format!("{}:{of}", payload.kind());
        let delivery = NewDelivery::apart(key, of.thread(), payload);
        let mut tx = self.store.write().await.unwrap();
        assert!(tx.deliver(&delivery, Clock::system().now()).await.unwrap());
        tx.commit().await.unwrap();
        self.outbox.wake();
    }

    /// The statuses that a route was answered with.
    fn statuses(&self, route: RouteKind) -> Vec<u16> {
        statuses(&self.sim.journal(), route)
    }
}

fn statuses(journal: &[Entry], route: RouteKind) -> Vec<u16> {
    let calls = journal.iter().filter_map(|entry| entry.rest());
    calls
        .filter(|call| call.route == route)
        .filter_map(|call| call.status)
        .collect()
}

#[tokio::test]
async fn one_guest_who_writes_without_end_keeps_no_answer_back() {
    let stage = Strained::open(RateLimits::Realistic).await;
    stage.signs(50).await;
    let mut delivered = stage.run();
    assert_eq!(
        delivered.recv().await.unwrap().kind,
        DeliveryKind::Reaction,
        "the signs are under way"
    );
    let answer = Payload::Notice {
        channel: Some(channel(&stage.sim, "general")),
        reply_to: None,
        text: "an answer".to_owned(),
    };
    stage.queue(MessageId::new(1), answer).await;
    let queued = stage.sim.journal().len();
    while delivered.recv().await.unwrap().kind == DeliveryKind::Reaction {}
    let journal = stage.sim.journal();
    let since = journal[queued..].iter().filter_map(|entry| entry.rest());
    let before = since.take_while(|call| call.route != RouteKind::PostMessage);
    let signs_before = before.filter(|call| call.route == RouteKind::AddReaction);
    // Four a second: twenty would be five seconds.
    assert!(signs_before.count() < 20);
    let reactions = stage.statuses(RouteKind::AddReaction);
    assert!(
        reactions.iter().all(|status| *status == 204),
        "{reactions:?}"
    );
}

#[tokio::test]
async fn fifteen_at_once_all_get_their_sign_and_discord_need_not_complain() {
    let stage = Strained::open(RateLimits::Realistic).await;
    let messages = stage.signs(15).await;
    let mut delivered = stage.run();
    for _ in &messages {
        delivered.recv().await.unwrap();
    }
    let seen = stage.sim.messages(stage.sim.channel("general"));
    assert!(seen.iter().all(|message| message.has_reaction("🚫")));
    assert_eq!(stage.statuses(RouteKind::AddReaction), [204; 15]);
    assert_eq!(stage.connection.refusals.treatment(), Treatment::default());
}

#[tokio::test]
async fn what_discord_refuses_is_counted_also_where_serenity_repeats_it_by_itself() {
    let stage = Strained::open(RateLimits::None).await;
    let general = channel(&stage.sim, "general");
    stage.sim.fault(
        Rule::post_message(),
        Fault::rate_limited(Scope::User, 1_000),
    );
    stage.sim.fault(
        Rule::route(RouteKind::Typing),
        Fault::error(403, 50_001, "Missing Access"),
    );
    let chat = stage.connection.chat();
    let post = Post {
        content: "hello".to_owned(),
        ..Post::default()
    };
    chat.post(general, post, "n").await.unwrap();
    assert!(chat.typing(general).await.unwrap_err().is_code(50_001));
    assert_eq!(stage.statuses(RouteKind::PostMessage), [429, 200]);
    let counted = Treatment {
        refused: 2,
        is_sparing: false,
    };
    assert_eq!(stage.connection.refusals.treatment(), counted);
}

#[tokio::test]
async fn serenity_repeats_what_it_is_told_to_wait_with_for_as_long_as_it_is_told() {
    let stage = Strained::open(RateLimits::None).await;
    let typing = Rule::route(RouteKind::Typing);
    let fault = Fault::rate_limited(Scope::User, 1);
    stage.sim.fault(typing.always(), fault);
    let http = connect::http(&stage.connection.settings, &stage.connection.client);
    let general = stage.sim.channel("general").get();
    let asked = tokio::spawn(async move { http.broadcast_typing(general.into()).await });
    stage
        .sim
        .wait_for(|seen| statuses(seen.journal(), RouteKind::Typing).len() >= 6)
        .await;
    assert!(!asked.is_finished());
    asked.abort();
}

#[tokio::test]
async fn serenity_waits_whole_seconds_where_discord_tells_it_parts_of_one() {
    let stage = Strained::open(RateLimits::None).await;
    let fault = Fault::rate_limited(Scope::User, 1_200);
    stage.sim.fault(Rule::route(RouteKind::Typing), fault);
    let http = connect::http(&stage.connection.settings, &stage.connection.client);
    let general = stage.sim.channel("general").get();
    http.broadcast_typing(general.into()).await.unwrap();
    let journal = stage.sim.journal();
    let calls = journal.iter().filter_map(|entry| entry.rest());
    let calls = calls.filter(|call| call.route == RouteKind::Typing);
    let arrived: Vec<i64> = calls.map(|call| call.arrived_ms).collect();
    let [first, second] = arrived[..] else {
        panic!("{arrived:?}");
    };
    // The header has whole seconds; what the body says it does not read.
    assert!(second - first >= 2_000, "{} ms", second - first);
}

#[tokio::test]
async fn who_is_told_to_wait_again_and_again_is_given_up_after_a_minute() {
    let stage = Strained::open(RateLimits::None).await;
    let typing = Rule::route(RouteKind::Typing);
    let fault = Fault::rate_limited(Scope::User, 15_000);
    stage.sim.fault(typing.always(), fault);
    let (chat, general) = (stage.connection.chat(), channel(&stage.sim, "general"));
    let asked = async { chat.typing(general).await };
    let (given_up, waited) = timed(QUICKLY, asked).await;
    assert!(given_up.is_err());
    assert!(waited <= Duration::from_secs(61), "{waited:?}");
    // It waited as long as it was told, by a clock that is not the simulator's.
    let broken = stage.sim.broken();
    let ignored = |kind: &ViolationKind| *kind == ViolationKind::IgnoredRateLimit;
    assert!(broken.iter().all(ignored), "{broken:?}");
    let told = stage.statuses(RouteKind::Typing);
    assert!(
        told.len() > 1 && told.iter().all(|status| *status == 429),
        "{told:?}"
    );
}

#[tokio::test]
async fn who_is_told_to_wait_for_an_hour_is_given_up_after_a_minute() {
    let stage = Strained::open(RateLimits::None).await;
    let general = channel(&stage.sim, "general");
    stage.sim.fault(
        Rule::route(RouteKind::Typing),
        Fault::rate_limited(Scope::User, 3_600_000),
    );
    let chat = stage.connection.chat();
    let asked = tokio::spawn(async move { chat.typing(general).await });
    stage
        .sim
        .wait_for(|seen| statuses(seen.journal(), RouteKind::Typing) == [429])
        .await;
    // Some of the minute has passed before.
    let waited = given_up_after(asked).await.as_secs();
    assert!((40..=60).contains(&waited), "{waited} s");
}
