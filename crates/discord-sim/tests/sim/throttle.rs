//! Rate limits and the budget of invalid requests.

use std::time::Duration;

use discord_sim::{
    ChannelId, Clock, Fault, RateLimits, Rule, Scope, Sim, SimConfig, ViolationKind,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const START_MS: i64 = 1_800_000_000_000;

async fn limited_sim(invalid_request_bound: usize) -> Sim {
    Sim::start(SimConfig {
        clock: Clock::manual(START_MS),
        rate_limits: RateLimits::Realistic,
        invalid_request_bound,
        ..SimConfig::default()
    })
    .await
}

async fn request(sim: &Sim, method: Method, path: &str, body: &Value) -> Response {
    let url = format!("{}/api/v10{path}", sim.base_url());
    reqwest::Client::new()
        .request(method, url)
        .header("Authorization", format!("Bot {}", sim.token()))
        .json(body)
        .send()
        .await
        .unwrap()
}

async fn post(sim: &Sim, channel: ChannelId, nonce: usize) -> Response {
    let body = json!({"content": "x", "nonce": nonce.to_string(), "enforce_nonce": true});
    request(
        sim,
        Method::POST,
        &format!("/channels/{channel}/messages"),
        &body,
    )
    .await
}

/// The headers about limits that an answer has, without the bucket's name.
fn told(response: &Response) -> Vec<(String, String)> {
    let headers = response.headers().iter();
    let about = headers.filter(|(name, _)| {
        let name = name.as_str();
        (name.starts_with("x-ratelimit") && name != "x-ratelimit-bucket") || name == "retry-after"
    });
    let mut told: Vec<(String, String)> = about
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    told.sort();
    told
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn the_sixth_message_of_five_seconds_is_refused_with_all_headers() {
    let sim = limited_sim(10).await;
    let general = sim.channel("general");
    let first = post(&sim, general, 0).await;
    assert_eq!(
        told(&first),
        pairs(&[
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "4"),
            ("x-ratelimit-reset", "1800000005.000"),
            ("x-ratelimit-reset-after", "5.000"),
        ])
    );
    let bucket = first.headers()["x-ratelimit-bucket"].clone();
    for nonce in 1..5 {
        assert_eq!(post(&sim, general, nonce).await.status(), 200);
    }
    sim.advance(Duration::from_millis(2_655));
    let refused = post(&sim, general, 5).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ratelimit-bucket"], bucket);
    assert_eq!(
        told(&refused),
        pairs(&[
            ("retry-after", "3"),
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1800000005.000"),
            ("x-ratelimit-reset-after", "2.345"),
            ("x-ratelimit-scope", "user"),
        ])
    );
    assert_eq!(
        refused.json::<Value>().await.unwrap(),
        json!({
            "message": "You are being rate limited.",
            "code": 0,
            "retry_after": 2.345,
            "global": false,
        })
    );
    let project = post(&sim, sim.channel("project"), 6).await;
    assert_eq!(
        (
            project.status().as_u16(),
            project.headers()["x-ratelimit-bucket"].clone()
        ),
        (200, bucket)
    );
    sim.advance(Duration::from_millis(2_345));
    assert_eq!(post(&sim, general, 5).await.status(), 200);
    sim.assert_clean();
    assert_eq!(sim.messages(general).len(), 6);
}

#[tokio::test]
async fn fifty_requests_a_second_are_the_limit_of_all_buckets_together() {
    let sim = limited_sim(10).await;
    for number in 0..50 {
        let channel = sim.create_channel(&format!("c{number}"));
        assert_eq!(post(&sim, channel, 0).await.status(), 200);
    }
    let refused = post(&sim, sim.channel("general"), 0).await;
    assert_eq!(
        told(&refused),
        pairs(&[
            ("retry-after", "1"),
            ("x-ratelimit-global", "true"),
            ("x-ratelimit-scope", "global"),
        ])
    );
    let body: Value = refused.json().await.unwrap();
    assert_eq!(
        (&body["global"], &body["retry_after"]),
        (&json!(true), &json!(1.0))
    );
    sim.advance(Duration::from_secs(1));
    assert_eq!(post(&sim, sim.channel("general"), 0).await.status(), 200);
}

#[tokio::test]
async fn a_name_changes_twice_in_ten_minutes_and_other_settings_more_often() {
    let sim = limited_sim(10).await;
    let path = format!("/channels/{}", sim.channel("general"));
    let rename = |name: &'static str| {
        let (sim, path) = (&sim, &path);
        async move {
            let answer = request(sim, Method::PATCH, path, &json!({"name": name})).await;
            answer.status().as_u16()
        }
    };
    assert_eq!([rename("a").await, rename("b").await], [200, 200]);
    let refused = request(&sim, Method::PATCH, &path, &json!({"name": "c"})).await;
    assert_eq!(refused.headers()["retry-after"], "600");
    let other = request(&sim, Method::PATCH, &path, &json!({"nsfw": false})).await;
    assert_eq!(other.status(), 200);
    sim.advance(Duration::from_mins(10));
    assert_eq!(rename("c").await, 200);
}

#[tokio::test]
async fn without_being_asked_for_there_are_neither_limits_nor_headers() {
    let sim = Sim::start(SimConfig::default()).await;
    for nonce in 0..8 {
        let answer = post(&sim, sim.channel("general"), nonce).await;
        assert_eq!((answer.status().as_u16(), told(&answer)), (200, Vec::new()));
    }
}

