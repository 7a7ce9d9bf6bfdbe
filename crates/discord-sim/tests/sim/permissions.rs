//! Who may do what where, and what a refusal looks like.

use discord_sim::{Permission, PortalIntent, Sim, SimConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, post};

use Permission::{
    AddReactions, AttachFiles, CreatePrivateThreads, CreatePublicThreads, ManageChannels,
    ManageMessages, ManageThreads, ReadMessageHistory, SendMessages, SendMessagesInThreads,
    ViewChannel,
};

const NOTHING: [Permission; 0] = [];

#[tokio::test]
async fn overwrites_apply_in_discords_order_and_the_owner_is_above_them() {
    let sim = Sim::start(SimConfig::default()).await;
    let (general, member) = (sim.channel("general"), sim.user("member").id());
    let may = |user| {
        let held = sim.permissions(user, general);
        (held.contains(ViewChannel), held.contains(SendMessages))
    };
    assert_eq!(may(member), (true, true));
    sim.overwrite(
        general,
        Sim::everyone_in(sim.guild_id()),
        NOTHING,
        [ViewChannel],
    );
    assert_eq!(may(member), (false, false));
    sim.overwrite(general, sim.role("member"), [ViewChannel], [SendMessages]);
    assert_eq!(may(member), (true, false));
    let quiet = sim.user("member").with_role("talker").id();
    sim.overwrite(general, sim.role("talker"), [SendMessages], NOTHING);
    assert_eq!(
        may(quiet),
        (true, true),
        "of several roles, what one allows holds"
    );
    sim.overwrite(general, member, NOTHING, [SendMessages]);
    assert_eq!(may(member), (true, false));
    assert_eq!(may(sim.user("owner").id()), (true, true));
    sim.set_role_permissions(sim.role("talker"), [Permission::Administrator]);
    assert_eq!(may(member), (true, true));
    sim.remove_overwrite(general, member);
    assert_eq!(may(sim.user("guest").id()), (false, false));
}

#[tokio::test]
async fn who_may_not_send_may_not_attach_or_ping_either() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "talk");
    sim.deny(general, [SendMessages]);
    let held = |channel| {
        let held = sim.permissions(sim.bot_id(), channel);
        (
            held.contains(AttachFiles),
            held.contains(Permission::MentionEveryone),
        )
    };
    assert_eq!(held(general), (false, false));
    assert_eq!(
        held(thread),
        (true, true),
        "a thread asks for SEND_MESSAGES_IN_THREADS"
    );
}

#[tokio::test]
async fn a_client_can_compute_the_bots_permissions_from_what_it_is_told() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    sim.deny(general, [AddReactions]);
    let (_gateway, _, guild) = Gateway::identified(&sim, INTENTS).await;
    let guild = &guild["d"];
    let path = format!("/guilds/{}", sim.guild_id());
    let (_, roles) = call(&sim, Method::GET, &format!("{path}/roles"), &Value::Null).await;
    assert_eq!(guild["roles"], roles);
    let (_, channels) = call(&sim, Method::GET, &format!("{path}/channels"), &Value::Null).await;
    assert_eq!(guild["channels"], channels);
    let member = format!("{path}/members/{}", sim.bot_id());
    let (_, me) = call(&sim, Method::GET, &member, &Value::Null).await;
    let bits = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let mine = roles.as_array().unwrap().iter().filter(|role| {
        role["id"] == guild["id"] || me["roles"].as_array().unwrap().contains(&role["id"])
    });
    let base = mine.fold(0, |sum, role| sum | bits(&role["permissions"]));
    let listed = channels.as_array().unwrap().iter();
    let here = listed
        .clone()
        .find(|channel| channel["id"] == json!(general));
    let overwrite = &here.unwrap()["permission_overwrites"][0];
    assert_eq!(overwrite["id"], json!(sim.bot_id()));
    let computed = base & !bits(&overwrite["deny"]);
    assert_eq!(computed, sim.permissions(sim.bot_id(), general).bits());
    assert_eq!(base & !computed, AddReactions.bit());
}

