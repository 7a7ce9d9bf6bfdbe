//! The Responses API.

mod account;
mod failures;
mod replies;

use model_sim::ModelSim;
use reqwest::Response;
use serde_json::{Value, json};

use crate::client::{Events, post};

/// A streamed request with one user text.
fn streamed(text: &str) -> Value {
    let mut body = whole(text);
    body["stream"] = json!(true);
    body
}

/// The same, unstreamed.
fn whole(text: &str) -> Value {
    let content = json!([{ "type": "input_text", "text": text }]);
    json!({ "model": "m", "input": [{ "type": "message", "role": "user", "content": content }] })
}

async fn ask(sim: &ModelSim, body: &Value) -> Response {
    post(sim, "/v1/responses", body)
        .send()
        .await
        .expect("the simulator answers")
}

async fn events(sim: &ModelSim, script: &str) -> Vec<Value> {
    let body = streamed(&format!("STUB:{script}"));
    Events::of(ask(sim, &body).await).all().await
}
