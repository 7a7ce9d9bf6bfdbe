//! The gateway, with a plain websocket client.

use discord_sim::{Entrance, MessageRef, PortalIntent, Sim, SimConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, post};

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
}

/// The names of the members that GUILD_CREATE has, and how many it says there are.
fn members(guild: &Value) -> (Vec<&str>, u64) {
    let members = guild["d"]["members"].as_array().unwrap();
    let names = members
        .iter()
        .filter_map(|member| member["user"]["username"].as_str());
    let names = names.collect();
    (names, guild["d"]["member_count"].as_u64().unwrap())
}

#[tokio::test]
async fn without_the_intent_for_presences_a_guild_comes_with_the_bot_as_its_only_member() {
    let sim = Sim::start(SimConfig {
        portal_intents: PortalIntent::ALL.into_iter().collect(),
        ..SimConfig::default()
    })
    .await;
    // Also with the one for members, which is about later changes.
    let (_gateway, _, guild) = Gateway::identified(&sim, 1 | 2).await;
    assert_eq!(members(&guild), (vec!["bot"], 4));
    let (_gateway, _, guild) = Gateway::identified(&sim, 1 | (1 << 8)).await;
    let all = vec!["bot", "owner", "member", "guest"];
    assert_eq!(members(&guild), (all, 4));
}

#[tokio::test]
async fn a_guild_that_comes_later_tells_of_no_more_members() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    sim.create_guild("elsewhere");
    let guild = gateway.event("GUILD_CREATE").await;
    assert_eq!(members(&guild), (vec!["bot"], 2));
}

#[tokio::test]
async fn ready_names_another_address_than_the_front_door_and_the_journal_tells_who_came_where() {
    let sim = Sim::start(SimConfig::default()).await;
    let (first, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    drop(first);
    let (_, front) = call(&sim, Method::GET, "/gateway/bot", &Value::Null).await;
    let front = front["url"].as_str().unwrap();
    let resume = ready["d"]["resume_gateway_url"].as_str().unwrap();
    assert_ne!(front, resume);
    // With a slash before the query, and without one.
    for address in [format!("{resume}/?v=10"), format!("{resume}?v=10")] {
        let (mut gateway, _) = Gateway::open_url(&address).await;
        gateway.resume(&sim, &ready, &guild).await;
        assert_eq!(gateway.next().await.unwrap()["t"], "RESUMED");
    }
    assert_eq!(
        sim.entrances(),
        [Entrance::Front, Entrance::Resume, Entrance::Resume]
    );
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
    let (mut gateway, ..) = Gateway::identified(&sim, 1 | 512).await;
    let general = sim.channel("general");
    sim.user("member").says("secret").in_(general).await;
    sim.user("member").says("@bot hello").in_(general).await;
    let mention = format!("<@{}> hello", sim.bot_id());
    assert_eq!(gateway.event("MESSAGE_CREATE").await["d"]["content"], "");
    let said = gateway.event("MESSAGE_CREATE").await;
    assert_eq!(said["d"]["content"], mention);
    assert_eq!(said["d"]["mentions"][0]["id"], sim.bot_id().to_string());
}

/// What a message shows of what was put into it: its text, and how many embeds, files and components.
fn texts(message: &Value) -> (&str, [usize; 3]) {
    let count = |list: &str| message[list].as_array().unwrap().len();
    let text = message["content"].as_str().unwrap();
    (text, ["embeds", "attachments", "components"].map(count))
}

#[tokio::test]
async fn a_message_that_is_replied_to_is_read_in_its_own_right() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, 1 | 512).await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let secret = member.says("secret").with_file("a", "a").in_(general).await;
    gateway.event("MESSAGE_CREATE").await;
    member.replies_to(secret, "@bot look").await;
    let heard = gateway.event("MESSAGE_CREATE").await["d"].clone();
    let mention = format!("<@{}> look", sim.bot_id());
    assert_eq!(texts(&heard), (mention.as_str(), [0, 0, 0]));
    assert_eq!(texts(&heard["referenced_message"]), ("", [0, 0, 0]));

    let said = heard["id"].as_str().unwrap().parse().unwrap();
    let said = MessageRef {
        channel: general,
        id: said,
    };
    member.replies_to(said, "a word among people").await;
    let heard = gateway.event("MESSAGE_CREATE").await["d"].clone();
    assert_eq!(texts(&heard), ("", [0, 0, 0]));
    assert_eq!(texts(&heard["referenced_message"]).0, mention);
}

#[tokio::test]
async fn without_the_switch_of_the_portal_messages_are_read_back_without_texts_too() {
    for is_on in [true, false] {
        let mut config = SimConfig::default();
        if !is_on {
            config.portal_intents.remove(&PortalIntent::MessageContent);
        }
        let sim = Sim::start(config).await;
        let general = sim.channel("general");
        let member = sim.user("member");
        let own = post(&sim, general, "own").await;
        let said = member.says("said").with_file("a", "a").in_(general).await;
        member
            .says("@bot asked")
            .with_file("a", "a")
            .in_(general)
            .await;
        member.replies_to(said, "replied").await;
        let dm = member.says("direct").with_file("a", "a").in_dm().await;

        let list = format!("/channels/{general}/messages");
        let (_, list) = call(&sim, Method::GET, &list, &Value::Null).await;
        let read: Vec<_> = list.as_array().unwrap().iter().rev().map(texts).collect();
        let asked = format!("<@{}> asked", sim.bot_id());
        let shown = |text: &'static str, files| {
            if is_on {
                (text, [0, files, 0])
            } else {
                ("", [0; 3])
            }
        };
        let expected = [
            ("own", [0, 0, 0]),
            shown("said", 1),
            (asked.as_str(), [0, 1, 0]),
            shown("replied", 0),
        ];
        assert_eq!(read, expected, "{is_on}");
        assert_eq!(texts(&list[0]["referenced_message"]), shown("said", 1));

        let get = async |channel, id: &str| {
            let path = format!("/channels/{channel}/messages/{id}");
            call(&sim, Method::GET, &path, &Value::Null).await.1
        };
        let one = get(general, &said.id.to_string()).await;
        assert_eq!(texts(&one), shown("said", 1));
        let one = get(general, own["id"].as_str().unwrap()).await;
        assert_eq!(texts(&one), ("own", [0, 0, 0]));
        let one = get(dm.channel, &dm.id.to_string()).await;
        assert_eq!(texts(&one), ("direct", [0, 1, 0]));
    }
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
