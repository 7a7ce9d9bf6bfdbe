//! Pins, deletions, reactions, edits, DMs and pings.

use std::time::Duration;

use discord_sim::{Permission, Permissions, Sim, SimConfig, ViolationKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, post, refused};
use crate::scene::sim;

#[tokio::test]
async fn messages_are_pinned_listed_and_unpinned() {
    let sim = sim().await;
    let general = sim.channel("general");
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let first = sim.user("member").says("first").in_(general).await;
    let second = sim.user("member").says("second").in_(general).await;
    let pins = format!("/channels/{general}/messages/pins");
    for message in [first, second] {
        sim.advance(Duration::from_secs(1));
        let path = format!("{pins}/{}", message.id);
        assert_eq!(call(&sim, Method::PUT, &path, &Value::Null).await.0, 204);
    }
    assert_eq!(
        gateway.event("CHANNEL_PINS_UPDATE").await["d"]["channel_id"],
        json!(general)
    );
    let page = format!("{pins}?limit=1");
    let (_, page) = call(&sim, Method::GET, &page, &Value::Null).await;
    assert_eq!(
        (&page["has_more"], &page["items"][0]["message"]["content"]),
        (&json!(true), &json!("second"))
    );
    let before = page["items"][0]["pinned_at"]
        .as_str()
        .unwrap()
        .replace('+', "%2B");
    let next = format!("{pins}?before={before}");
    let (_, page) = call(&sim, Method::GET, &next, &Value::Null).await;
    assert_eq!(
        (&page["has_more"], &page["items"][0]["message"]["content"]),
        (&json!(false), &json!("first"))
    );
    let path = format!("{pins}/{}", first.id);
    assert_eq!(call(&sim, Method::DELETE, &path, &Value::Null).await.0, 204);
    let old = format!("/channels/{general}/pins");
    let (_, pinned) = call(&sim, Method::GET, &old, &Value::Null).await;
    assert_eq!(pinned.as_array().unwrap().len(), 1);
    assert_eq!(
        sim.transcript(general),
        "member: first\nmember: second\n* bot pinned a message\n* bot pinned a message\n"
    );
    sim.deny(general, [Permission::PinMessages]);
    assert_eq!(
        refused(&sim, "PUT", &path, Value::Null).await,
        (403, 50_013)
    );
}

#[tokio::test]
async fn a_channel_has_room_for_250_pins() {
    let sim = sim().await;
    let general = sim.channel("general");
    let owner = sim.user("owner");
    for number in 0..250 {
        owner.pins(owner.says(number.to_string()).in_(general).await);
    }
    let more = owner.says("more").in_(general).await;
    let path = format!("/channels/{general}/messages/pins/{}", more.id);
    assert_eq!(
        refused(&sim, "PUT", &path, Value::Null).await,
        (400, 30_003)
    );
}

#[tokio::test]
async fn two_to_a_hundred_messages_of_two_weeks_are_deleted_at_once() {
    let sim = sim().await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let old = member.says("old").in_(general).await;
    sim.advance(Duration::from_hours(14 * 24 + 1));
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let one = member.says("one").in_(general).await;
    let two = member.says("two").in_(general).await;
    let path = format!("/channels/{general}/messages/bulk-delete");
    let body = |ids: &[String]| json!({"messages": ids});
    let ids = [one.id.to_string(), two.id.to_string()];
    for wrong in [body(&ids[..1]), body(&vec![ids[0].clone(); 101])] {
        assert_eq!(refused(&sim, "POST", &path, wrong).await, (400, 50_035));
    }
    let aged = body(&[ids[0].clone(), old.id.to_string()]);
    assert_eq!(refused(&sim, "POST", &path, aged).await, (400, 50_034));
    assert_eq!(call(&sim, Method::POST, &path, &body(&ids)).await.0, 204);
    assert_eq!(
        gateway.event("MESSAGE_DELETE_BULK").await["d"]["ids"],
        json!(ids)
    );
    assert_eq!(sim.transcript(general), "member: old\n");
}