#[tokio::test]
async fn who_comes_back_before_the_time_that_it_was_told_breaks_a_rule() {
    let sim = limited_sim(10).await;
    let general = sim.channel("general");
    for nonce in 0..6 {
        post(&sim, general, nonce).await;
    }
    post(&sim, general, 6).await;
    sim.assert_clean();
    sim.advance(Duration::from_secs(1));
    post(&sim, general, 7).await;
    let broken: Vec<_> = sim.take_violations().iter().map(|v| v.kind).collect();
    assert_eq!(broken, [ViolationKind::IgnoredRateLimit]);
    sim.advance(Duration::from_secs(4));
    assert_eq!(post(&sim, general, 8).await.status(), 200);
    sim.assert_clean();
}

/// The kinds of rules that were broken since it was last asked.
fn broken(sim: &Sim) -> Vec<ViolationKind> {
    sim.take_violations().iter().map(|one| one.kind).collect()
}

#[tokio::test]
async fn after_a_global_429_no_route_may_be_asked_until_it_is_over() {
    let sim = limited_sim(10).await;
    let (general, project) = (sim.channel("general"), sim.channel("project"));
    for scope in [Scope::User, Scope::Shared, Scope::Global] {
        sim.fault(Rule::post_message(), Fault::rate_limited(scope, 2_000));
        assert_eq!(post(&sim, general, 0).await.status(), 429);
        // What was under way meanwhile could not know.
        sim.advance(Duration::from_millis(249));
        post(&sim, project, 1).await;
        assert_eq!(broken(&sim), [], "{scope:?}");
        sim.advance(Duration::from_millis(1));
        let path = format!("/guilds/{}", sim.guild_id());
        let other = request(&sim, Method::GET, &path, &Value::Null).await;
        assert_eq!(other.status(), 200);
        let expected = match scope {
            Scope::User | Scope::Shared => vec![],
            Scope::Global => vec![ViolationKind::IgnoredRateLimit],
        };
        assert_eq!(broken(&sim), expected, "{scope:?}");
        sim.advance(Duration::from_secs(10));
    }
    sim.advance(Duration::from_secs(10));
    assert_eq!(post(&sim, project, 2).await.status(), 200);
    sim.assert_clean();
}

#[tokio::test]
async fn answers_to_interactions_are_not_bound_to_a_global_429() {
    let sim = limited_sim(10).await;
    let general = sim.channel("general");
    sim.fault(
        Rule::post_message(),
        Fault::rate_limited(Scope::Global, 2_000),
    );
    assert_eq!(post(&sim, general, 0).await.status(), 429);
    sim.advance(Duration::from_secs(1));
    let path = "/interactions/1/nobody/callback";
    request(&sim, Method::POST, path, &json!({"type": 5})).await;
    assert!(!broken(&sim).contains(&ViolationKind::IgnoredRateLimit));
}

#[tokio::test]
async fn a_429_of_each_scope_can_be_ordered_and_only_shared_ones_are_no_invalid_requests() {
    let sim = limited_sim(10).await;
    let general = sim.channel("general");
    let wait = |scope| Fault::rate_limited(scope, 300_400);
    for (nonce, (scope, name, global, invalid)) in [
        (Scope::Shared, "shared", false, 0),
        (Scope::User, "user", false, 1),
        (Scope::Global, "global", true, 2),
    ]
    .into_iter()
    .enumerate()
    {
        sim.fault(Rule::post_message(), wait(scope));
        let refused = post(&sim, general, nonce).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["x-ratelimit-scope"], name);
        assert_eq!(refused.headers()["retry-after"], "301");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(
            (&body["retry_after"], &body["global"]),
            (&json!(300.4), &json!(global))
        );
        assert_eq!(sim.invalid_requests(), invalid);
    }
    assert_eq!(sim.messages(general), []);
    sim.advance(Duration::from_mins(10));
    assert_eq!(sim.invalid_requests(), 0);
}

#[tokio::test]
async fn more_invalid_requests_than_the_bound_break_a_rule_once() {
    let sim = limited_sim(2).await;
    sim.fault(
        Rule::post_message().times(4),
        Fault::error(403, 50_013, "Missing Permissions"),
    );
    for nonce in 0..4 {
        post(&sim, sim.channel("general"), nonce).await;
    }
    let broken: Vec<String> = sim
        .take_violations()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(broken, ["InvalidRequests: 3 within 10 minutes"]);
    assert_eq!(sim.invalid_requests(), 4);
}

#[tokio::test]
async fn edits_and_typing_have_buckets_of_their_own_with_five_in_five_seconds() {
    let sim = limited_sim(10).await;
    let general = sim.channel("general");
    let first: Value = post(&sim, general, 0).await.json().await.unwrap();
    let id = first["id"].as_str().unwrap();
    let edit = format!("/channels/{general}/messages/{id}");
    let typing = format!("/channels/{general}/typing");
    let mut buckets = Vec::new();
    for (method, path, body, status) in [
        (Method::PATCH, &edit, json!({"content": "y"}), 200),
        (Method::POST, &typing, Value::Null, 204),
    ] {
        let ask = async || request(&sim, method.clone(), path, &body).await;
        for _ in 0..5 {
            let answer = ask().await;
            assert_eq!(answer.status(), status);
        }
        let refused = ask().await;
        assert_eq!(refused.status(), 429);
        assert_eq!(
            told(&refused),
            pairs(&[
                ("retry-after", "5"),
                ("x-ratelimit-limit", "5"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1800000005.000"),
                ("x-ratelimit-reset-after", "5.000"),
                ("x-ratelimit-scope", "user"),
            ])
        );
        buckets.push(refused.headers()["x-ratelimit-bucket"].clone());
    }
    assert_ne!(buckets[0], buckets[1]);
    sim.advance(Duration::from_secs(5));
    let again = request(&sim, Method::POST, &typing, &Value::Null).await;
    assert_eq!(again.status(), 204);
    sim.assert_clean();
}
