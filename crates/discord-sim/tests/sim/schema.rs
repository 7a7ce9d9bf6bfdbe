//! Requests and answers held against a description, here one of our own making: Discord's is not part
//! of this project (with `DISCORD_OPENAPI` every other test is held against it).

use std::path::{Path, PathBuf};

use discord_sim::{Sim, SimConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::call;

fn small_description() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/description.json")
}

async fn described(openapi: PathBuf) -> Sim {
    Sim::start(SimConfig {
        openapi: Some(openapi),
        ..SimConfig::default()
    })
    .await
}

/// What was found since the last look, without the ids of the path.
async fn found(sim: &Sim, method: Method, path: &str, body: Value) -> Vec<String> {
    call(sim, method, path, &body).await;
    let general = sim.channel("general").to_string();
    let found = sim.take_violations().into_iter();
    found
        .map(|violation| violation.to_string().replace(&general, "1"))
        .collect()
}

/// A message with these fields.
fn message(fields: &Value) -> Value {
    let mut message =
        json!({"content": "x", "nonce": fields.to_string().len(), "enforce_nonce": true});
    for (key, value) in fields.as_object().into_iter().flatten() {
        message[key] = value.clone();
    }
    message
}

#[tokio::test]
async fn what_fits_the_description_is_no_violation() {
    let sim = described(small_description()).await;
    call(&sim, Method::GET, "/gateway", &Value::Null).await;
    let messages = format!("/channels/{}/messages", sim.channel("general"));
    let row = json!({"type": 1, "components": [
        {"type": 2, "style": 1, "label": "go", "custom_id": "a"},
    ]});
    let body = message(&json!({"components": [row], "attachments": []}));
    let (status, posted) = call(&sim, Method::POST, &messages, &body).await;
    assert_eq!(status, 200, "{posted}");
    call(
        &sim,
        Method::GET,
        &format!("{messages}?limit=5"),
        &Value::Null,
    )
    .await;
    sim.assert_clean();
}

#[tokio::test]
async fn a_wrong_request_is_told_with_its_operation_and_its_place() {
    let sim = described(small_description()).await;
    let messages = format!("/channels/{}/messages", sim.channel("general"));
    let long = message(&json!({"content": "eleven char"}));
    assert_eq!(
        found(&sim, Method::POST, &messages, long).await,
        [
            "Schema: small_post request (POST /api/v10/channels/1/messages): \
             /content: \"eleven char\" is longer than 10 characters"
        ]
    );
    let query = format!("{messages}?limit=many");
    assert_eq!(
        found(&sim, Method::GET, &query, Value::Null).await,
        [
            "Schema: small_list request (GET /api/v10/channels/1/messages): \
             ?limit=many is not what Discord takes"
        ]
    );
}

#[tokio::test]
async fn in_a_union_the_branch_that_was_meant_is_blamed() {
    let sim = described(small_description()).await;
    let messages = format!("/channels/{}/messages", sim.channel("general"));
    let body = message(&json!({"components": [{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "longer", "custom_id": "a"},
    ]}]}));
    assert_eq!(
        found(&sim, Method::POST, &messages, body).await,
        [
            "Schema: small_post request (POST /api/v10/channels/1/messages): \
             /components/0/components/0/label: \"longer\" is longer than 5 characters"
        ]
    );
}

#[tokio::test]
async fn keys_that_no_branch_has_are_unknown_and_told_once() {
    let sim = described(small_description()).await;
    let messages = format!("/channels/{}/messages", sim.channel("general"));
    // `placeholder` is a key of selects; the simulator's own types take it, the description does not.
    let body = message(
        &json!({"contents": "y", "components": [{"type": 1, "components": [
            {"type": 2, "style": 1, "label": "go", "custom_id": "a", "placeholder": "p"},
        ]}]}),
    );
    assert_eq!(
        found(&sim, Method::POST, &messages, body).await,
        [
            "UnknownKey: POST /api/v10/channels/1/messages: contents",
            "UnknownKey: POST /api/v10/channels/1/messages: components.0.components.0.placeholder"
        ]
    );
    // "None" for a key of another branch says nothing, for a key of no branch it is a misspelling.
    let body = message(&json!({"components": [{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "go", "custom_id": "b", "options": [], "placeholder": null},
    ]}], "conten": null}));
    assert_eq!(
        found(&sim, Method::POST, &messages, body).await,
        ["UnknownKey: POST /api/v10/channels/1/messages: conten"]
    );
    let query = format!("{messages}?limits=5");
    assert_eq!(
        found(&sim, Method::GET, &query, Value::Null).await,
        ["UnknownKey: GET /api/v10/channels/1/messages: ?limits"]
    );
}

