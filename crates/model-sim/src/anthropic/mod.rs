//! The Anthropic Messages API: `POST /v1/messages`, streamed or whole. Knows the wire format; what is
//! said and when comes from [`crate::script`].

mod block;
mod conversation;
mod reply;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::faults::Failure;
use crate::holds::Holds;
use crate::journal::Entry;
use crate::play::play;
use crate::script::{Retries, Step, scene};
use crate::server::{Due, before_the_first_byte, finished};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What is due for a request to `/v1/messages`.
pub(crate) fn due(body: &Value, retries: &Retries) -> Due {
    let scene = scene(&conversation::turns(body));
    // Claude Code sends its session in here; equal prompts in two sessions are two conversations.
    let conversation = body["metadata"]["user_id"].as_str().unwrap_or_default();
    Due {
        step: retries.due(conversation, &scene),
        user_text: scene.user_text,
    }
}

/// Plays a step as the reply to a request.
pub(crate) async fn reply(body: &Value, step: &Step, holds: &Holds, entry: Entry) -> Response {
    let streamed = body["stream"].as_bool().unwrap_or(false);
    before_the_first_byte(step, streamed, holds).await;
    if let Some(failure) = Failure::of_step(step) {
        return finished(entry, error_reply(failure));
    }
    let model = body["model"].as_str().unwrap_or("simulated-model");
    let mut headers = step.header_map();
    headers.insert(REQUEST_ID, request_id());
    if !streamed {
        return finished(entry, (headers, Json(reply::whole(model, step))));
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    (
        headers,
        play(reply::acts(model, step), holds.clone(), entry),
    )
        .into_response()
}

/// An error in the API's shape.
pub(crate) fn error_reply(failure: Failure) -> Response {
    let id = request_id();
    let body = failure.body.unwrap_or_else(|| {
        json!({
            "type": "error",
            "error": { "type": failure.kind, "message": failure.message },
            "request_id": id.to_str().unwrap_or_default(),
        })
    });
    let mut headers: HeaderMap = failure.headers;
    headers.insert(REQUEST_ID, id);
    let reply: (StatusCode, HeaderMap, Json<Value>) = (failure.status, headers, Json(body));
    reply.into_response()
}

fn request_id() -> HeaderValue {
    // Letters, digits and an underscore: always a valid header value.
    HeaderValue::try_from(new_id("req_")).unwrap_or(HeaderValue::from_static("req_"))
}

/// An id in the API's manner: a prefix and 24 hexadecimal digits.
fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}{}", &random[..24])
}