/// What is taken away, what the bot then tries (with `C` for the channel, `T` for a thread in it and
/// `M` for a message of somebody else), and the error code that it gets.
const REFUSALS: &[(Permission, &str, &str, u64)] = &[
    (ViewChannel, "GET /channels/C", "", 50_001),
    (ViewChannel, "POST /channels/C/messages", TEXT, 50_001),
    (SendMessages, "POST /channels/C/messages", TEXT, 50_013),
    (SendMessages, "POST /channels/C/typing", "", 50_013),
    (
        SendMessagesInThreads,
        "POST /channels/T/messages",
        TEXT,
        50_013,
    ),
    (
        ReadMessageHistory,
        "POST /channels/C/messages",
        REPLY,
        160_002,
    ),
    (ReadMessageHistory, "GET /channels/C/messages/M", "", 50_013),
    (ManageMessages, "DELETE /channels/C/messages/M", "", 50_013),
    (
        ManageMessages,
        "DELETE /channels/C/messages/M/reactions",
        "",
        50_013,
    ),
    (
        AddReactions,
        "PUT /channels/C/messages/M/reactions/%F0%9F%91%80/@me",
        "",
        50_013,
    ),
    (
        CreatePublicThreads,
        "POST /channels/C/messages/M/threads",
        THREAD,
        50_013,
    ),
    (
        CreatePublicThreads,
        "POST /channels/C/threads",
        PUBLIC_THREAD,
        50_013,
    ),
    (
        CreatePrivateThreads,
        "POST /channels/C/threads",
        THREAD,
        50_013,
    ),
    (ManageThreads, "PATCH /channels/T", THREAD, 50_013),
    (ManageThreads, "DELETE /channels/T", "", 50_013),
    (ManageChannels, "PATCH /channels/C", THREAD, 50_013),
    (ManageChannels, "DELETE /channels/C", "", 50_013),
];
const TEXT: &str = r#"{"content": "x", "nonce": "n", "enforce_nonce": true}"#;
const REPLY: &str = r#"{"content": "x", "nonce": "n", "enforce_nonce": true,
    "message_reference": {"message_id": "M"}}"#;
const THREAD: &str = r#"{"name": "t"}"#;
const PUBLIC_THREAD: &str = r#"{"name": "t", "type": 11}"#;

#[tokio::test]
async fn what_permissions_forbid_is_refused_as_discord_refuses_it() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let theirs = sim.user("member").says("hi").in_(general).await.id;
    let thread = sim.create_thread_in(general, "talk");
    let fill = |text: &str| {
        text.replace("/C", &format!("/{general}"))
            .replace("/T", &format!("/{thread}"))
            .replace("/M", &format!("/{theirs}"))
            .replace("\"M\"", &format!("\"{theirs}\""))
    };
    for (denied, request, body, code) in REFUSALS {
        sim.deny(general, [*denied]);
        let (method, path) = request.split_once(' ').unwrap();
        let body = serde_json::from_str(&fill(body)).unwrap_or(Value::Null);
        let method = method.parse::<Method>().unwrap();
        let (status, answer) = call(&sim, method, &fill(path), &body).await;
        let told = (status, answer["code"].as_u64());
        assert_eq!(told, (403, Some(*code)), "without {denied:?}: {request}");
    }
    sim.assert_clean();
}

