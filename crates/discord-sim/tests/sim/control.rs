//! The control interface under `/_ctl`.

use std::time::Duration;

use discord_sim::{Fact, Permission, Sim, SimConfig, WorldView};
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, post};
use crate::scene::sim;

async fn control(sim: &Sim, path: &str, body: &Value) -> Value {
    let url = format!("{}/_ctl{path}", sim.base_url());
    let client = reqwest::Client::new();
    let request = if body.is_null() {
        client.get(url)
    } else {
        client.post(url).json(body)
    };
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[tokio::test]
async fn people_act_and_the_channel_is_read_back_over_http() {
    let sim = Sim::start(SimConfig::default()).await;
    control(&sim, "/channels", &json!({"name": "new"})).await;
    control(
        &sim,
        "/users",
        &json!({"name": "ann", "roles": ["reviewer"]}),
    )
    .await;
    let say = json!({"user": "ann", "channel": "new", "content": "@bot hi"});
    let said = control(&sim, "/say", &say).await;
    let at =
        |with: &str| json!({"user": "ann", "channel": "new", "message": said["id"], "with": with});
    control(&sim, "/react", &at("🎉")).await;
    control(&sim, "/edit", &at("@bot hello")).await;
    let thread = json!({
        "user": "ann", "channel": "new", "name": "talk", "message": said["id"],
    });
    let made = control(&sim, "/threads", &thread).await;
    assert_eq!(made["id"], said["id"]);
    let transcript = control(&sim, "/transcript?channel=new", &Value::Null).await;
    assert_eq!(
        transcript,
        "ann: @bot hello (edited)\n  [🎉 by ann]\n  └ thread \"talk\"\n"
    );
    let messages = control(&sim, "/messages?channel=talk", &Value::Null).await;
    assert_eq!(messages[0]["kind"], "thread_starter");
    let journal = control(&sim, "/journal?since=0", &Value::Null).await;
    assert_eq!(journal[0]["fact"], "channel_changed");
    let violations = control(&sim, "/violations", &Value::Null).await;
    assert_eq!(violations, json!([]));
}

#[tokio::test]
async fn holds_faults_and_the_clock_are_steered_over_http() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let rule = json!({"route": "post_message", "channel": general, "containing": "x"});
    let hold = control(&sim, "/holds", &rule).await["hold"].clone();
    control(&sim, &format!("/holds/{hold}/release"), &json!({})).await;
    post(&sim, general, "x").await;
    let state = control(&sim, &format!("/holds/{hold}"), &Value::Null).await;
    assert_eq!(state, json!({"arrivals": 1}));
    let fault = json!({
        "rule": {"route": "post_message"},
        "fault": {"answer": {"status": 500}},
    });
    control(&sim, "/faults", &fault).await;
    let path = format!("/channels/{general}/messages");
    let url = format!("{}/api/v10{path}", sim.base_url());
    let broken = reqwest::Client::new()
        .post(url)
        .json(&json!({"content": "y"}));
    assert_eq!(broken.send().await.unwrap().status(), 500);
    let before = sim.clock().now_ms();
    control(&sim, "/clock/advance", &json!({"ms": 60_000})).await;
    assert!(sim.clock().now_ms() >= before + 60_000);
    control(&sim, "/gateway", &json!({"action": "refuse"})).await;
    let url = format!("{}/?v=10", sim.base_url().replacen("http", "ws", 1));
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
}

#[tokio::test]
async fn guilds_roles_permissions_and_places_change_over_http() {
    let sim = Sim::start(SimConfig::default()).await;
    let change = async |body: Value| control(&sim, "/change", &body).await;
    let place = async |body: Value| control(&sim, "/place", &body).await;
    let other = change(json!({"action": "create_guild", "name": "other"})).await["id"].clone();
    for action in ["break_guild", "mend_guild", "remove_bot", "add_bot"] {
        change(json!({"action": action, "guild": other})).await;
    }
    let member = sim.user("member").id();
    let crew = sim.role("crew");
    change(json!({"action": "give_role", "user": "member", "role": "crew"})).await;
    change(
        json!({"action": "role_permissions", "role": "crew", "permissions": ["MENTION_EVERYONE"]}),
    )
    .await;
    let general = sim.channel("general");
    assert!(
        sim.permissions(member, general)
            .contains(Permission::MentionEveryone)
    );
    let deny = json!({"action": "overwrite", "channel": "general", "holder": "crew", "deny": ["MENTION_EVERYONE"]});
    change(deny).await;
    assert!(
        !sim.permissions(member, general)
            .contains(Permission::MentionEveryone)
    );
    change(json!({"action": "take_role", "user": "member", "role": crew})).await;
    change(json!({"action": "rename_role", "role": "crew", "name": "staff"})).await;
    change(json!({"action": "delete_role", "role": "staff"})).await;
    change(json!({"action": "leave", "user": "guest"})).await;
    change(json!({"action": "join", "user": "guest"})).await;

    let thread = json!({"action": "private_thread", "user": "member", "channel": "general", "name": "secret"});
    place(thread).await;
    for action in ["join_thread", "leave_thread"] {
        place(json!({"action": action, "channel": "secret", "user": "guest"})).await;
    }
    let patch = json!({"action": "edit_channel", "channel": "secret", "patch": {"archived": true}});
    place(patch).await;
    let said = sim.user("member").says("keep").in_(general).await;
    place(json!({"action": "pin", "user": "owner", "channel": "general", "message": said.id}))
        .await;
    sim.create_forum("help", &[]);
    let post = json!({"action": "forum_post", "user": "member", "channel": "help", "name": "How", "content": "?"});
    place(post).await;
    place(json!({"action": "delete_channel", "channel": "project"})).await;
    assert_eq!(
        sim.transcript(general),
        "member: keep\n* owner pinned a message\n  └ thread \"secret\" (archived)\n"
    );
}

