//! Slash commands and their answers.

use std::time::Duration;

use discord_sim::{Fault, NO_OPTIONS, Rule, Sim, ViolationKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call};
use crate::scene::{sim, use_it};

async fn sim_with_commands() -> Sim {
    let sim = sim().await;
    let path = format!(
        "/applications/{}/guilds/{}/commands",
        sim.bot_id(),
        sim.guild_id()
    );
    let commands = json!([
        {"name": "health", "description": "How it is"},
        {"name": "session", "description": "Sessions", "options": [
            {"type": 1, "name": "list", "description": "All of them", "options": [
                {"type": 4, "name": "limit", "description": "How many", "required": true},
                {"type": 6, "name": "whose", "description": "A person"},
            ]},
        ]},
    ]);
    let (status, answer) = call(&sim, Method::PUT, &path, &commands).await;
    assert_eq!(
        (status, answer.as_array().map(Vec::len)),
        (200, Some(2)),
        "{answer}"
    );
    sim
}

/// The id and token of the next interaction.
async fn next_interaction(gateway: &mut Gateway) -> (Value, String, String) {
    let event = gateway.event("INTERACTION_CREATE").await["d"].clone();
    let text = |key: &str| event[key].as_str().unwrap().to_owned();
    let (id, token) = (text("id"), text("token"));
    (event, id, token)
}

#[tokio::test]
async fn options_arrive_with_the_types_that_the_bot_registered() {
    let sim = sim_with_commands().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let owner = sim.user("owner").id();
    let options = [("limit", "5"), ("whose", "owner")];
    sim.user("member")
        .slash("session list", options)
        .in_(sim.channel("general"))
        .await;
    let (event, ..) = next_interaction(&mut gateway).await;
    assert_eq!(
        event["data"]["options"],
        json!([{"type": 1, "name": "list", "options": [
            {"type": 4, "name": "limit", "value": 5},
            {"type": 6, "name": "whose", "value": owner},
        ]}])
    );
    assert_eq!(
        event["data"]["resolved"]["users"][owner.to_string()]["username"],
        "owner"
    );
}

#[tokio::test]
async fn a_command_that_is_not_registered_cannot_be_used() {
    let sim = sim_with_commands().await;
    let slash = |line: &str| {
        sim.user("member")
            .slash(line, NO_OPTIONS)
            .in_(sim.channel("general"))
            .send()
    };
    assert_eq!(
        slash("session drop").unwrap_err().to_string(),
        "no command /session drop is registered; registered are: /health, /session list"
    );
    assert_eq!(
        slash("session list").unwrap_err().to_string(),
        "/session list needs the option \"limit\""
    );
}

#[tokio::test]
async fn a_deferred_answer_is_filled_by_the_first_follow_up() {
    let sim = sim_with_commands().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let (general, used) = use_it(&sim, "health").await;
    let (_, id, token) = next_interaction(&mut gateway).await;
    let callback = format!("/interactions/{id}/{token}/callback");
    assert_eq!(
        call(&sim, Method::POST, &callback, &json!({"type": 5}))
            .await
            .0,
        204
    );
    assert_eq!(
        sim.transcript(general),
        "bot (to member's /health): (thinking…)\n"
    );

    let webhook = format!("/webhooks/{}/{token}", sim.bot_id());
    call(&sim, Method::POST, &webhook, &json!({"content": "well"})).await;
    call(&sim, Method::POST, &webhook, &json!({"content": "more"})).await;
    let original = format!("{webhook}/messages/%40original");
    call(
        &sim,
        Method::PATCH,
        &original,
        &json!({"content": "very well"}),
    )
    .await;
    assert_eq!(used.answer().await.content, "very well");
    assert_eq!(
        sim.transcript(general),
        "bot (to member's /health): very well (edited)\nbot (to member's /health): more\n"
    );
    sim.assert_clean();
}

