//! What people do with what the bot offers: buttons, selects, autocompletion, menus, DMs.

use discord_sim::{MessageRef, NO_OPTIONS, Sim, SlashError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{call, refused};
use crate::scene::{Heard, scene, use_it};

/// A message of the bot with one row of each kind of component.
async fn board(sim: &Sim) -> MessageRef {
    let select =
        |kind: u8, id: &str| json!({"type": 1, "components": [{"type": kind, "custom_id": id}]});
    let strings = json!({"type": 1, "components": [{"type": 3, "custom_id": "strings", "max_values": 2,
        "options": [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]}]});
    let buttons = json!({"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"},
        {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": true},
    ]});
    let body = json!({"content": "choose", "nonce": "board", "enforce_nonce": true, "components": [
        buttons, strings, select(5, "users"), select(7, "anyone"), select(8, "channels"),
    ]});
    let channel = sim.channel("general");
    let path = format!("/channels/{channel}/messages");
    let (status, message) = call(sim, Method::POST, &path, &body).await;
    assert_eq!(status, 200, "{message}");
    let id = message["id"].as_str().unwrap().parse().unwrap();
    MessageRef { channel, id }
}

#[tokio::test]
async fn every_type_of_option_arrives_with_what_it_points_at() {
    let (sim, mut gateway) = scene().await;
    let general = sim.channel("general");
    let (owner, role) = (sim.user("owner").id(), sim.role("owner"));
    let options = [
        ("text", json!("abc")),
        ("count", json!(9)),
        ("flag", json!(true)),
        ("who", json!("owner")),
        ("where", json!("general")),
        ("role", json!("owner")),
        ("anyone", json!(role)),
        ("much", json!(1.5)),
        ("file", json!({"filename": "a.md", "content": "# a"})),
        ("color", json!("Red")),
    ];
    sim.user("member").slash("all", options).in_(general).await;
    let data = Heard::next(&mut gateway).await.event["data"].clone();
    let values: Vec<&Value> = data["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["value"])
        .collect();
    let file = values[8].as_str().unwrap().to_owned();
    assert_eq!(
        json!(values),
        json!(["abc", 9, true, owner, general, role, role, 1.5, file, "r"])
    );
    let resolved = &data["resolved"];
    assert_eq!(resolved["users"][owner.to_string()]["username"], "owner");
    assert_eq!(
        resolved["members"][owner.to_string()]["permissions"],
        json!(sim.permissions(owner, general))
    );
    assert_eq!(resolved["roles"][role.to_string()]["name"], "owner");
    let channel = &resolved["channels"][general.to_string()];
    assert_eq!(
        channel["permissions"],
        json!(sim.permissions(sim.user("member").id(), general))
    );
    let url = resolved["attachments"][file]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        reqwest::get(url).await.unwrap().text().await.unwrap(),
        "# a"
    );
}

#[tokio::test]
async fn discords_client_does_not_let_people_send_what_was_not_registered() {
    let (sim, _gateway) = scene().await;
    let general = sim.channel("general");
    let refused = |name: &str, value: Value| {
        let used = sim
            .user("member")
            .slash("all", [(name, value)])
            .in_(general)
            .send();
        matches!(used, Err(SlashError::BadValue { .. }))
    };
    for (name, value) in [
        ("text", json!("a")),
        ("text", json!("abcde")),
        ("count", json!(10)),
        ("count", json!("many")),
        ("flag", json!("perhaps")),
        ("who", json!("nobody")),
        ("role", json!("no role")),
        ("color", json!("Blue")),
    ] {
        assert!(refused(name, value.clone()), "{name}: {value}");
    }
    let admin = |name: &str| {
        sim.user(name)
            .slash("admin", NO_OPTIONS)
            .in_(general)
            .send()
    };
    assert!(admin("owner").is_ok());
    assert!(matches!(
        admin("member"),
        Err(SlashError::NotRegistered { .. })
    ));
    let direct = sim.user("owner").slash("admin", NO_OPTIONS).in_dm().send();
    assert!(matches!(direct, Err(SlashError::NotRegistered { .. })));
}

