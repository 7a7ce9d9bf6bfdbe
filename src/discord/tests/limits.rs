//! Rate limits, over the way that production takes: TLS, Discord's own address, serenity's limiter.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use discord_sim::{Fault, RateLimits, Rule, Scope, Sim, SimConfig, Tls, ViolationKind};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    clock::Clock,
    delivery::{Chat, Post},
    discord::{
        DiscordChat, DiscordError,
        connect::{self, connect},
        sweep::sweep,
        testing::{channel, secure_settings},
    },
};

struct Secure {
    sim: Sim,
    chat: Arc<DiscordChat>,
    directory: TempDir,
}

async fn secure(rate_limits: RateLimits) -> Secure {
    let sim = Sim::start(SimConfig {
        tls: Tls::On,
        rate_limits,
        ..SimConfig::default()
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let connection = connect(secure_settings(&sim, directory.path())).await;
    Secure {
        chat: connection.unwrap().chat(),
        sim,
        directory,
    }
}

impl Secure {
    async fn post(&self, n: usize) {
        let post = Post {
            content: format!("message {n}"),
            reply_to: None,
            file: None,
        };
        let general = channel(&self.sim, "general");
        self.chat
            .post(general, post, &format!("n-{n}"))
            .await
            .unwrap();
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
    let other = Sim::start(SimConfig {
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
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_bad_token_is_a_bad_token_here_too() {
    let sim = Sim::start(SimConfig {
        tls: Tls::On,
        ..SimConfig::default()
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let mut settings = secure_settings(&sim, directory.path());
    settings.token = SecretString::from("another-token");
    let error = connect(settings).await.unwrap_err();
    assert!(matches!(error, DiscordError::BadToken), "{error:?}");
}

#[tokio::test]
async fn an_authority_that_is_no_certificate_is_named() {
    let sim = Sim::start(SimConfig {
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
    stage.sim.assert_clean();
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

#[tokio::test]
async fn many_at_once_are_no_storm() {
    let stage = Arc::new(secure(RateLimits::Realistic).await);
    let posts: Vec<_> = (0..10)
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
    assert_eq!(posted.len() - refused, 10);
    assert!(refused <= 5, "{posted:?}");
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
    let routes = http.ratelimiter.as_ref().unwrap().routes();
    assert_eq!(routes.read().await.len(), 50);
    let later = Clock::held_at(Clock::system().now().after(Duration::from_hours(1)));
    sweep(&http, &later).await;
    assert_eq!(routes.read().await.len(), 0);
}

#[tokio::test]
async fn the_sweep_leaves_what_still_says_to_wait() {
    let stage = secure(RateLimits::Realistic).await;
    let settings = secure_settings(&stage.sim, stage.directory.path());
    let connection = connect(settings).await.unwrap();
    let chat = connection.chat();
    let post = Post {
        content: "one".to_owned(),
        reply_to: None,
        file: None,
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