#[tokio::test]
async fn an_ephemeral_answer_is_for_one_person_and_for_no_other_route() {
    let sim = sim_with_commands().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let (general, used) = use_it(&sim, "health").await;
    let (_, id, token) = next_interaction(&mut gateway).await;
    let answer = json!({"type": 4, "data": {"content": "psst", "flags": 64}});
    let callback = format!("/interactions/{id}/{token}/callback");
    call(&sim, Method::POST, &callback, &answer).await;
    let shown = used.answer().await;
    assert_eq!(shown.only_for.as_deref(), Some("member"));
    let path = format!("/channels/{general}/messages/{}", shown.id);
    assert_eq!(
        call(&sim, Method::GET, &path, &Value::Null).await.1["code"],
        10_008
    );
}

#[tokio::test]
async fn late_double_and_dead_answers_are_refused_and_written_down() {
    let sim = sim_with_commands().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let general = sim.channel("general");
    let member = sim.user("member");
    member.slash("health", NO_OPTIONS).in_(general).await;
    let (_, id, token) = next_interaction(&mut gateway).await;
    sim.advance(Duration::from_millis(3_001));
    let late = format!("/interactions/{id}/{token}/callback");
    let answer = json!({"type": 4, "data": {"content": "x"}});
    let (status, refused) = call(&sim, Method::POST, &late, &answer).await;
    assert_eq!((status, &refused["code"]), (404, &json!(10_062)));

    member.slash("health", NO_OPTIONS).in_(general).await;
    let (_, id, token) = next_interaction(&mut gateway).await;
    let callback = format!("/interactions/{id}/{token}/callback");
    assert_eq!(call(&sim, Method::POST, &callback, &answer).await.0, 204);
    let (status, refused) = call(&sim, Method::POST, &callback, &answer).await;
    assert_eq!((status, &refused["code"]), (400, &json!(40_060)));

    sim.advance(Duration::from_mins(15));
    let webhook = format!("/webhooks/{}/{token}", sim.bot_id());
    sim.advance(Duration::from_secs(1));
    let (status, refused) = call(&sim, Method::POST, &webhook, &json!({"content": "x"})).await;
    assert_eq!((status, &refused["code"]), (401, &json!(50_027)));
    let kinds: Vec<ViolationKind> = sim.violations().into_iter().map(|v| v.kind).collect();
    assert_eq!(
        kinds,
        [
            ViolationKind::LateAck,
            ViolationKind::DoubleAck,
            ViolationKind::DeadToken
        ]
    );
}

#[tokio::test]
async fn who_is_not_told_whether_his_first_answer_has_arrived_may_find_it_out() {
    let sim = sim_with_commands().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let thinking = json!({"type": 5});
    let said = json!({"content": "x"});

    member.slash("health", NO_OPTIONS).in_(general).await;
    let (_, id, token) = next_interaction(&mut gateway).await;
    let callback = format!("/interactions/{id}/{token}/callback");
    sim.fault(Rule::callback().after_commit(), Fault::status(500));
    assert_eq!(call(&sim, Method::POST, &callback, &thinking).await.0, 500);
    let (status, refused) = call(&sim, Method::POST, &callback, &thinking).await;
    assert_eq!((status, &refused["code"]), (400, &json!(40_060)));

    member.slash("health", NO_OPTIONS).in_(general).await;
    let (_, id, token) = next_interaction(&mut gateway).await;
    let callback = format!("/interactions/{id}/{token}/callback");
    let original = format!("/webhooks/{}/{token}/messages/@original", sim.bot_id());
    sim.fault(Rule::callback(), Fault::status(500));
    assert_eq!(call(&sim, Method::POST, &callback, &thinking).await.0, 500);
    assert_eq!(call(&sim, Method::PATCH, &original, &said).await.0, 404);
    assert_eq!(call(&sim, Method::POST, &callback, &thinking).await.0, 204);
    assert_eq!(call(&sim, Method::PATCH, &original, &said).await.0, 200);
    sim.assert_clean();
}
