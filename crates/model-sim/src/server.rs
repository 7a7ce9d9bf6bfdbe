//! The HTTP side: writes every request down and hands it to the API that it belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, request::Parts};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use crate::body::{self, Received};
use crate::faults::{Failure, Faults};
use crate::holds::Holds;
use crate::journal::{Arrival, Entry, Journal, Outcome};
use crate::script::{Retries, Step};
use crate::{anthropic, control};

/// What all connections share. None of it is about a conversation except the counted failures.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) journal: Journal,
    pub(crate) holds: Holds,
    pub(crate) faults: Faults,
    pub(crate) retries: Retries,
}

impl Shared {
    pub(crate) fn reset(&self) {
        self.journal.reset();
        self.holds.reset();
        self.faults.reset();
        self.retries.reset();
    }
}

/// What a request wants.
enum Route {
    Messages,
    CountTokens,
    Hello,
    Unknown,
}

impl Route {
    fn of(method: &Method, path: &str) -> Self {
        let reads = method == Method::GET || method == Method::HEAD;
        match path {
            "/v1/messages" if method == Method::POST => Self::Messages,
            "/v1/messages/count_tokens" if method == Method::POST => Self::CountTokens,
            // Claude Code probes its server with these before it starts.
            "/" | "/api/hello" if reads => Self::Hello,
            _ => Self::Unknown,
        }
    }
}

/// What a model is to say: the due step and the words it answers.
pub(crate) struct Due {
    pub(crate) step: Step,
    pub(crate) user_text: String,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .nest("/_ctl", control::router())
        .fallback(serve)
        .with_state(shared)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let at = Instant::now();
    let (head, content) = request.into_parts();
    let received = body::receive(&head.headers, content).await;
    let route = Route::of(&head.method, head.uri.path());
    let due = match (&route, &received.json) {
        (Route::Messages, Ok(body)) => Some(anthropic::due(body, &shared.retries)),
        (Route::Messages | Route::CountTokens | Route::Hello | Route::Unknown, _) => None,
    };
    let arrival = arrival(at, &head, &received, due.as_ref());
    let authorized = shared.faults.accepts(&arrival.headers);
    let mut entry = shared.journal.open(arrival);

    // A probe must not use up an error that is meant for the request behind it.
    let forced = (head.method != Method::HEAD)
        .then(|| shared.faults.strike(head.uri.path()))
        .flatten();
    if let Some(failure) = forced {
        entry.finish(Outcome::Answered);
        return anthropic::error_reply(failure);
    }
    let reply = match (route, received.json, due) {
        (Route::Messages, Ok(body), Some(due)) if authorized => {
            return anthropic::reply(&body, &due.step, &shared.holds, entry).await;
        }
        (Route::Messages, Ok(_), _) => anthropic::error_reply(Failure::new(
            StatusCode::UNAUTHORIZED,
            "authentication_error",
            "Invalid authentication credentials",
        )),
        (Route::Messages | Route::CountTokens, Err(why), _) => anthropic::error_reply(
            Failure::new(StatusCode::BAD_REQUEST, "invalid_request_error", why),
        ),
        // About four bytes a token is near enough for a program that only wants a number.
        (Route::CountTokens, Ok(_), _) => {
            json_reply(json!({ "input_tokens": (received.length / 4).max(1) }))
        }
        (Route::Hello, _, _) => json_reply(json!({ "ok": true })),
        (Route::Unknown, _, _) => anthropic::error_reply(Failure::new(
            StatusCode::NOT_FOUND,
            "not_found_error",
            format!(
                "the model simulator has no route {} {}",
                head.method,
                head.uri.path()
            ),
        )),
    };
    entry.finish(Outcome::Answered);
    reply
}

fn arrival(at: Instant, head: &Parts, received: &Received, due: Option<&Due>) -> Arrival {
    Arrival {
        at,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: readable(&head.headers),
        body: received.for_the_log(),
        user_text: due.map(|due| due.user_text.clone()),
        step: due.map(|due| due.step.clone()),
    }
}

fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

fn json_reply(body: serde_json::Value) -> Response {
    Json(body).into_response()
}

/// Waits for what comes before the first byte of a reply, then builds it. Dropped when the client goes away.
pub(crate) async fn before_the_first_byte(step: &Step, streamed: bool, holds: &Holds) {
    if let Some(name) = &step.hold
        && (step.hold_after.is_none() || !streamed)
    {
        holds.pass(name).await;
    }
    if let Some(time) = step.stall {
        tokio::time::sleep(time.0).await;
    }
}

/// A finished reply for a client that is still there.
pub(crate) fn finished(mut entry: Entry, reply: impl IntoResponse) -> Response<Body> {
    entry.finish(Outcome::Answered);
    reply.into_response()
}