#[tokio::test]
async fn reactions_are_listed_and_taken_from_one_or_all() {
    let sim = sim().await;
    let general = sim.channel("general");
    let said = sim.user("member").says("hi").in_(general).await;
    for name in ["owner", "guest"] {
        sim.user(name).reacts(said, "👀").await;
        sim.user(name).reacts(said, "🎉").await;
    }
    let path = format!("/channels/{general}/messages/{}/reactions", said.id);
    let eyes = format!("{path}/%F0%9F%91%80");
    let names = async |query: &str| {
        let (_, users) = call(&sim, Method::GET, &format!("{eyes}{query}"), &Value::Null).await;
        let users = users.as_array().unwrap().clone();
        users
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["owner", "guest"]);
    assert_eq!(
        names(&format!("?after={}&limit=1", sim.user("owner").id())).await,
        ["guest"]
    );
    let one = format!("{eyes}/{}", sim.user("owner").id());
    assert_eq!(call(&sim, Method::DELETE, &one, &Value::Null).await.0, 204);
    assert_eq!(names("").await, ["guest"]);
    assert_eq!(call(&sim, Method::DELETE, &eyes, &Value::Null).await.0, 204);
    assert_eq!(
        refused(&sim, "DELETE", &eyes, Value::Null).await,
        (400, 10_014)
    );
    assert_eq!(
        sim.transcript(general),
        "member: hi\n  [🎉 by owner and guest]\n"
    );
    for number in 0..19 {
        sim.user("owner").reacts(said, &format!("e{number}")).await;
    }
    let more = format!("{path}/%F0%9F%94%A5/@me");
    assert_eq!(
        refused(&sim, "PUT", &more, Value::Null).await,
        (400, 30_010)
    );
}

#[tokio::test]
async fn a_message_older_than_an_hour_can_be_edited_only_a_few_times() {
    let sim = sim().await;
    let general = sim.channel("general");
    let id = post(&sim, general, "status").await["id"].clone();
    let path = format!("/channels/{general}/messages/{}", id.as_str().unwrap());
    let edit = json!({"content": "x"});
    for _ in 0..20 {
        assert_eq!(call(&sim, Method::PATCH, &path, &edit).await.0, 200);
    }
    sim.advance(Duration::from_mins(61));
    for _ in 0..5 {
        assert_eq!(call(&sim, Method::PATCH, &path, &edit).await.0, 200);
    }
    assert_eq!(refused(&sim, "PATCH", &path, edit).await, (429, 30_046));
}

#[tokio::test]
async fn a_message_that_asks_for_no_previews_has_none_until_an_edit_says_otherwise() {
    let sim = sim().await;
    let general = sim.channel("general");
    let seen = |sim: &Sim| sim.messages(general).pop().unwrap().without_previews;
    let messages = format!("/channels/{general}/messages");
    let body = json!({"content": "x", "flags": 4, "nonce": "n", "enforce_nonce": true});
    let (_, message) = call(&sim, Method::POST, &messages, &body).await;
    assert_eq!(message["flags"], json!(4));
    assert!(seen(&sim));
    let path = format!("{messages}/{}", message["id"].as_str().unwrap());
    call(&sim, Method::PATCH, &path, &json!({"content": "y"})).await;
    assert!(seen(&sim), "it was not named");
    call(&sim, Method::PATCH, &path, &json!({"flags": 0})).await;
    assert!(!seen(&sim));
}

