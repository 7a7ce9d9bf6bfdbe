//! Rate limits, over the way that production takes: TLS, Discord's own address, serenity's limiter.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use discord_sim::{Fault, RateLimits, RouteKind, Rule, Scope, SimConfig, Tls, ViolationKind};
use secrecy::SecretString;
use serde_json::json;
use serenity::all::{Http, ReactionType};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::gateway::{hasty, parts};
use crate::{
    clock::Clock,
    delivery::{Chat, ChatError, Post},
    discord::{
        DiscordChat, DiscordError, Link,
        connect::{self, connect},
        gateway::Life,
        rest::Rest,
        sweep::sweep,
        testing::{CleanSim, FakeHouse, QUICKLY, channel, secure_settings, secure_sim, timed},
    },
    store::Store,
};

struct Secure {
    sim: CleanSim,
    http: Rest,
    chat: Arc<DiscordChat>,
    directory: TempDir,
}

async fn secure(rate_limits: RateLimits) -> Secure {
    let sim = secure_sim(rate_limits).await;
    let directory = tempfile::tempdir().unwrap();
    let connection = connect(secure_settings(&sim, directory.path())).await;
    let connection = connection.unwrap();
    Secure {
        chat: connection.chat(),
        http: connection.http,
        sim,
        directory,
    }
}

impl Secure {
    async fn post(&self, n: usize) {
        let post = Post {
            content: format!("message {n}"),
            ..Post::default()
        };
        let general = channel(&self.sim, "general");
        self.chat
            .post(general, post, &format!("n-{n}"))
            .await
            .unwrap();
    }

    /// Waits until it is known that Discord wants silence.
    async fn until_silent(&self) {
        while self.http.silence_left().is_none() {
            tokio::task::yield_now().await;
        }
    }

    /// The statuses that posts were answered with.
    fn posted(&self) -> Vec<u16> {
        let journal = self.sim.journal();
        let calls = journal.iter().filter_map(|entry| entry.rest());
        calls
            .filter(|call| call.method == "POST" && call.path.ends_with("/messages"))
            .filter_map(|call| call.status)
            .collect()
    }
}

#[tokio::test]
async fn the_real_address_leads_to_the_simulator_and_to_nobody_else() {
    let stage = secure(RateLimits::None).await;
    stage.post(1).await;
    assert_eq!(stage.posted(), [200]);
    // Without the authority the same simulator is not believed.
    let other = CleanSim::start(SimConfig {
        tls: Tls::On,
        ..SimConfig::default()
    })
    .await;
    let mut settings = secure_settings(&stage.sim, stage.directory.path());
    settings.secure = settings.secure.map(|mut secure| {
        secure.address = other.tls_addr().unwrap();
        secure
    });
    let error = connect(settings).await.unwrap_err();
    assert!(matches!(error, DiscordError::NoGateway { .. }), "{error:?}");
    assert_eq!(
        other
            .journal()
            .iter()
            .filter_map(|entry| entry.rest())
            .count(),
        0
    );
}

