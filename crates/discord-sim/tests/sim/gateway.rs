//! The gateway, with a plain websocket client.

use discord_sim::{Sim, SimConfig};
use serde_json::json;

use crate::client::{Gateway, INTENTS, post};

#[tokio::test]
async fn identify_gives_ready_and_the_guild_with_everything_in_it() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, hello) = Gateway::open(&sim).await;
    assert_eq!(hello["d"]["heartbeat_interval"], 41_250);
    gateway.send(&json!({"op": 1, "d": null})).await;
    assert_eq!(gateway.next().await.unwrap()["op"], 11);

    let (_gateway, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    assert_eq!(ready["d"]["user"]["id"], sim.bot_id().to_string());
    assert_eq!(guild["t"], "GUILD_CREATE");
    let channels = guild["d"]["channels"].as_array().unwrap();
    let names: Vec<&str> = channels
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["general", "project"]);
    assert_eq!(guild["d"]["members"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_wrong_token_is_closed_with_4004() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, _) = Gateway::open(&sim).await;
    gateway.identify(&sim, &json!({"token": "wrong"})).await;
    assert_eq!(gateway.next().await, Err(Some(4_004)));
}

#[tokio::test]
async fn without_message_content_only_mentions_of_the_bot_have_text() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, 512).await;
    let general = sim.channel("general");
    sim.user("member").says("secret").in_(general).await;
    sim.user("member").says("@bot hello").in_(general).await;
    let mention = format!("<@{}> hello", sim.bot_id());
    assert_eq!(gateway.event("MESSAGE_CREATE").await["d"]["content"], "");
    let said = gateway.event("MESSAGE_CREATE").await;
    assert_eq!(said["d"]["content"], mention);
    assert_eq!(said["d"]["mentions"][0]["id"], sim.bot_id().to_string());
}

#[tokio::test]
async fn payloads_are_compressed_one_by_one_when_identify_asks_for_it() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, _) = Gateway::open(&sim).await;
    gateway.identify(&sim, &json!({"compress": true})).await;
    assert_eq!(gateway.next().await.unwrap()["t"], "READY");
    assert_eq!(gateway.next().await.unwrap()["t"], "GUILD_CREATE");
}

#[tokio::test]
async fn resume_replays_what_was_missed_and_identify_does_not() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut first, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    sim.drop_gateway();
    assert_eq!(first.next().await, Err(None));
    let member = sim.user("member");
    for text in ["one", "two"] {
        member.says(text).in_(sim.channel("general")).await;
    }

    let (mut fresh, ..) = Gateway::identified(&sim, INTENTS).await;
    post(&sim, sim.channel("general"), "now").await;
    assert_eq!(fresh.event("MESSAGE_CREATE").await["d"]["content"], "now");

    let (mut again, _) = Gateway::open(&sim).await;
    let session = &ready["d"]["session_id"];
    let resume = json!({"op": 6, "d": {
        "token": sim.token(), "session_id": session, "seq": guild["s"],
    }});
    again.send(&resume).await;
    for text in ["one", "two", "now"] {
        assert_eq!(again.event("MESSAGE_CREATE").await["d"]["content"], text);
    }
    assert_eq!(again.next().await.unwrap()["t"], "RESUMED");
}

#[tokio::test]
async fn resume_of_an_invalidated_session_is_refused_with_opcode_9() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut first, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    sim.invalidate_sessions();
    assert_eq!(first.next().await.unwrap()["op"], 9);
    let (mut again, _) = Gateway::open(&sim).await;
    let resume = json!({"op": 6, "d": {
        "token": sim.token(), "session_id": ready["d"]["session_id"], "seq": guild["s"],
    }});
    again.send(&resume).await;
    assert_eq!(
        again.next().await.unwrap(),
        json!({"op": 9, "s": null, "t": null, "d": false})
    );
}

#[tokio::test]
async fn a_refused_gateway_takes_nobody_until_it_is_accepted_again() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.refuse_gateway();
    let url = format!("{}/?v=10", sim.base_url().replacen("http", "ws", 1));
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
    sim.accept_gateway();
    let (_gateway, ready, _) = Gateway::identified(&sim, INTENTS).await;
    assert_eq!(ready["t"], "READY");
}
