//! Threads: private ones, members, archives, forums, announcements.

use std::time::Duration;

use discord_sim::{ChannelKind, Permission, ThreadState};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, post, refused};
use crate::scene::sim;

#[tokio::test]
async fn a_private_thread_is_seen_by_its_members_and_by_moderators() {
    let sim = sim().await;
    let general = sim.channel("general");
    sim.deny(general, [Permission::ManageThreads]);
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let member = sim.user("member");
    let thread = member.creates_thread("secret").in_(general).private().await;
    let path = format!("/channels/{thread}");
    let sees = |user| !sim.permissions(user, thread).is_empty();
    let view = |names: [&str; 3]| names.map(|name| sees(sim.user(name).id()));
    assert_eq!(view(["owner", "member", "guest"]), [true, true, false]);
    assert_eq!(
        refused(&sim, "GET", &path, Value::Null).await,
        (403, 50_001)
    );

    member.says("@bot come in").in_(thread).await;
    let told = gateway.event("THREAD_CREATE").await["d"].clone();
    assert_eq!(
        (&told["type"], &told["member"]["user_id"]),
        (&json!(12), &json!(sim.bot_id()))
    );
    assert_eq!(told["thread_metadata"]["invitable"], true);
    let said = gateway.event("MESSAGE_CREATE").await;
    assert_eq!(said["d"]["channel_id"], json!(thread));
    assert_eq!(call(&sim, Method::GET, &path, &Value::Null).await.0, 200);
    member.removes_from_thread(thread, sim.bot_id());
    let told = gateway.event("THREAD_MEMBERS_UPDATE").await["d"].clone();
    assert_eq!(told["removed_member_ids"], json!([sim.bot_id()]));
    assert_eq!(
        refused(&sim, "GET", &path, Value::Null).await,
        (403, 50_001)
    );
}

#[tokio::test]
async fn members_join_leave_and_are_listed() {
    let sim = sim().await;
    let thread = sim.create_thread_in(sim.channel("general"), "talk");
    let guest = sim.user("guest").id();
    let members = format!("/channels/{thread}/thread-members");
    let one = format!("{members}/{guest}");
    let me = format!("{members}/@me");
    assert_eq!(refused(&sim, "GET", &one, Value::Null).await, (404, 10_007));
    for path in [&one, &me] {
        assert_eq!(call(&sim, Method::PUT, path, &Value::Null).await.0, 204);
    }
    let full = format!("{one}?with_member=true");
    let (_, member) = call(&sim, Method::GET, &full, &Value::Null).await;
    assert_eq!(member["member"]["user"]["username"], "guest");
    let (_, list) = call(&sim, Method::GET, &members, &Value::Null).await;
    assert_eq!(list.as_array().unwrap().len(), 3, "{list}");
    for path in [&one, &me] {
        assert_eq!(call(&sim, Method::DELETE, path, &Value::Null).await.0, 204);
    }
    let (_, list) = call(&sim, Method::GET, &members, &Value::Null).await;
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    sim.archive(thread);
    assert_eq!(refused(&sim, "PUT", &me, Value::Null).await, (400, 50_083));
}

#[tokio::test]
async fn a_session_without_the_members_intent_hears_only_of_itself() {
    let sim = sim().await;
    let thread = sim.create_thread_in(sim.channel("general"), "talk");
    let (mut gateway, ..) = Gateway::identified(&sim, 1).await;
    sim.user("guest").joins_thread(thread);
    sim.user("member").adds_to_thread(thread, sim.bot_id());
    let told = gateway.event("THREAD_MEMBERS_UPDATE").await["d"].clone();
    assert_eq!(told["added_members"][0]["user_id"], json!(sim.bot_id()));
    assert_eq!(told["member_count"], 3);
}

#[tokio::test]
async fn a_thread_in_which_nobody_writes_is_archived_and_opens_when_somebody_does() {
    let sim = sim().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let thread = member
        .creates_thread("short")
        .in_(general)
        .archived_after(60)
        .await;
    sim.advance(Duration::from_mins(59));
    member.says("still here").in_(thread).await;
    sim.advance(Duration::from_mins(59));
    assert_eq!(sim.thread_state(thread), Some(ThreadState::Open));
    sim.advance(Duration::from_mins(1));
    assert_eq!(sim.thread_state(thread), Some(ThreadState::Archived));
    let told = gateway.event("THREAD_UPDATE").await["d"].clone();
    assert_eq!(told["thread_metadata"]["archived"], true);
    member.says("again").in_(thread).await;
    let told = gateway.event("THREAD_UPDATE").await["d"].clone();
    assert_eq!(told["thread_metadata"]["archived"], false);
}

