//! REST, as a bot without a library.

use std::time::Duration;

use discord_sim::{Clock, Permission, Sim, SimConfig, ViolationKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{call, post};

#[tokio::test]
async fn a_repeated_nonce_gives_the_first_message_back() {
    let sim = Sim::start(SimConfig::default()).await;
    let path = format!("/channels/{}/messages", sim.channel("general"));
    let body = json!({"content": "once", "nonce": "task-1", "enforce_nonce": true});
    let (_, first) = call(&sim, Method::POST, &path, &body).await;
    let (status, second) = call(&sim, Method::POST, &path, &body).await;
    assert_eq!((status, &second["id"]), (200, &first["id"]));
    assert_eq!(sim.transcript(sim.channel("general")), "bot: once\n");
    sim.advance(std::time::Duration::from_mins(10));
    let (_, third) = call(&sim, Method::POST, &path, &body).await;
    assert_ne!(third["id"], first["id"]);
    sim.assert_clean();
}

#[tokio::test]
async fn messages_are_listed_newest_first_and_paged() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let mut ids = Vec::new();
    for text in ["a", "b", "c", "d"] {
        ids.push(sim.user("member").says(text).in_(general).await.id);
    }
    let list = async |query: &str| {
        let path = format!("/channels/{general}/messages?{query}");
        let (_, page) = call(&sim, Method::GET, &path, &Value::Null).await;
        let page = page.as_array().unwrap().clone();
        page.iter()
            .map(|m| m["content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("").await, ["d", "c", "b", "a"]);
    assert_eq!(list(&format!("after={}&limit=2", ids[0])).await, ["c", "b"]);
    assert_eq!(
        list(&format!("before={}&limit=2", ids[3])).await,
        ["c", "b"]
    );
    assert_eq!(
        list(&format!("around={}&limit=3", ids[1])).await,
        ["c", "b", "a"]
    );
}

#[tokio::test]
async fn refusals_have_discords_status_code_and_shape() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let said = sim.user("member").says("hi").in_(general).await;
    let foreign = format!("/channels/{general}/messages/{}", said.id);
    let messages = format!("/channels/{general}/messages");
    let expect = async |method: Method, path: &str, body: Value, status: u16, code: u64| {
        let (got, answer) = call(&sim, method, path, &body).await;
        assert_eq!(
            (got, answer["code"].as_u64()),
            (status, Some(code)),
            "{answer}"
        );
    };
    expect(Method::GET, "/channels/1", Value::Null, 404, 10_003).await;
    expect(
        Method::GET,
        &format!("{messages}/1"),
        Value::Null,
        404,
        10_008,
    )
    .await;
    expect(
        Method::PATCH,
        &foreign,
        json!({"content": "x"}),
        403,
        50_005,
    )
    .await;
    expect(
        Method::POST,
        &messages,
        json!({"content": " "}),
        400,
        50_006,
    )
    .await;
    let long = json!({"content": "é".repeat(2_001)});
    expect(Method::POST, &messages, long, 400, 50_035).await;
    sim.deny(
        general,
        [Permission::SendMessages, Permission::CreatePublicThreads],
    );
    expect(
        Method::POST,
        &messages,
        json!({"content": "x"}),
        403,
        50_013,
    )
    .await;
    let thread = format!("{foreign}/threads");
    expect(Method::POST, &thread, json!({"name": "t"}), 403, 50_013).await;
    sim.deny(general, [Permission::ViewChannel]);
    expect(Method::GET, &messages, Value::Null, 403, 50_001).await;
    sim.deny(general, []);
    let (status, made) = call(&sim, Method::POST, &thread, &json!({"name": "t"})).await;
    assert_eq!((status, &made["id"]), (201, &json!(said.id)));
    expect(Method::POST, &thread, json!({"name": "t"}), 400, 160_004).await;
    expect(Method::GET, "/nonsense", Value::Null, 404, 0).await;
}

#[tokio::test]
async fn pings_misspelt_keys_and_missing_nonces_are_violations() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let member = sim.user("member").id();
    let path = format!("/channels/{general}/messages");
    let body = json!({
        "content": format!("<@{member}> @everyone"),
        "nonce": "a",
        "enforce_nonce": true,
        "allowed_mention": {"parse": []},
    });
    let (_, message) = call(&sim, Method::POST, &path, &body).await;
    assert_eq!(message["mention_everyone"], true);
    assert_eq!(message["mentions"][0]["id"], member.to_string());
    call(&sim, Method::POST, &path, &json!({"content": "x"})).await;
    let kinds: Vec<ViolationKind> = sim.take_violations().into_iter().map(|v| v.kind).collect();
    assert_eq!(
        kinds,
        [
            ViolationKind::UnknownKey,
            ViolationKind::Ping,
            ViolationKind::MissingNonce
        ]
    );
    let quiet = post(&sim, general, &format!("<@{member}> @everyone")).await;
    assert_eq!(
        (&quiet["mention_everyone"], &quiet["mentions"]),
        (&json!(false), &json!([]))
    );
    sim.assert_clean();
}

#[tokio::test]
async fn an_archived_thread_opens_when_somebody_writes_unless_it_is_locked() {
    let sim = Sim::start(SimConfig::default()).await;
    let thread = sim.create_thread_in(sim.channel("project"), "old");
    let first = post(&sim, thread, "one").await;
    sim.archive(thread);
    let edit = format!(
        "/channels/{thread}/messages/{}",
        first["id"].as_str().unwrap()
    );
    let (status, answer) = call(&sim, Method::PATCH, &edit, &json!({"content": "x"})).await;
    assert_eq!((status, &answer["code"]), (400, &json!(50_083)));
    post(&sim, thread, "two").await;
    let (status, _) = call(&sim, Method::PATCH, &edit, &json!({"content": "x"})).await;
    assert_eq!(status, 200);
    sim.archive_and_lock(thread);
    let path = format!("/channels/{thread}/messages");
    let (status, answer) = call(&sim, Method::POST, &path, &json!({"content": "three"})).await;
    assert_eq!((status, &answer["code"]), (400, &json!(50_083)));
}

#[tokio::test]
async fn uploaded_files_are_served_back() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let payload = json!({
        "content": "see",
        "nonce": "f",
        "enforce_nonce": true,
        "attachments": [{"id": 0, "filename": "a b.md", "description": "notes"}],
    });
    let part = reqwest::multipart::Part::bytes(b"# hello".to_vec()).file_name("a b.md");
    let form = reqwest::multipart::Form::new()
        .part("files[0]", part)
        .text("payload_json", payload.to_string());
    let url = format!("{}/api/v10/channels/{general}/messages", sim.base_url());
    let request = reqwest::Client::new().post(url).multipart(form);
    let answer = request
        .header("Authorization", "Bot sim-token")
        .send()
        .await
        .unwrap();
    let message: Value = answer.json().await.unwrap();
    let file = &message["attachments"][0];
    assert_eq!(
        (&file["filename"], &file["size"]),
        (&json!("a b.md"), &json!(7))
    );
    let url = file["url"].as_str().unwrap();
    let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
    assert_eq!(&bytes[..], b"# hello");
    sim.assert_clean();
}