#[tokio::test]
async fn a_wrong_answer_of_the_simulator_is_told() {
    let sim = described(small_description()).await;
    assert_eq!(
        found(&sim, Method::GET, "/users/@me", Value::Null).await,
        ["Schema: small_me answer (GET /api/v10/users/@me): \
             the body: \"shoe_size\" is a required property"]
    );
    let channel = format!("/channels/{}", sim.channel("general"));
    assert_eq!(
        found(
            &sim,
            Method::POST,
            &format!("{channel}/typing"),
            Value::Null
        )
        .await,
        [
            "Schema: small_typing answer (POST /api/v10/channels/1/typing): \
             Discord never answers with 204"
        ]
    );
    assert_eq!(
        found(&sim, Method::GET, &channel, Value::Null).await,
        ["Schema: Discord's API description has no operation GET /channels/1"]
    );
}

#[tokio::test]
async fn refusals_are_held_against_the_description_too_and_refused_bodies_are_not() {
    let sim = described(small_description()).await;
    let messages = format!("/channels/{}/messages", sim.channel("general"));
    let long = message(&json!({"content": "x".repeat(2_001)}));
    let (status, _) = call(&sim, Method::POST, &messages, &long).await;
    let kinds: Vec<String> = sim
        .take_violations()
        .iter()
        .map(|v| format!("{:?}", v.kind))
        .collect();
    assert_eq!((status, kinds), (400, vec!["OverLimit".to_owned()]));
}

#[tokio::test]
async fn a_description_that_is_not_there_or_is_none_is_said_in_a_sentence() {
    let missing = PathBuf::from("/nowhere/description.json");
    let config = SimConfig {
        openapi: Some(missing),
        ..SimConfig::default()
    };
    let words = Sim::try_start(config).await.unwrap_err().to_string();
    assert!(
        words.starts_with("Discord's API description /nowhere/description.json cannot be read: "),
        "{words}"
    );
    let none = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let sim = described(none.clone()).await;
    let found = found(&sim, Method::GET, "/gateway", Value::Null).await;
    let start = format!(
        "Schema: {} is no OpenAPI description (JSON with `paths` and `components`): ",
        none.display()
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with(&start), "{found:?}");
}

#[tokio::test]
#[should_panic(expected = "shoe_size")]
async fn a_test_that_looks_at_nothing_fails_all_the_same() {
    let sim = described(small_description()).await;
    call(&sim, Method::GET, "/users/@me", &Value::Null).await;
}

#[tokio::test]
async fn every_answer_that_only_reads_is_as_discord_describes_it() {
    let sim = Sim::start(SimConfig::default()).await;
    let (general, guild, bot) = (sim.channel("general"), sim.guild_id(), sim.bot_id());
    let member = sim.user("member");
    let said = member
        .says("look: @bot")
        .with_file("a.txt", "x")
        .in_(general)
        .await;
    member.reacts(said, "👍").await;
    let thread = member.creates_thread("t").from(said).await;
    member.replies_to(said, "and more").await;
    let paths = [
        "/gateway".to_owned(),
        "/gateway/bot".to_owned(),
        "/users/@me".to_owned(),
        "/applications/@me".to_owned(),
        "/oauth2/applications/@me".to_owned(),
        format!("/users/{}", member.id()),
        format!("/guilds/{guild}"),
        format!("/guilds/{guild}/channels"),
        format!("/guilds/{guild}/threads/active"),
        format!("/guilds/{guild}/members?limit=10"),
        format!("/guilds/{guild}/members/{bot}"),
        format!("/guilds/{guild}/roles"),
        format!("/channels/{general}"),
        format!("/channels/{thread}"),
        format!("/channels/{general}/messages?limit=10"),
        format!("/channels/{general}/messages/{}", said.id),
        format!("/applications/{bot}/commands"),
    ];
    for path in paths {
        let (status, answer) = call(&sim, Method::GET, &path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    sim.assert_clean();
}