#[tokio::test]
async fn what_an_archived_or_locked_thread_refuses() {
    let sim = sim().await;
    let thread = sim.create_thread_in(sim.channel("general"), "talk");
    let own = post(&sim, thread, "mine").await["id"].clone();
    let own = own.as_str().unwrap();
    let here = format!("/channels/{thread}");
    let message = format!("{here}/messages/{own}");
    sim.archive(thread);
    let text = json!({"content": "x", "nonce": "1", "enforce_nonce": true});
    for (method, path, body) in [
        ("PATCH", message.clone(), json!({"content": "x"})),
        ("DELETE", message.clone(), Value::Null),
        (
            "PUT",
            format!("{message}/reactions/%F0%9F%91%80/@me"),
            Value::Null,
        ),
        ("PUT", format!("{here}/messages/pins/{own}"), Value::Null),
        ("PATCH", here.clone(), json!({"name": "other"})),
    ] {
        assert_eq!(
            refused(&sim, method, &path, body).await,
            (400, 50_083),
            "{path}"
        );
    }
    let open = json!({"archived": false, "name": "other"});
    assert_eq!(call(&sim, Method::PATCH, &here, &open).await.0, 200);
    sim.lock(thread);
    sim.deny(thread, [Permission::ManageThreads]);
    let messages = format!("{here}/messages");
    assert_eq!(
        refused(&sim, "POST", &messages, text.clone()).await,
        (400, 160_005)
    );
    sim.archive(thread);
    assert_eq!(refused(&sim, "POST", &messages, text).await, (400, 50_083));
    assert_eq!(
        refused(&sim, "PATCH", &here, json!({"archived": false})).await,
        (403, 50_013)
    );
}

#[tokio::test]
async fn archived_threads_are_listed_by_when_they_were_archived() {
    let sim = sim().await;
    let general = sim.channel("general");
    let owner = sim.user("owner");
    let mut threads = Vec::new();
    for (name, private) in [("a", false), ("b", false), ("c", true), ("d", true)] {
        let start = owner.creates_thread(name).in_(general);
        let thread = if private {
            start.private().await
        } else {
            start.await
        };
        threads.push(thread);
    }
    owner.adds_to_thread(threads[3], sim.bot_id());
    for thread in [threads[1], threads[0], threads[3], threads[2]] {
        sim.advance(Duration::from_secs(1));
        sim.archive(thread);
    }
    let list = async |path: String| {
        let (status, page) = call(&sim, Method::GET, &path, &Value::Null).await;
        assert_eq!(status, 200, "{page}");
        let names = page["threads"].as_array().unwrap().iter();
        let names: Vec<String> = names
            .map(|t| t["name"].as_str().unwrap().to_owned())
            .collect();
        (names.join(" "), page["has_more"] == true, page)
    };
    let archived = format!("/channels/{general}/threads/archived");
    let (names, more, page) = list(format!("{archived}/public")).await;
    assert_eq!((names.as_str(), more), ("a b", false));
    let newest = page["threads"][0]["thread_metadata"]["archive_timestamp"]
        .as_str()
        .unwrap();
    let before = newest.replace('+', "%2B");
    assert_eq!(
        list(format!("{archived}/public?before={before}")).await.0,
        "b"
    );
    assert_eq!(list(format!("{archived}/private?limit=2")).await.0, "c d");
    let joined = format!("/channels/{general}/users/@me/threads/archived/private");
    let (names, _, page) = list(joined).await;
    assert_eq!(
        (names.as_str(), &page["members"][0]["user_id"]),
        ("d", &json!(sim.bot_id()))
    );
    let active = format!("/guilds/{}/threads/active", sim.guild_id());
    assert_eq!(list(active.clone()).await.0, "");
    sim.unarchive(threads[0]);
    assert_eq!(list(active).await.0, "a");
    sim.deny(general, [Permission::ManageThreads]);
    let path = format!("{archived}/private");
    assert_eq!(
        refused(&sim, "GET", &path, Value::Null).await,
        (403, 50_013)
    );
}