#[tokio::test]
async fn an_edit_keeps_what_it_does_not_name_and_cannot_empty_a_message() {
    let sim = sim().await;
    let general = sim.channel("general");
    let body =
        json!({"content": "x", "embeds": [{"title": "t"}], "nonce": "n", "enforce_nonce": true});
    let messages = format!("/channels/{general}/messages");
    let (_, message) = call(&sim, Method::POST, &messages, &body).await;
    let path = format!("{messages}/{}", message["id"].as_str().unwrap());
    let (_, edited) = call(&sim, Method::PATCH, &path, &json!({"flags": 4})).await;
    assert_eq!(
        (&edited["content"], &edited["flags"]),
        (&json!("x"), &json!(4))
    );
    call(&sim, Method::PATCH, &path, &json!({"content": ""})).await;
    assert_eq!(
        refused(&sim, "PATCH", &path, json!({"embeds": []})).await,
        (400, 50_006)
    );
    let theirs = sim
        .user("member")
        .says("look https://example.org")
        .in_(general)
        .await;
    let path = format!("{messages}/{}", theirs.id);
    assert_eq!(
        call(&sim, Method::PATCH, &path, &json!({"flags": 4}))
            .await
            .0,
        200
    );
    assert_eq!(
        refused(&sim, "PATCH", &path, json!({"content": "y"})).await,
        (403, 50_005)
    );
}

#[tokio::test]
async fn a_dm_is_between_the_bot_and_one_person_and_has_text_without_the_intent() {
    let sim = sim().await;
    let (mut gateway, ..) = Gateway::identified(&sim, 1 | 4_096).await;
    let member = sim.user("member");
    let said = member.says("psst").in_dm().await;
    let told = gateway.event("MESSAGE_CREATE").await["d"].clone();
    assert_eq!(
        (&told["content"], told.get("guild_id")),
        (&json!("psst"), None)
    );
    let open = json!({"recipient_id": member.id()});
    let (_, dm) = call(&sim, Method::POST, "/users/@me/channels", &open).await;
    assert_eq!((&dm["id"], &dm["type"]), (&json!(said.channel), &json!(1)));
    assert_eq!(dm["recipients"][0]["username"], "member");
    post(&sim, said.channel, "what?").await;
    assert_eq!(sim.transcript(said.channel), "member: psst\nbot: what?\n");
    let nobody = json!({"recipient_id": "7"});
    assert_eq!(
        refused(&sim, "POST", "/users/@me/channels", nobody).await,
        (404, 10_013)
    );
    let threads = format!("/channels/{}/threads", said.channel);
    let none = json!({"name": "t"});
    assert_eq!(refused(&sim, "POST", &threads, none).await, (403, 50_013));
}

#[tokio::test]
async fn the_bot_pings_only_whom_the_person_that_it_answers_could_ping() {
    let sim = sim().await;
    let general = sim.channel("general");
    let (crew, open) = (sim.role("crew"), sim.role("open"));
    sim.make_mentionable(open);
    let guest = sim.user("guest").id();
    let path = format!("/channels/{general}/messages");
    let answer = async |to: &str, text: String| {
        let asked = sim.user(to).says("@bot ping").in_(general).await;
        let body = json!({"content": text, "nonce": format!("n{}", sim.journal().len()), "enforce_nonce": true,
            "message_reference": {"message_id": asked.id}});
        assert_eq!(call(&sim, Method::POST, &path, &body).await.0, 200);
        !sim.take_violations().is_empty()
    };
    assert!(!answer("member", format!("<@{guest}>")).await);
    assert!(!answer("member", format!("<@&{open}>")).await);
    assert!(answer("member", format!("<@&{crew}>")).await);
    assert!(answer("member", "@everyone".to_owned()).await);
    assert!(!answer("owner", format!("@everyone <@&{crew}>!")).await);
    post(&sim, general, &format!("<@{guest}> @everyone")).await;
    sim.assert_clean();
    let loud = json!({"content": format!("<@{guest}>"), "nonce": "z", "enforce_nonce": true});
    call(&sim, Method::POST, &path, &loud).await;
    let kinds: Vec<ViolationKind> = sim.take_violations().iter().map(|v| v.kind).collect();
    assert_eq!(
        kinds,
        [ViolationKind::Ping],
        "a message that answers nobody pings nobody"
    );
    let own = Permissions::from([Permission::ViewChannel, Permission::SendMessages]);
    sim.set_role_permissions(sim.bot_role(), own);
    let body = json!({"content": "@everyone", "nonce": "y", "enforce_nonce": true});
    let (_, quiet) = call(&sim, Method::POST, &path, &body).await;
    assert_eq!(
        quiet["mention_everyone"], false,
        "who may not ping all does not"
    );
}