#[tokio::test]
async fn the_address_of_a_file_leads_to_it_for_a_day_and_is_told_anew_with_the_message() {
    let sim = Sim::start(SimConfig {
        clock: Clock::manual(1_800_000_000_000),
        ..SimConfig::default()
    })
    .await;
    let general = sim.channel("general");
    let said = sim.user("member").says("see").with_file("a.txt", "words");
    let said = said.in_(general).await;
    let path = format!("/channels/{general}/messages/{}", said.id);
    let told = async || {
        let (_, message) = call(&sim, Method::GET, &path, &Value::Null).await;
        message["attachments"][0]["url"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let got = async |url: &str| {
        let answer = reqwest::get(url).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let url = told().await;
    let whole = (200, "words".to_owned());
    assert_eq!(got(&url).await, whole);
    let (bare, _) = url.split_once('?').unwrap();
    assert_eq!(got(bare).await.0, 404, "without a signature");
    assert_eq!(got(&url.replace("&hm=", "&hm=0")).await.0, 404);
    sim.advance(Duration::from_millis(86_399_999));
    assert_eq!(got(&url).await, whole);
    sim.advance(Duration::from_millis(1));
    assert_eq!(got(&url).await.0, 404, "it has expired");
    assert_eq!(got(&told().await).await, whole);
    sim.assert_clean();
}