#[tokio::test]
async fn a_forum_takes_posts_with_tags_and_no_messages() {
    let sim = sim().await;
    let (forum, tags) = sim.create_forum("help", &["bug", "idea"]);
    let threads = format!("/channels/{forum}/threads");
    let new =
        json!({"name": "It breaks", "message": {"content": "how?"}, "applied_tags": [tags[0]]});
    let (status, made) = call(&sim, Method::POST, &threads, &new).await;
    assert_eq!(
        (status, &made["type"], &made["applied_tags"]),
        (201, &json!(11), &json!([tags[0]]))
    );
    assert_eq!(
        (&made["message"]["id"], &made["message"]["content"]),
        (&made["id"], &json!("how?"))
    );
    assert_eq!(
        refused(&sim, "POST", &threads, json!({"name": "x"})).await,
        (400, 50_035)
    );
    let unknown = json!({"name": "x", "message": {"content": "y"}, "applied_tags": ["7"]});
    assert_eq!(
        refused(&sim, "POST", &threads, unknown).await,
        (404, 10_087)
    );
    let messages = format!("/channels/{forum}/messages");
    let text = json!({"content": "x", "nonce": "1", "enforce_nonce": true});
    assert_eq!(refused(&sim, "POST", &messages, text).await, (400, 50_008));
    let require = json!({"flags": 1 << 4});
    let path = format!("/channels/{forum}");
    let (_, changed) = call(&sim, Method::PATCH, &path, &require).await;
    assert_eq!(changed["available_tags"][1]["name"], "idea");
    let bare = json!({"name": "x", "message": {"content": "y"}});
    assert_eq!(refused(&sim, "POST", &threads, bare).await, (400, 40_067));
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let asked = sim
        .user("member")
        .posts_in(forum, "Help", "@bot please", &[tags[1]])
        .await;
    assert_eq!(
        gateway.event("THREAD_CREATE").await["d"]["parent_id"],
        json!(forum)
    );
    assert_eq!(
        gateway.event("MESSAGE_CREATE").await["d"]["id"],
        json!(asked.channel)
    );
}

#[tokio::test]
async fn a_thread_of_an_announcement_channel_is_an_announcement_thread() {
    let sim = sim().await;
    let news = sim.create_channel_of(sim.guild_id(), "news", ChannelKind::Announcement);
    let said = sim.user("owner").says("hear").in_(news).await;
    let path = format!("/channels/{news}/messages/{}/threads", said.id);
    let (status, made) = call(&sim, Method::POST, &path, &json!({"name": "why"})).await;
    assert_eq!((status, &made["type"]), (201, &json!(10)));
    let nested = format!("/channels/{}/threads", said.id);
    assert_eq!(
        refused(&sim, "POST", &nested, json!({"name": "x"})).await,
        (400, 50_024)
    );
}

#[tokio::test]
async fn a_guild_has_room_for_a_thousand_open_threads() {
    let sim = sim().await;
    let general = sim.channel("general");
    let first = sim.create_thread_in(general, "0");
    for number in 1..1_000 {
        sim.create_thread_in(general, &number.to_string());
    }
    let threads = format!("/channels/{general}/threads");
    let new = json!({"name": "x", "type": 11});
    assert_eq!(
        refused(&sim, "POST", &threads, new.clone()).await,
        (400, 160_006)
    );
    sim.archive(first);
    assert_eq!(call(&sim, Method::POST, &threads, &new).await.0, 201);
}

#[tokio::test]
async fn deleting_a_thread_is_told_and_its_message_stays() {
    let sim = sim().await;
    let general = sim.channel("general");
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let said = sim.user("member").says("hi").in_(general).await;
    let thread = sim.user("member").creates_thread("talk").from(said).await;
    let path = format!("/channels/{thread}");
    assert_eq!(call(&sim, Method::DELETE, &path, &Value::Null).await.0, 200);
    let told = gateway.event("THREAD_DELETE").await["d"].clone();
    let gone = json!({"id": thread, "guild_id": sim.guild_id(), "parent_id": general, "type": 11});
    assert_eq!(told, gone);
    assert_eq!(
        refused(&sim, "GET", &path, Value::Null).await,
        (404, 10_003)
    );
    assert_eq!(sim.messages(general).len(), 1);
    sim.assert_clean();
}

#[tokio::test]
async fn a_thread_takes_a_thousand_members_and_no_more() {
    let sim = sim().await;
    let thread = sim.create_thread_in(sim.channel("general"), "crowded");
    let list = format!("/channels/{thread}/thread-members");
    let (_, inside) = call(&sim, Method::GET, &list, &Value::Null).await;
    let before = inside.as_array().unwrap().len();
    let put = async |number: usize| {
        let user = sim.user(&format!("person-{number}")).id();
        let path = format!("/channels/{thread}/thread-members/{user}");
        call(&sim, Method::PUT, &path, &Value::Null).await
    };
    for number in before..1_000 {
        assert_eq!(put(number).await.0, 204, "{number}");
    }
    let (status, answer) = put(1_000).await;
    assert_eq!((status, &answer["code"]), (400, &json!(30_033)));
    // Who is in it already may be added again.
    assert_eq!(put(999).await.0, 204);
}