#[tokio::test]
async fn a_bad_token_is_a_bad_token_here_too() {
    let sim = CleanSim::start(SimConfig {
        tls: Tls::On,
        ..SimConfig::default()
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let mut settings = secure_settings(&sim, directory.path());
    settings.token = SecretString::from("another-token");
    let error = connect(settings).await.unwrap_err();
    assert!(matches!(error, DiscordError::BadToken), "{error:?}");
    assert_eq!(sim.broken(), [ViolationKind::BadToken]);
}

#[tokio::test]
async fn an_authority_that_is_no_certificate_is_named() {
    let sim = CleanSim::start(SimConfig {
        tls: Tls::On,
        ..SimConfig::default()
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let settings = secure_settings(&sim, directory.path());
    std::fs::remove_file(directory.path().join("ca.pem")).unwrap();
    let error = connect(settings).await.unwrap_err();
    assert!(error.to_string().contains("`discord.api_ca`"), "{error}");
}

#[tokio::test]
async fn more_messages_than_a_channel_takes_are_spread_before_anybody_complains() {
    let stage = secure(RateLimits::Realistic).await;
    let start = Instant::now();
    for n in 0..7 {
        stage.post(n).await;
    }
    assert!(
        start.elapsed() >= Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(stage.posted(), [200; 7]);
}

#[tokio::test]
async fn a_429_of_each_scope_is_waited_out_and_repeated_once() {
    for scope in [Scope::User, Scope::Shared, Scope::Global] {
        let stage = secure(RateLimits::None).await;
        let fault = Fault::rate_limited(scope, 1_500);
        stage.sim.fault(Rule::post_message(), fault);
        let start = Instant::now();
        stage.post(1).await;
        let waited = start.elapsed();
        assert!(
            waited >= Duration::from_millis(1_500),
            "{scope:?}: {waited:?}"
        );
        assert_eq!(stage.posted(), [429, 200], "{scope:?}");
        // What was asked too early would be in the journal.
        stage.sim.assert_clean();
    }
}

/// How long a global 429 tells to wait, in milliseconds.
const SILENCE_MS: u32 = 4_000;

#[tokio::test]
async fn serenity_sends_all_that_wait_for_a_limit_at_once_when_it_is_over() {
    let stage = secure(RateLimits::Realistic).await;
    let settings = secure_settings(&stage.sim, stage.directory.path());
    let connection = connect(settings.clone()).await.unwrap();
    let http = Arc::new(connect::http(&settings, &connection.client));
    let general = stage.sim.channel("general");
    let mut signs = JoinSet::new();
    for _ in 0..5 {
        let said = stage.sim.user("alice").says("x").in_(general).await;
        let http = Arc::clone(&http);
        signs.spawn(async move {
            let sign = ReactionType::Unicode("🚫".to_owned());
            let (channel, message) = (general.get().into(), said.id.get().into());
            http.create_reaction(channel, message, &sign).await
        });
    }
    while let Some(sign) = signs.join_next().await {
        sign.unwrap().unwrap();
    }
    let journal = stage.sim.journal().into_iter();
    let statuses = journal.filter_map(|entry| {
        let call = entry
            .rest()
            .filter(|call| call.route == RouteKind::AddReaction)?;
        call.status
    });
    assert!(statuses.filter(|status| *status == 429).count() > 1);
    let broken = stage.sim.broken();
    let ignored = |kind: &ViolationKind| *kind == ViolationKind::IgnoredRateLimit;
    assert!(broken.iter().all(ignored), "{broken:?}");
}

#[tokio::test]
async fn serenity_goes_on_elsewhere_after_a_global_429() {
    let stage = secure(RateLimits::None).await;
    let settings = secure_settings(&stage.sim, stage.directory.path());
    let connection = connect(settings.clone()).await.unwrap();
    let http = Arc::new(connect::http(&settings, &connection.client));
    let fault = Fault::rate_limited(Scope::Global, SILENCE_MS);
    stage.sim.fault(Rule::post_message(), fault);
    let general = stage.sim.channel("general").get();
    let asked = Arc::clone(&http);
    let hit = tokio::spawn(async move {
        let message = json!({"content": "hello", "nonce": "n", "enforce_nonce": true});
        asked
            .send_message(general.into(), Vec::new(), &message)
            .await
    });
    while !hit.is_finished() {
        http.broadcast_typing(general.into()).await.unwrap();
    }
    hit.await.unwrap().unwrap();
    let broken = stage.sim.broken();
    let ignored = |kind: &ViolationKind| *kind == ViolationKind::IgnoredRateLimit;
    assert!(
        !broken.is_empty() && broken.iter().all(ignored),
        "{broken:?}"
    );
}

#[tokio::test]
async fn after_a_global_429_nothing_is_asked_until_it_is_over() {
    let stage = Arc::new(secure(RateLimits::None).await);
    let general = channel(&stage.sim, "general");
    let fault = Fault::rate_limited(Scope::Global, SILENCE_MS);
    stage.sim.fault(Rule::post_message(), fault);
    let posting = Arc::clone(&stage);
    let hit = tokio::spawn(async move { posting.post(1).await });
    stage.until_silent().await;
    stage.chat.typing(general).await.unwrap();
    hit.await.unwrap();
    assert_eq!(stage.posted(), [429, 200]);
    let journal = stage.sim.journal();
    let arrived = |route: RouteKind| {
        let mut calls = journal.iter().filter_map(|entry| entry.rest());
        calls.find(|call| call.route == route).unwrap().arrived_ms
    };
    let later = arrived(RouteKind::Typing) - arrived(RouteKind::PostMessage);
    assert!(later >= SILENCE_MS.into(), "{later} ms");
}

#[tokio::test]
async fn what_waits_in_serenitys_own_queue_is_held_back_by_a_global_429_too() {
    let stage = Arc::new(secure(RateLimits::Realistic).await);
    for n in 0..5 {
        stage.post(n).await;
    }
    // The sixth waits for its bucket, for nearly five seconds. It is over within the silence.
    let waiting = Arc::clone(&stage);
    let sixth = tokio::spawn(async move { waiting.post(5).await });
    let general = channel(&stage.sim, "general");
    let fault = Fault::rate_limited(Scope::Global, 6_000);
    stage.sim.fault(Rule::route(RouteKind::Typing), fault);
    stage.chat.typing(general).await.unwrap();
    sixth.await.unwrap();
    assert_eq!(stage.posted(), [200; 6]);
}

#[tokio::test]
async fn who_would_have_to_be_silent_for_an_hour_is_told_so_at_once() {
    let stage = secure(RateLimits::None).await;
    let general = channel(&stage.sim, "general");
    let fault = Fault::rate_limited(Scope::Global, 3_600_000);
    stage.sim.fault(Rule::route(RouteKind::Typing), fault);
    let chat = Arc::clone(&stage.chat);
    let hit = tokio::spawn(async move { chat.typing(general).await });
    stage.until_silent().await;
    let asked = stage.chat.typing(general).await;
    let Err(ChatError::Throttled(told)) = asked else {
        panic!("{asked:?}");
    };
    assert!(told > Duration::from_mins(59), "{told:?}");
    hit.abort();
}

#[tokio::test]
async fn many_at_once_are_no_storm() {
    let stage = Arc::new(secure(RateLimits::Realistic).await);
    let posts: Vec<_> = (0..7)
        .map(|n| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move { stage.post(n).await })
        })
        .collect();
    for post in posts {
        post.await.unwrap();
    }
    let posted = stage.posted();
    let refused = posted.iter().filter(|status| **status == 429).count();
    assert_eq!(posted.len() - refused, 7);
    assert!(refused <= 2, "{posted:?}");
    let banned = |kind: ViolationKind| kind == ViolationKind::OverLimit;
    assert!(!stage.sim.violations().iter().any(|one| banned(one.kind)));
}

#[tokio::test]
async fn serenity_keeps_every_interaction_for_ever_and_the_sweep_does_not() {
    let stage = secure(RateLimits::Realistic).await;
    let settings = secure_settings(&stage.sim, stage.directory.path());
    let connection = connect(settings.clone()).await.unwrap();
    let http = connect::http(&settings, &connection.client);
    let answer = json!({ "type": 4, "data": { "content": "hello" } });
    for interaction in 1..=50_u64 {
        // Nobody asked: what is measured is the limiter.
        let _ = http
            .create_interaction_response(interaction.into(), "token", &answer, Vec::new())
            .await;
    }
    assert_eq!(entries(&http).await, 50);
    let later = Clock::held_at(Clock::system().now().after(Duration::from_hours(1)));
    sweep(&http, &later).await;
    assert_eq!(entries(&http).await, 0);
}

/// How many entries a client's limiter has.
async fn entries(http: &Http) -> usize {
    let limiter = http.ratelimiter.as_ref().unwrap();
    let routes = limiter.routes();
    let routes = routes.read().await;
    routes.len()
}

#[tokio::test]
async fn a_server_sweeps_what_it_has_asked_with() {
    let stage = secure(RateLimits::Realistic).await;
    let settings = secure_settings(&stage.sim, stage.directory.path());
    let connection = connect(settings).await.unwrap();
    let store = Store::open(stage.directory.path()).await.unwrap();
    let link = Link::default();
    let parts = parts(connection, store, link.clone());
    let house = Arc::new(FakeHouse::default());
    let life = Life::prepare(parts, house, hasty()).await.unwrap();
    let clients = life.clients();
    assert_eq!(clients.len(), 3);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(life.last_until(stop.clone()));
    link.until_up().await;
    let answer = json!({ "type": 4, "data": { "content": "hello" } });
    for http in &clients {
        for interaction in 1..=50_u64 {
            // Nobody asked: what is measured is the limiter.
            let _ = http
                .create_interaction_response(interaction.into(), "token", &answer, Vec::new())
                .await;
        }
        assert!(entries(http).await >= 50);
    }
    let swept = async {
        for http in &clients {
            while entries(http).await >= 50 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    };
    timed(
        QUICKLY,
        tokio::time::timeout(Duration::from_mins(10), swept),
    )
    .await
    .0
    .unwrap();
    stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_sweep_leaves_what_still_says_to_wait() {
    let stage = secure(RateLimits::Realistic).await;
    let settings = secure_settings(&stage.sim, stage.directory.path());
    let connection = connect(settings).await.unwrap();
    let chat = connection.chat();
    let post = Post {
        content: "one".to_owned(),
        ..Post::default()
    };
    let general = channel(&stage.sim, "general");
    chat.post(general, post, "n").await.unwrap();
    let limiter = connection.http.ratelimiter.as_ref().unwrap();
    let before = limiter.routes().read().await.len();
    let earlier = Clock::held_at(Clock::system().now().before(Duration::from_secs(1)));
    sweep(&connection.http, &earlier).await;
    let after = limiter.routes().read().await.len();
    assert!((1..=before).contains(&after), "{after} of {before}");
}