#[tokio::test]
async fn roles_are_made_given_and_taken_only_below_the_bots_own() {
    let sim = Sim::start(SimConfig::default()).await;
    let (guild, member) = (sim.guild_id(), sim.user("member").id());
    let roles = format!("/guilds/{guild}/roles");
    let new = json!({"name": "made", "permissions": "1024", "mentionable": true});
    let (status, refused) = call(&sim, Method::POST, &roles, &new).await;
    assert_eq!((status, &refused["code"]), (403, &json!(50_013)));

    let held = Permission::ALL
        .iter()
        .copied()
        .filter(|p| *p != Permission::Administrator);
    sim.set_role_permissions(sim.bot_role(), held.collect::<discord_sim::Permissions>());
    let (status, made) = call(&sim, Method::POST, &roles, &new).await;
    assert_eq!((status, &made["permissions"]), (200, &json!("1024")));
    let made = made["id"].as_str().unwrap();
    let given = format!("/guilds/{guild}/members/{member}/roles/{made}");
    let path = format!("/guilds/{guild}/members/{member}");
    for (method, has) in [(Method::PUT, true), (Method::DELETE, false)] {
        assert_eq!(call(&sim, method, &given, &Value::Null).await.0, 204);
        let (_, member) = call(&sim, Method::GET, &path, &Value::Null).await;
        assert_eq!(
            member["roles"].as_array().unwrap().contains(&json!(made)),
            has
        );
    }
    let all = json!({"permissions": "8"});
    let own = format!("{roles}/{}", sim.bot_role());
    let above = [
        (Method::PATCH, format!("{roles}/{made}"), all, 50_013),
        (Method::PATCH, own.clone(), json!({"name": "x"}), 50_013),
        (Method::DELETE, own, Value::Null, 50_013),
    ];
    for (method, path, body, code) in above {
        let (status, answer) = call(&sim, method, &path, &body).await;
        assert_eq!((status, &answer["code"]), (403, &json!(code)), "{path}");
    }
    let gone = format!("{roles}/{made}");
    assert_eq!(call(&sim, Method::DELETE, &gone, &Value::Null).await.0, 204);
    assert_eq!(
        call(&sim, Method::GET, &gone, &Value::Null).await.1["code"],
        10_011
    );
}

#[tokio::test]
async fn overwrites_are_set_and_removed_over_rest_and_told() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let general = sim.channel("general");
    let path = format!("/channels/{general}/permissions/{}", sim.role("member"));
    let body = json!({"type": 0, "allow": "0", "deny": "2048"});
    let (status, refused) = call(&sim, Method::PUT, &path, &body).await;
    assert_eq!((status, &refused["code"]), (403, &json!(50_013)));
    sim.overwrite(general, sim.bot_id(), [Permission::ManageRoles], NOTHING);
    gateway.event("CHANNEL_UPDATE").await;
    assert_eq!(call(&sim, Method::PUT, &path, &body).await.0, 204);
    let told = gateway.event("CHANNEL_UPDATE").await["d"]["permission_overwrites"].clone();
    assert_eq!(
        told[1],
        json!({"id": sim.role("member"), "type": 0, "allow": "0", "deny": "2048"})
    );
    assert_eq!(call(&sim, Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(
        call(&sim, Method::DELETE, &path, &Value::Null).await.1["code"],
        10_009
    );
}

#[tokio::test]
async fn a_channel_that_comes_into_sight_tells_its_threads() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "talk");
    sim.deny(general, [ViewChannel]);
    let (mut gateway, _, guild) = Gateway::identified(&sim, INTENTS).await;
    assert_eq!(guild["d"]["channels"][0]["id"], json!(general));
    assert_eq!(guild["d"]["threads"], json!([]));
    sim.user("member").says("unseen").in_(general).await;
    sim.deny(general, []);
    let told = gateway.event("THREAD_LIST_SYNC").await["d"].clone();
    assert_eq!(told["threads"][0]["id"], json!(thread));
    assert_eq!(told["channel_ids"], json!([general]));
    sim.user("member").says("seen").in_(general).await;
    assert_eq!(
        gateway.event("MESSAGE_CREATE").await["d"]["content"],
        "seen"
    );
    post(&sim, general, "yes").await;
}

#[tokio::test]
async fn an_intent_that_the_portal_does_not_grant_is_not_in_the_flags_and_closes_with_4014() {
    let sim = Sim::start(SimConfig {
        portal_intents: [PortalIntent::GuildMembers].into(),
        ..SimConfig::default()
    })
    .await;
    let (_, application) = call(&sim, Method::GET, "/applications/@me", &Value::Null).await;
    assert_eq!(application["flags"], json!(1 << 15));
    let (mut gateway, _) = Gateway::open(&sim).await;
    gateway.identify(&sim, &json!({})).await;
    assert_eq!(gateway.next().await, Err(Some(4_014)));
}
