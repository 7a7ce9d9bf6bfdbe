//! Several guilds, the bot coming and going, roles and members that change.

use discord_sim::{Permission, Sim, SimConfig, SlashError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, post, refused};

#[tokio::test]
async fn the_bot_is_added_to_a_guild_and_removed_again() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let other = sim.create_guild("other");
    let told = gateway.event("GUILD_CREATE").await["d"].clone();
    assert_eq!(
        (&told["id"], &told["name"]),
        (&json!(other), &json!("other"))
    );
    let room = sim.create_channel_of(other, "room", discord_sim::ChannelKind::Text);
    assert_eq!(
        gateway.event("CHANNEL_CREATE").await["d"]["guild_id"],
        json!(other)
    );
    post(&sim, room, "hello").await;
    let (_, mine) = call(&sim, Method::GET, "/users/@me/guilds", &Value::Null).await;
    assert_eq!(mine.as_array().unwrap().len(), 2);

    sim.remove_bot(other);
    assert_eq!(
        gateway.event("GUILD_DELETE").await["d"],
        json!({"id": other})
    );
    let messages = format!("/channels/{room}/messages");
    for path in [format!("/guilds/{other}"), messages] {
        assert_eq!(
            refused(&sim, "GET", &path, Value::Null).await,
            (403, 50_001)
        );
    }
    sim.user("ann").says("unheard").in_(room).await;
    sim.user("ann")
        .says("heard")
        .in_(sim.channel("general"))
        .await;
    assert_eq!(
        gateway.event("MESSAGE_CREATE").await["d"]["content"],
        "heard"
    );
    sim.add_bot(other);
    assert_eq!(gateway.event("GUILD_CREATE").await["d"]["id"], json!(other));
    let leave = format!("/users/@me/guilds/{other}");
    assert_eq!(
        call(&sim, Method::DELETE, &leave, &Value::Null).await.0,
        204
    );
    assert_eq!(gateway.event("GUILD_DELETE").await["d"]["id"], json!(other));
    sim.assert_clean();
}

#[tokio::test]
async fn an_outage_is_no_goodbye() {
    let sim = Sim::start(SimConfig::default()).await;
    let home = sim.guild_id();
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    sim.break_guild(home);
    let told = gateway.event("GUILD_DELETE").await["d"].clone();
    assert_eq!(told, json!({"id": home, "unavailable": true}));
    sim.mend_guild(home);
    let told = gateway.event("GUILD_CREATE").await["d"].clone();
    assert_eq!(
        (&told["id"], &told["unavailable"]),
        (&json!(home), &json!(false))
    );
}

#[tokio::test]
async fn roles_and_members_change_and_sessions_with_the_intent_hear_of_it() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut all, ..) = Gateway::identified(&sim, 1 | 2).await;
    let (mut few, ..) = Gateway::identified(&sim, 1).await;
    let crew = sim.role("crew");
    let member = sim.user("member");
    member.gets_role(crew);
    sim.rename_role(crew, "staff");
    member.loses_role(crew);
    member.leaves();
    sim.delete_role(crew);
    for (event, what) in [
        ("GUILD_ROLE_CREATE", ("role", json!("crew"))),
        ("GUILD_MEMBER_UPDATE", ("user", json!("member"))),
        ("GUILD_ROLE_UPDATE", ("role", json!("staff"))),
        ("GUILD_MEMBER_UPDATE", ("user", json!("member"))),
        ("GUILD_MEMBER_REMOVE", ("user", json!("member"))),
        ("GUILD_ROLE_DELETE", ("role_id", json!(crew))),
    ] {
        let payload = all.next().await.unwrap();
        assert_eq!(payload["t"], event);
        let told = &payload["d"][what.0];
        let name = told
            .get("name")
            .or_else(|| told.get("username"))
            .unwrap_or(told);
        assert_eq!(*name, what.1, "{event}");
    }
    for event in [
        "GUILD_ROLE_CREATE",
        "GUILD_ROLE_UPDATE",
        "GUILD_ROLE_DELETE",
    ] {
        assert_eq!(
            few.next().await.unwrap()["t"],
            event,
            "without the intent for members"
        );
    }
}

#[tokio::test]
async fn of_itself_the_bot_hears_without_the_intent_for_members() {
    let sim = Sim::start(SimConfig::default()).await;
    let crew = sim.role("crew");
    let (mut gateway, ..) = Gateway::identified(&sim, 1).await;
    sim.bot_user("bot").gets_role(crew);
    let told = gateway.event("GUILD_MEMBER_UPDATE").await["d"].clone();
    assert_eq!(told["user"]["id"], json!(sim.bot_id()));
    assert!(told["roles"].as_array().unwrap().contains(&json!(crew)));
}

#[tokio::test]
async fn channels_are_renamed_and_deleted_with_their_threads() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let project = sim.channel("project");
    let thread = sim.create_thread_in(project, "talk");
    sim.rename(project, "work");
    assert_eq!(gateway.event("CHANNEL_UPDATE").await["d"]["name"], "work");
    sim.delete_channel(project);
    assert_eq!(
        gateway.event("CHANNEL_DELETE").await["d"]["id"],
        json!(project)
    );
    let path = format!("/channels/{thread}");
    assert_eq!(
        refused(&sim, "GET", &path, Value::Null).await,
        (404, 10_003)
    );
}

#[tokio::test]
async fn people_too_do_only_what_they_may() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let everyone = Sim::everyone_in(sim.guild_id());
    let nothing: [Permission; 0] = [];
    sim.overwrite(
        general,
        everyone,
        nothing,
        [Permission::UseApplicationCommands],
    );
    let used = sim
        .user("guest")
        .slash("x", discord_sim::NO_OPTIONS)
        .in_(general)
        .send();
    assert_eq!(used.unwrap_err(), SlashError::Forbidden("guest".to_owned()));
}

#[tokio::test]
#[should_panic(expected = "cannot say this")]
async fn who_may_not_send_cannot_say_anything() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let everyone = Sim::everyone_in(sim.guild_id());
    let nothing: [Permission; 0] = [];
    sim.overwrite(general, everyone, nothing, [Permission::SendMessages]);
    sim.user("owner").says("the owner may").in_(general).await;
    sim.user("guest")
        .says("the guest may not")
        .in_(general)
        .await;
}