#[tokio::test]
async fn who_takes_no_direct_messages_gets_none_until_he_does_again() {
    let sim = sim().await;
    let member = sim.user("member");
    let path = format!("/channels/{}/messages", member.direct_channel());
    let message = json!({"content": "psst", "nonce": "1", "enforce_nonce": true,
        "allowed_mentions": {"parse": []}});
    member.closes_direct_messages();
    let (status, body) = call(&sim, Method::POST, &path, &message).await;
    assert_eq!((status, &body["code"]), (403, &json!(50_007)));
    member.opens_direct_messages();
    assert_eq!(call(&sim, Method::POST, &path, &message).await.0, 200);
}

#[tokio::test]
async fn what_is_all_components_stays_so_whatever_flags_an_edit_names() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let path = format!("/channels/{general}/messages");
    let mut body = json!({"flags": 32_768, "components": [{"type": 10, "content": "x"}]});
    body["nonce"] = json!("n");
    body["enforce_nonce"] = json!(true);
    let (status, message) = call(&sim, Method::POST, &path, &body).await;
    assert_eq!((status, &message["flags"]), (200, &json!(32_768)));
    let path = format!("{path}/{}", message["id"].as_str().unwrap());
    for (flags, then) in [(0, 32_768), (4, 32_772), (0, 32_768)] {
        let change = json!({"flags": flags});
        let (status, message) = call(&sim, Method::PATCH, &path, &change).await;
        assert_eq!((status, &message["flags"]), (200, &json!(then)));
    }
    let with_text = json!({"flags": 0, "content": "text"});
    assert_eq!(
        refused(&sim, "PATCH", &path, with_text).await,
        (400, 50_035)
    );
}

#[tokio::test]
async fn a_nonce_is_its_authors_wherever_he_writes_and_for_some_minutes() {
    let sim = sim().await;
    let (general, project) = (sim.channel("general"), sim.channel("project"));
    let send = async |channel| {
        let path = format!("/channels/{channel}/messages");
        let body = json!({"content": "x", "nonce": "n", "enforce_nonce": true});
        call(&sim, Method::POST, &path, &body).await.1
    };
    let first = send(general).await;
    let again = send(project).await;
    assert_eq!(
        (&again["id"], &again["channel_id"]),
        (&first["id"], &json!(general))
    );
    assert!(sim.messages(project).is_empty());
    sim.advance(Duration::from_mins(6));
    let later = send(project).await;
    assert_ne!(later["id"], first["id"]);
    assert_eq!(sim.messages(project).len(), 1);
}

#[tokio::test]
async fn who_stands_in_a_text_display_is_notified_as_by_a_text() {
    let sim = Sim::start(SimConfig::default()).await;
    let (general, guest) = (sim.channel("general"), sim.user("guest").id());
    let text = |text: &str| json!([{"type": 17, "components": [{"type": 10, "content": text}]}]);
    let mut body = json!({"flags": 32_768, "components": text(&format!("<@{guest}>"))});
    body["nonce"] = json!("n");
    body["enforce_nonce"] = json!(true);
    let path = format!("/channels/{general}/messages");
    let (_, message) = call(&sim, Method::POST, &path, &body).await;
    assert_eq!(message["mentions"][0]["id"], json!(guest));
    let kinds: Vec<_> = sim.take_violations().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [ViolationKind::Ping], "it answers nobody");
    let path = format!("{path}/{}", message["id"].as_str().unwrap());
    let quiet =
        json!({"components": text(&format!("<@{guest}>")), "allowed_mentions": {"parse": []}});
    let (_, message) = call(&sim, Method::PATCH, &path, &quiet).await;
    assert_eq!(message["mentions"], json!([]));
    sim.assert_clean();
}