#[tokio::test]
async fn the_member_of_an_interaction_carries_its_roles_and_computed_permissions() {
    let (sim, mut gateway) = scene().await;
    let general = sim.channel("general");
    let member = sim.user("member").with_role("crew");
    sim.deny(general, [discord_sim::Permission::AddReactions]);
    member.slash("find", NO_OPTIONS).in_(general).await;
    let event = Heard::next(&mut gateway).await.event;
    assert_eq!(
        event["member"]["permissions"],
        json!(sim.permissions(member.id(), general))
    );
    assert_eq!(
        event["app_permissions"],
        json!(sim.permissions(sim.bot_id(), general))
    );
    let roles = event["member"]["roles"].as_array().unwrap();
    assert!(roles.contains(&json!(sim.role("crew"))));
    assert_eq!(
        (&event["context"], &event["guild_id"]),
        (&json!(0), &json!(sim.guild_id()))
    );

    member.slash("find", NO_OPTIONS).in_dm().await;
    let heard = Heard::next(&mut gateway).await;
    assert_eq!(
        (&heard.event["context"], heard.event.get("member")),
        (&json!(1), None)
    );
    assert_eq!(heard.event["user"]["username"], "member");
    assert_eq!(
        heard
            .answer(&sim, json!({"type": 4, "data": {"content": "here"}}))
            .await,
        0
    );
}

#[tokio::test]
async fn options_are_completed_with_up_to_25_choices() {
    let (sim, mut gateway) = scene().await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let typed = member
        .completes(general, "find", [("kind", "x")], ("name", "al"))
        .await;
    let heard = Heard::next(&mut gateway).await;
    assert_eq!(
        (&heard.event["type"], &heard.event["data"]["options"]),
        (
            &json!(4),
            &json!([
                {"type": 3, "name": "kind", "value": "x"},
                {"type": 3, "name": "name", "value": "al", "focused": true},
            ])
        )
    );
    let choices = |count: usize| {
        let choices: Vec<Value> = (0..count)
            .map(|n| json!({"name": format!("n{n}"), "value": n}))
            .collect();
        json!({"type": 8, "data": {"choices": choices}})
    };
    for kind in [4, 5, 6, 7, 9] {
        let answer = json!({"type": kind, "data": {"content": "x"}});
        assert_eq!(heard.answer(&sim, answer).await, 50_035, "type {kind}");
    }
    assert_eq!(heard.answer(&sim, choices(26)).await, 50_035);
    assert_eq!(heard.answer(&sim, choices(25)).await, 0);
    assert_eq!(
        typed.data().unwrap()[24],
        json!({"name": "n24", "value": 24})
    );
}

#[tokio::test]
async fn selects_give_values_and_what_they_point_at() {
    let (sim, mut gateway) = scene().await;
    let board = board(&sim).await;
    let member = sim.user("member");
    let (owner, general) = (sim.user("owner").id(), sim.channel("general"));
    let role = sim.role("owner");
    let choices: [(&str, Vec<&str>, Value, &str); 4] = [
        ("strings", vec!["One", "2"], json!(["1", "2"]), ""),
        ("users", vec!["owner"], json!([owner]), "users"),
        ("anyone", vec!["@owner"], json!([owner]), "members"),
        ("channels", vec!["general"], json!([general]), "channels"),
    ];
    for (select, chosen, values, kind) in choices {
        member.selects(board, select, chosen).await;
        let heard = Heard::next(&mut gateway).await;
        assert_eq!(
            (&heard.event["type"], &heard.event["data"]["values"]),
            (&json!(3), &values)
        );
        assert_eq!(heard.event["message"]["id"], json!(board.id));
        if !kind.is_empty() {
            let told = heard.event["data"]["resolved"][kind].as_object().unwrap();
            assert_eq!(told.len(), 1, "{kind}");
        }
        assert_eq!(heard.answer(&sim, json!({"type": 6})).await, 0);
    }
    let id = role.to_string();
    member.selects(board, "anyone", [id.as_str()]).await;
    let heard = Heard::next(&mut gateway).await;
    assert_eq!(
        heard.event["data"]["resolved"]["roles"][&id]["name"],
        "owner"
    );
}

#[tokio::test]
#[should_panic(expected = "cannot use the component")]
async fn a_disabled_button_cannot_be_clicked() {
    let (sim, _gateway) = scene().await;
    let board = board(&sim).await;
    sim.user("member").clicks(board, "off").await;
}