#[tokio::test]
async fn options_menus_and_modals_are_used_over_http() {
    let sim = Sim::start(SimConfig::default()).await;
    let path = format!("/applications/{}/commands", sim.bot_id());
    let commands = json!([
        {"name": "find", "description": "d", "options": [
            {"type": 3, "name": "what", "description": "d", "autocomplete": true},
        ]},
        {"type": 2, "name": "Who"},
        {"type": 3, "name": "Report"},
    ]);
    let (status, _) = call(&sim, reqwest::Method::PUT, &path, &commands).await;
    assert_eq!(status, 200);
    let said = sim
        .user("owner")
        .says("hi")
        .in_(sim.channel("general"))
        .await;
    let mut uses = vec![
        json!({"action": "autocomplete", "command": "find", "focused": "what", "typed": "x"}),
        json!({"action": "on_user", "command": "Who", "target": "owner"}),
        json!({"action": "on_message", "command": "Report", "message": said.id}),
    ];
    for body in &mut uses {
        body["user"] = json!("member");
        body["channel"] = json!("general");
        assert!(control(&sim, "/use", body).await["interaction"].is_string());
    }
    let submit = json!({"action": "submit", "interaction": "1"});
    let url = format!("{}/_ctl/use", sim.base_url());
    let refused = reqwest::Client::new()
        .post(url)
        .json(&submit)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let sim = Sim::start(SimConfig::default()).await;
    let client = reqwest::Client::new();
    let world = || client.get(format!("{}/_ctl/world", sim.base_url()));
    assert_eq!(
        world()
            .header("Host", "evil.example")
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    let origin = world()
        .header("Origin", "http://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(origin.status(), 403);
    assert_eq!(world().send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn events_connections_and_chaos_are_broken_over_http() {
    let sim = sim().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let twice = json!({"rule": {"event": "MESSAGE_CREATE"}, "fault": "duplicate"});
    control(&sim, "/dispatch-faults", &twice).await;
    sim.user("member")
        .says("x")
        .in_(sim.channel("general"))
        .await;
    let first = gateway.event("MESSAGE_CREATE").await;
    let second = gateway.event("MESSAGE_CREATE").await;
    assert_eq!(first["d"], second["d"]);

    let no_ack = json!({"fault": "no_ack", "times": 1});
    control(&sim, "/gateway-faults", &no_ack).await;
    gateway.send(&json!({"op": 1, "d": null})).await;
    control(&sim, "/gateway", &json!({"action": "ask_to_resume"})).await;
    assert_eq!(gateway.next().await.unwrap()["d"], true);
    let status = control(&sim, "/gateway", &Value::Null).await;
    assert_eq!(
        status,
        json!({
            "mode": "open", "connected": 1, "identifies": 1, "resumes": 0,
            "refused_resumes": 0, "session_starts_left": 999,
        })
    );
    let counts = control(&sim, "/counts", &Value::Null).await;
    assert_eq!(
        (&counts["faults"], &counts["messages"]),
        (&json!(2), &json!(1))
    );
    let limits = control(&sim, "/limits", &Value::Null).await;
    assert_eq!(limits, json!({"invalid_requests": 0}));

    control(
        &sim,
        "/chaos",
        &json!({"seed": 1, "every_ms": {"gateway": 1_000}}),
    )
    .await;
    sim.advance(Duration::from_secs(10));
    let done = |world: WorldView<'_>| {
        let entries = world.journal().iter();
        entries
            .filter(|entry| matches!(entry.fact, Fact::Chaos { .. }))
            .count()
    };
    sim.wait_for(|world| done(world) >= 5).await;
    let url = format!("{}/_ctl/chaos", sim.base_url());
    let ended = reqwest::Client::new().delete(url).send().await.unwrap();
    assert_eq!(ended.status(), 200);
    let before = sim.look(done);
    sim.advance(Duration::from_hours(1));
    // Whatever still ran would have had its turn before this is answered.
    control(&sim, "/counts", &Value::Null).await;
    assert_eq!(sim.look(done), before);
}

#[tokio::test]
async fn an_outage_that_is_ordered_over_http_ends_by_itself() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let url = format!("{}/_ctl/outage", sim.base_url());
    // The answer may be lost in the outage.
    let _ = reqwest::Client::new()
        .post(url)
        .json(&json!({"ms": 1}))
        .send()
        .await;
    assert_eq!(gateway.next().await, Err(None));
    sim.accept_connections().await;
    post(&sim, sim.channel("general"), "back").await;
}
