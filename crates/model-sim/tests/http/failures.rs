use model_sim::{ForcedError, ModelSim};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::{Events, ask, post, streamed, text_of, whole};

async fn status(sim: &ModelSim, body: &Value) -> StatusCode {
    ask(sim, body).await.status()
}

#[tokio::test]
async fn a_scripted_error_has_the_shape_of_the_api() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"status":429,"error":"rate_limit_error","message":"slow down","headers":{"retry-after":3}}"#;
    let response = ask(&sim, &streamed(prompt)).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "3");
    let id = response.headers()["request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    let error = json!({ "type": "rate_limit_error", "message": "slow down" });
    assert_eq!(
        body,
        json!({ "type": "error", "error": error, "request_id": id })
    );
}

#[tokio::test]
async fn a_counted_error_ends_by_itself_in_each_conversation() {
    let sim = ModelSim::start().await.unwrap();
    let mut body = whole(r#"STUB:{"status":529,"times":1,"text":"back"}"#);
    body["metadata"] = json!({ "user_id": "one" });
    assert_eq!(status(&sim, &body).await, 529);
    let mut other = body.clone();
    other["metadata"] = json!({ "user_id": "two" });
    assert_eq!(status(&sim, &other).await, 529);
    let reply: Value = ask(&sim, &body).await.json().await.unwrap();
    assert_eq!(reply["content"][0]["text"], "back");
}

#[tokio::test]
async fn an_error_event_ends_the_stream() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"sse_error":{"type":"overloaded_error","message":"busy"}}"#;
    let events = Events::of(ask(&sim, &streamed(prompt)).await).all().await;
    let error =
        json!({ "type": "error", "error": { "type": "overloaded_error", "message": "busy" } });
    assert_eq!(events.last(), Some(&error));
    assert_eq!(events.len(), 3, "message_start, ping, error: {events:?}");
}

#[tokio::test]
async fn a_cut_breaks_the_connection_after_the_first_delta_but_not_the_retry_without_a_stream() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"text":"half whole","chunks":2,"cut":true}"#;
    let mut events = Events::of(ask(&sim, &streamed(prompt)).await);
    assert_eq!(events.text_of_deltas(1).await, "half ");
    events.next().await.expect_err("the connection is dropped");
    let reply: Value = ask(&sim, &whole(prompt)).await.json().await.unwrap();
    assert_eq!(reply["content"][0]["text"], "half whole");
}

#[tokio::test]
async fn a_forced_error_hits_only_its_path_and_only_as_often_as_it_says() {
    let sim = ModelSim::start().await.unwrap();
    let rule = ForcedError::status(401)
        .error("authentication_error")
        .message("no")
        .path("/v1/messages")
        .times(1);
    sim.force([rule]);
    let elsewhere = reqwest::get(sim.base_url()).await.unwrap();
    assert_eq!(elsewhere.status(), 200);
    let refused = ask(&sim, &streamed("hello")).await;
    assert_eq!(refused.status(), 401);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(
        body["error"],
        json!({ "type": "authentication_error", "message": "no" })
    );
    let events = Events::of(ask(&sim, &streamed("hello")).await).all().await;
    assert_eq!(text_of(&events), "echo: hello");
}

#[tokio::test]
async fn a_probe_does_not_use_up_a_forced_error() {
    let sim = ModelSim::start().await.unwrap();
    sim.force([ForcedError::status(500).times(1)]);
    let client = reqwest::Client::new();
    assert_eq!(
        client.head(sim.base_url()).send().await.unwrap().status(),
        200
    );
    assert_eq!(
        client.get(sim.base_url()).send().await.unwrap().status(),
        500
    );
    assert_eq!(
        client.get(sim.base_url()).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn only_accepted_credentials_get_an_answer() {
    let sim = ModelSim::start().await.unwrap();
    sim.accept_only(Some(vec!["good".to_owned()]));
    let with = |header: &'static str, value: &'static str| {
        let request = post(&sim, "/v1/messages", &whole("hi")).header(header, value);
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(with("x-api-key", "bad").await, 401);
    assert_eq!(with("x-api-key", "good").await, 200);
    assert_eq!(with("authorization", "Bearer good").await, 200);
    sim.accept_only(None);
    assert_eq!(with("x-api-key", "bad").await, 200);
}

#[tokio::test]
async fn what_is_not_served_and_what_cannot_be_read_is_refused_and_logged() {
    let sim = ModelSim::start().await.unwrap();
    let lost = post(&sim, "/v1/nothing", &json!({ "a": 1 }))
        .send()
        .await
        .unwrap();
    assert_eq!(lost.status(), 404);
    let broken = post(&sim, "/v1/messages", &Value::Null)
        .body("{")
        .send()
        .await
        .unwrap();
    assert_eq!(broken.status(), 400);
    let logged: Vec<(String, Value)> = sim
        .requests()
        .into_iter()
        .map(|request| (request.path, request.body))
        .collect();
    let why = "the body is not JSON: EOF while parsing an object at line 1 column 1";
    assert_eq!(
        logged,
        [
            ("/v1/nothing".to_owned(), json!({ "a": 1 })),
            ("/v1/messages".to_owned(), json!({ "unreadable": why })),
        ]
    );
}