#[tokio::test]
async fn a_click_changes_its_message_at_once_or_later() {
    let (sim, mut gateway) = scene().await;
    let board = board(&sim).await;
    let clicked = sim.user("member").clicks(board, "stop").await;
    let heard = Heard::next(&mut gateway).await;
    let update = json!({"type": 7, "data": {"content": "stopped", "components": []}});
    assert_eq!(heard.answer(&sim, update).await, 0);
    assert_eq!(clicked.answer().await.content, "stopped");
    assert_eq!(sim.transcript(board.channel), "bot: stopped (edited)\n");

    let edit = format!("/channels/{}/messages/{}", board.channel, board.id);
    let button = json!({"type": 2, "style": 4, "label": "Again", "custom_id": "again"});
    let row = json!({"components": [{"type": 1, "components": [button]}]});
    call(&sim, Method::PATCH, &edit, &row).await;
    sim.user("member").clicks(board, "again").await;
    let heard = Heard::next(&mut gateway).await;
    assert_eq!(heard.answer(&sim, json!({"type": 6})).await, 0);
    let original = format!("{}/messages/@original", heard.webhook(&sim));
    let later = json!({"content": "later"});
    assert_eq!(call(&sim, Method::PATCH, &original, &later).await.0, 200);
    let more = json!({"content": "only you", "flags": 64});
    assert_eq!(
        call(&sim, Method::POST, &heard.webhook(&sim), &more)
            .await
            .0,
        200
    );
    assert_eq!(
        sim.transcript(board.channel),
        "bot: later (edited)\n  [components: Again]\nbot (to member's /again, only for member): only you\n"
    );
    sim.assert_clean();
}

#[tokio::test]
async fn commands_in_the_menus_of_users_and_messages_tell_their_target() {
    let (sim, mut gateway) = scene().await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let owner = sim.user("owner");
    member.uses_on_user(general, "Who is it", owner.id()).await;
    let data = Heard::next(&mut gateway).await.event["data"].clone();
    assert_eq!(
        (&data["type"], &data["target_id"]),
        (&json!(2), &json!(owner.id()))
    );
    let members = &data["resolved"]["members"];
    assert!(members[owner.id().to_string()]["roles"].is_array());
    let said = owner.says("rude").in_(general).await;
    member.uses_on_message("Report it", said).await;
    let data = Heard::next(&mut gateway).await.event["data"].clone();
    assert_eq!(
        (&data["type"], &data["target_id"]),
        (&json!(3), &json!(said.id))
    );
    assert_eq!(
        data["resolved"]["messages"][said.id.to_string()]["content"],
        "rude"
    );
}

#[tokio::test]
async fn a_deferred_ephemeral_answer_stays_ephemeral_and_can_be_deleted() {
    let (sim, mut gateway) = scene().await;
    let (general, used) = use_it(&sim, "find").await;
    let heard = Heard::next(&mut gateway).await;
    assert_eq!(
        heard
            .answer(&sim, json!({"type": 5, "data": {"flags": 64}}))
            .await,
        0
    );
    let webhook = heard.webhook(&sim);
    let (_, filled) = call(&sim, Method::POST, &webhook, &json!({"content": "psst"})).await;
    assert_eq!(
        (&filled["content"], &filled["flags"]),
        (&json!("psst"), &json!(64))
    );
    let shown = used.answer().await;
    assert_eq!(shown.only_for.as_deref(), Some("member"));
    let (_, more) = call(&sim, Method::POST, &webhook, &json!({"content": "loud"})).await;
    assert_eq!(more["flags"], 0);
    for id in ["@original", more["id"].as_str().unwrap()] {
        let path = format!("{webhook}/messages/{id}");
        assert_eq!(call(&sim, Method::GET, &path, &Value::Null).await.0, 200);
        assert_eq!(call(&sim, Method::DELETE, &path, &Value::Null).await.0, 204);
        assert_eq!(
            refused(&sim, "GET", &path, Value::Null).await,
            (404, 10_008)
        );
    }
    assert_eq!(sim.transcript(general), "");
    sim.assert_clean();
}

#[tokio::test]
async fn a_first_answer_of_a_wrong_type_is_refused_and_the_right_one_still_taken() {
    let (sim, mut gateway) = scene().await;
    use_it(&sim, "find").await;
    let heard = Heard::next(&mut gateway).await;
    for kind in [1, 2, 3, 6, 7, 8, 10] {
        let answer = json!({"type": kind, "data": {"content": "x"}});
        assert_eq!(heard.answer(&sim, answer).await, 50_035, "type {kind}");
    }
    let early = heard.webhook(&sim);
    assert_eq!(
        refused(&sim, "POST", &early, json!({"content": "x"})).await,
        (404, 10_015)
    );
    let path = format!(
        "/interactions/{}/{}/callback?with_response=true",
        heard.id, heard.token
    );
    let answer = json!({"type": 4, "data": {"content": "x", "flags": 64}});
    let (status, told) = call(&sim, Method::POST, &path, &answer).await;
    assert_eq!(
        (status, &told["resource"]["message"]["content"]),
        (200, &json!("x"))
    );
    assert_eq!(told["interaction"]["response_message_ephemeral"], true);
}
