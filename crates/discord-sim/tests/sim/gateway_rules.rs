//! What a client may not do on the gateway, and what it gets for it.

use std::time::Duration;

use discord_sim::{Clock, GatewayFact, RateLimits, Sim, SimConfig, ViolationKind, ZombieWatch};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call};

async fn sim_with(rate_limits: RateLimits) -> Sim {
    Sim::start(SimConfig {
        clock: Clock::manual(1_800_000_000_000),
        zombies: ZombieWatch::Simulated,
        rate_limits,
        ..SimConfig::default()
    })
    .await
}

/// The rules that were broken.
fn broken(sim: &Sim) -> Vec<ViolationKind> {
    sim.take_violations().iter().map(|v| v.kind).collect()
}

#[tokio::test]
async fn only_version_10_with_plain_json_is_served() {
    let sim = sim_with(RateLimits::None).await;
    for query in [
        "",
        "?v=9",
        "?v=10&encoding=etf",
        "?v=10&compress=zlib-stream",
    ] {
        let (_, hello) = Gateway::open_at(&sim, query).await;
        assert_eq!(hello, Err(Some(4_012)), "{query}");
        assert_eq!(broken(&sim), [ViolationKind::GatewayMisuse]);
    }
    let (_, hello) = Gateway::open_at(&sim, "?v=10&encoding=json").await;
    assert_eq!(hello.unwrap()["op"], 10);
}

#[tokio::test]
async fn what_a_stranger_may_not_send_is_closed_with_its_code() {
    let sim = sim_with(RateLimits::None).await;
    let huge = json!({"op": 1, "d": null, "more": "x".repeat(4_096)});
    for (payload, code) in [
        (json!({"op": 99}), 4_001),
        (
            json!({"op": 2, "d": {"token": sim.token(), "intents": 0}}),
            4_002,
        ),
        (json!({"op": 6, "d": {"token": sim.token()}}), 4_002),
        (json!({"op": 1, "d": "x"}), 4_002),
        (huge, 4_002),
        (json!({"op": 3, "d": {}}), 4_003),
        (json!({"op": 8, "d": {}}), 4_003),
    ] {
        let (mut gateway, _) = Gateway::open(&sim).await;
        gateway.send(&payload).await;
        assert_eq!(gateway.next().await, Err(Some(code)), "{payload}");
        assert_eq!(broken(&sim), [ViolationKind::GatewayMisuse], "{payload}");
    }
}

#[tokio::test]
async fn identify_is_refused_for_its_shard_and_its_intents() {
    let sim = sim_with(RateLimits::None).await;
    for (with, code) in [
        (json!({"shard": [1, 1]}), 4_010),
        (json!({"shard": [0, 0]}), 4_010),
        (json!({"intents": 1_u64 << 40}), 4_013),
    ] {
        let (mut gateway, _) = Gateway::open(&sim).await;
        gateway.identify(&sim, &with).await;
        assert_eq!(gateway.next().await, Err(Some(code)), "{with}");
    }
    for number in 0..2_500 {
        sim.create_guild(&number.to_string());
    }
    let (mut gateway, _) = Gateway::open(&sim).await;
    gateway.identify(&sim, &json!({"shard": [0, 1]})).await;
    assert_eq!(gateway.next().await, Err(Some(4_011)));
    let (mut gateway, _) = Gateway::open(&sim).await;
    gateway.identify(&sim, &json!({"shard": [1, 2]})).await;
    assert_eq!(gateway.next().await.unwrap()["d"]["shard"], json!([1, 2]));
}

