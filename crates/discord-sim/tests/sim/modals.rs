//! Modals: shown, filled in, sent; their limits.

use discord_sim::{InteractionRef, Sim};
use serde_json::{Value, json};

use crate::client::Gateway;
use crate::scene::{Heard, scene, use_it};

/// Uses `/find` and answers it with a modal.
async fn shown_modal(sim: &Sim, gateway: &mut Gateway, components: Value) -> InteractionRef {
    let (_, used) = use_it(sim, "find").await;
    let heard = Heard::next(gateway).await;
    let modal = json!({"custom_id": "form", "title": "Say more", "components": components});
    assert_eq!(
        heard.answer(sim, json!({"type": 9, "data": modal})).await,
        0
    );
    used
}

#[tokio::test]
async fn a_modal_of_rows_is_filled_in_and_sent() {
    let (sim, mut gateway) = scene().await;
    let input = |id: &str, more: Value| {
        let mut input = json!({"type": 4, "custom_id": id, "style": 1, "label": id});
        for (key, value) in more.as_object().unwrap() {
            input[key] = value.clone();
        }
        json!({"type": 1, "components": [input]})
    };
    let rows = json!([
        input("name", json!({"max_length": 5})),
        input("note", json!({"value": "as before"}))
    ]);
    let used = shown_modal(&sim, &mut gateway, rows).await;
    let sent = used.submits([("name", "Ann")]);
    let heard = Heard::next(&mut gateway).await;
    assert_eq!(heard.event["type"], 5);
    assert_eq!(heard.event["data"]["custom_id"], "form");
    let row = |index: usize| &heard.event["data"]["components"][index]["components"][0];
    assert_eq!(
        (&row(0)["value"], &row(1)["value"]),
        (&json!("Ann"), &json!("as before"))
    );
    let again = json!({"type": 9, "data": {"custom_id": "x", "title": "x", "components": []}});
    assert_eq!(
        heard.answer(&sim, again).await,
        50_035,
        "no modal answers a modal"
    );
    assert_eq!(
        heard
            .answer(&sim, json!({"type": 4, "data": {"content": "thanks"}}))
            .await,
        0
    );
    assert_eq!(sent.answer().await.content, "thanks");
}

#[tokio::test]
async fn a_modal_of_labels_is_filled_in_and_sent() {
    let (sim, mut gateway) = scene().await;
    let labels = json!([
        {"type": 10, "content": "Please"},
        {"type": 18, "label": "Name", "component": {"type": 4, "custom_id": "name", "style": 1}},
        {"type": 18, "label": "Who", "component": {"type": 5, "custom_id": "who"}},
    ]);
    let used = shown_modal(&sim, &mut gateway, labels).await;
    let _sent = used.submits([("name", json!("Ann")), ("who", json!(["owner"]))]);
    let data = Heard::next(&mut gateway).await.event["data"].clone();
    let part = |index: usize| &data["components"][index];
    assert_eq!(
        (&part(0)["type"], &part(1)["type"]),
        (&json!(10), &json!(18))
    );
    assert_eq!(part(1)["component"]["value"], "Ann");
    let owner = sim.user("owner").id();
    assert_eq!(part(2)["component"]["values"], json!([owner]));
    assert_eq!(
        data["resolved"]["users"][owner.to_string()]["username"],
        "owner"
    );
}

#[tokio::test]
async fn a_field_of_a_modal_takes_four_thousand_characters() {
    let (sim, mut gateway) = scene().await;
    let input = |value: usize| {
        json!([{"type": 1, "components": [{
            "type": 4, "custom_id": "note", "style": 2, "label": "note", "value": "v".repeat(value),
        }]}])
    };
    let used = shown_modal(&sim, &mut gateway, input(4_000)).await;
    // What people put in, whether it was there or they have typed it.
    assert!(used.try_submits([("note", "ä".repeat(4_001))]).is_err());
    let _sent = used.submits([("note", "ä".repeat(4_000))]);
    let data = Heard::next(&mut gateway).await.event["data"].clone();
    let value = &data["components"][0]["components"][0]["value"];
    assert_eq!(value.as_str().unwrap().chars().count(), 4_000);

    use_it(&sim, "find").await;
    let heard = Heard::next(&mut gateway).await;
    let modal = json!({"custom_id": "form", "title": "t", "components": input(4_001)});
    let shown = json!({"type": 9, "data": modal});
    assert_eq!(heard.answer(&sim, shown).await, 50_035);
}

#[tokio::test]
async fn a_modal_keeps_discords_limits() {
    let (sim, mut gateway) = scene().await;
    use_it(&sim, "find").await;
    let heard = Heard::next(&mut gateway).await;
    let input = |id: &str, label: usize| {
        json!({"type": 1, "components": [
            {"type": 4, "custom_id": id, "style": 1, "label": "l".repeat(label)},
        ]})
    };
    let modal = |id: usize, title: usize, parts: Vec<Value>| {
        json!({"type": 9, "data": {
            "custom_id": "i".repeat(id), "title": "t".repeat(title), "components": parts,
        }})
    };
    let many = |count: usize| {
        (0..count)
            .map(|n| input(&format!("i{n}"), 1))
            .collect::<Vec<_>>()
    };
    let labelled = |label: usize| {
        json!({"type": 18, "label": "l".repeat(label),
        "component": {"type": 4, "custom_id": "x", "style": 1}})
    };
    let button =
        json!({"type": 1, "components": [{"type": 2, "style": 1, "label": "b", "custom_id": "b"}]});
    for wrong in [
        modal(101, 1, many(1)),
        modal(0, 1, many(1)),
        modal(1, 46, many(1)),
        modal(1, 0, many(1)),
        modal(1, 1, many(6)),
        modal(1, 1, many(0)),
        modal(1, 1, vec![input("a", 46)]),
        modal(1, 1, vec![input("a", 1), input("a", 1)]),
        modal(1, 1, vec![labelled(46)]),
        modal(1, 1, vec![button]),
    ] {
        assert_eq!(heard.answer(&sim, wrong.clone()).await, 50_035, "{wrong}");
    }
    let most = modal(100, 45, vec![input("a", 45), labelled(45)]);
    assert_eq!(heard.answer(&sim, most).await, 0);
}
