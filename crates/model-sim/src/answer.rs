//! From a request to the reply that is due, whatever the API.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::Value;

use crate::api::Api;
use crate::failure::Failure;
use crate::holds::Holds;
use crate::ids::new_id;
use crate::journal::{Entry, Outcome};
use crate::play::play;
use crate::script::{Retries, Step, scene};

/// What a model is to say: the due step and the words it answers.
pub(crate) struct Due {
    pub(crate) step: Step,
    pub(crate) user_text: String,
}

/// What is due for a request to a model.
pub(crate) fn due(api: Api, body: &Value, retries: &Retries) -> Due {
    let scene = scene(&api.turns(body));
    Due {
        step: retries.due(api.conversation(body), &scene),
        user_text: scene.user_text,
    }
}

/// Plays a step as the reply to a request. The step's own headers replace equal ones of `headers`.
pub(crate) async fn reply(
    api: Api,
    body: &Value,
    step: &Step,
    mut headers: HeaderMap,
    holds: &Holds,
    mut entry: Entry,
) -> Response {
    let streamed = body["stream"].as_bool().unwrap_or(false);
    before_the_first_byte(step, streamed, holds).await;
    if let Some(mut failure) = Failure::of_step(step) {
        headers.extend(failure.headers);
        failure.headers = headers;
        entry.finish(Outcome::Answered);
        return error_reply(api, failure);
    }
    let model = body["model"].as_str().unwrap_or("simulated-model");
    headers.extend(step.header_map());
    headers.insert(api.request_id(), id_header(&request_id()));
    if !streamed {
        entry.finish(Outcome::Answered);
        return (headers, Json(api.whole(model, step))).into_response();
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let stream = play(api.acts(model, step), holds.clone(), entry);
    (headers, stream).into_response()
}

/// An error in the API's shape.
pub(crate) fn error_reply(api: Api, failure: Failure) -> Response {
    let id = request_id();
    let body = match failure.body {
        Some(body) => body,
        None => api.error(&failure, &id),
    };
    let mut headers = failure.headers;
    headers.insert(api.request_id(), id_header(&id));
    (failure.status, headers, Json(body)).into_response()
}

/// Waits for what comes before the first byte of a reply. Dropped when the client goes away.
async fn before_the_first_byte(step: &Step, streamed: bool, holds: &Holds) {
    if let Some(name) = &step.hold
        && (step.hold_after.is_none() || !streamed)
    {
        holds.pass(name).await;
    }
    if let Some(time) = step.stall {
        tokio::time::sleep(time.0).await;
    }
}

fn request_id() -> String {
    new_id("req_")
}

fn id_header(id: &str) -> HeaderValue {
    // Letters, digits and an underscore: always a valid header value.
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("req_"))
}