#[tokio::test]
async fn a_second_identify_or_a_resume_after_it_is_closed_with_4005() {
    let sim = sim_with(RateLimits::None).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    gateway.identify(&sim, &json!({})).await;
    assert_eq!(gateway.next().await, Err(Some(4_005)));
    let (mut gateway, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    gateway.resume(&sim, &ready, &guild).await;
    assert_eq!(gateway.next().await, Err(Some(4_005)));
}

#[tokio::test]
async fn the_hundred_and_twenty_first_payload_of_a_minute_is_closed_with_4008() {
    let sim = sim_with(RateLimits::None).await;
    let (mut gateway, _) = Gateway::open(&sim).await;
    let beat = json!({"op": 1, "d": null});
    for _ in 0..120 {
        gateway.send(&beat).await;
        assert_eq!(gateway.next().await.unwrap()["op"], 11);
    }
    sim.advance(Duration::from_mins(1));
    for _ in 0..120 {
        gateway.send(&beat).await;
        assert_eq!(gateway.next().await.unwrap()["op"], 11);
    }
    gateway.send(&beat).await;
    assert_eq!(gateway.next().await, Err(Some(4_008)));
    assert_eq!(broken(&sim), [ViolationKind::OverLimit]);
}

#[tokio::test]
async fn a_resume_from_the_future_is_closed_with_4007_and_a_late_one_with_4009() {
    let sim = sim_with(RateLimits::None).await;
    let (_gone, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    sim.drop_gateway();
    sim.wait_for(|world| world.connected_sessions() == 0).await;
    let (mut ahead, _) = Gateway::open(&sim).await;
    ahead.resume(&sim, &ready, &json!({"s": 99})).await;
    assert_eq!(ahead.next().await, Err(Some(4_007)));
    assert_eq!(broken(&sim), [ViolationKind::GatewayMisuse]);
    sim.advance(Duration::from_mins(5));
    let (mut late, _) = Gateway::open(&sim).await;
    late.resume(&sim, &ready, &guild).await;
    assert_eq!(late.next().await, Err(Some(4_009)));
    let (mut later, _) = Gateway::open(&sim).await;
    later.resume(&sim, &ready, &guild).await;
    assert_eq!(later.next().await.unwrap()["d"], false);
    assert_eq!(sim.gateway().refused_resumes, 3);
}

#[tokio::test]
async fn a_client_without_heartbeats_is_closed_and_its_session_is_lost() {
    let sim = sim_with(RateLimits::None).await;
    let (mut gateway, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    sim.advance(Duration::from_millis(61_874));
    gateway.send(&json!({"op": 1, "d": guild["s"]})).await;
    assert_eq!(gateway.next().await.unwrap()["op"], 11);
    sim.advance(Duration::from_millis(61_875));
    assert_eq!(gateway.next().await, Err(Some(4_009)));
    let (mut again, _) = Gateway::open(&sim).await;
    again.resume(&sim, &ready, &guild).await;
    assert_eq!(again.next().await.unwrap()["op"], 9);
    sim.assert_clean();
}

#[tokio::test]
async fn realistic_identifies_are_five_seconds_apart() {
    let sim = sim_with(RateLimits::Realistic).await;
    let (_first, ..) = Gateway::identified(&sim, INTENTS).await;
    let (mut second, _) = Gateway::open(&sim).await;
    second.identify(&sim, &json!({})).await;
    let invalid = json!({"op": 9, "s": null, "t": null, "d": false});
    assert_eq!(second.next().await.unwrap(), invalid);
    sim.advance(Duration::from_secs(5));
    second.identify(&sim, &json!({})).await;
    assert_eq!(second.next().await.unwrap()["t"], "READY");
    sim.assert_clean();
}

#[tokio::test]
async fn session_starts_count_down_until_the_day_is_over_and_too_many_cost_all_sessions() {
    let sim = sim_with(RateLimits::None).await;
    let limit = async |sim: &Sim| -> Value {
        let (status, bot) = call(sim, Method::GET, "/gateway/bot", &Value::Null).await;
        assert_eq!(status, 200);
        bot["session_start_limit"].clone()
    };
    let day = 86_400_000;
    let whole = json!({
        "total": 1_000, "remaining": 1_000, "reset_after": day, "max_concurrency": 1,
    });
    assert_eq!(limit(&sim).await, whole);
    let (mut first, ..) = Gateway::identified(&sim, INTENTS).await;
    sim.advance(Duration::from_secs(1));
    let mut one_less = whole.clone();
    one_less["remaining"] = json!(999);
    one_less["reset_after"] = json!(day - 1_000);
    assert_eq!(limit(&sim).await, one_less);

    sim.set_session_starts_left(0);
    let (mut second, _) = Gateway::open(&sim).await;
    second.identify(&sim, &json!({})).await;
    assert_eq!(second.next().await, Err(Some(4_004)));
    assert_eq!(first.next().await, Err(Some(4_004)));
    assert_eq!(broken(&sim), [ViolationKind::SessionStarts]);
    assert_eq!(sim.gateway().identifies, 1);

    sim.advance(Duration::from_millis(day - 1_000));
    assert_eq!(limit(&sim).await, whole);
    Gateway::identified(&sim, INTENTS).await;
    assert_eq!(sim.gateway().session_starts_left, 999);
    let identified = sim.journal().into_iter().filter(|entry| {
        matches!(
            entry.fact,
            discord_sim::Fact::Gateway(GatewayFact::Identified { .. })
        )
    });
    assert_eq!(identified.count(), 2);
}

#[tokio::test]
async fn who_says_goodbye_with_1000_or_1001_has_no_session_to_go_on_with() {
    for (code, goes_on) in [(1_000, false), (1_001, false), (4_000, true), (4_900, true)] {
        let sim = sim_with(RateLimits::None).await;
        let (mut gateway, ready, guild) = Gateway::identified(&sim, INTENTS).await;
        gateway.close(code).await;
        sim.wait_for(|world| world.connected_sessions() == 0).await;
        let (mut again, _) = Gateway::open(&sim).await;
        again.resume(&sim, &ready, &guild).await;
        let answer = again.next().await.unwrap();
        if goes_on {
            assert_eq!(answer["t"], "RESUMED", "{code}");
        } else {
            let refused = json!({"op": 9, "s": null, "t": null, "d": false});
            assert_eq!(answer, refused, "{code}");
        }
    }
}
