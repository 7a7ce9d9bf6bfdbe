//! The HTTP side: writes every request down and hands it to the API that it belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request::Parts};
use axum::response::{IntoResponse, Json, Response};
use parking_lot::Mutex;
use serde_json::json;

use crate::answer::Due;
use crate::api::Api;
use crate::body::{self, Received};
use crate::faults::Faults;
use crate::holds::Holds;
use crate::journal::{Arrival, Journal, Outcome};
use crate::openai::{DEVICE, LoginStep, Logins, Page};
use crate::script::Retries;
use crate::usage::Usage;
use crate::{answer, control};

/// What all connections share. None of it is about a conversation except the counted failures.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) journal: Journal,
    pub(crate) holds: Holds,
    pub(crate) faults: Faults,
    pub(crate) retries: Retries,
    /// The account's, which every conversation of a `ChatGPT` login shares.
    pub(crate) usage: Mutex<Usage>,
    pub(crate) logins: Logins,
}

impl Shared {
    pub(crate) fn reset(&self) {
        self.journal.reset();
        self.holds.reset();
        self.faults.reset();
        self.retries.reset();
        *self.usage.lock() = Usage::default();
        self.logins.reset();
    }

    /// What stands in each reply behind a path: for a `ChatGPT` login, its limits.
    fn headers_of(&self, path: &str) -> HeaderMap {
        if !path.starts_with("/backend-api/") {
            return HeaderMap::new();
        }
        let told = self.usage.lock().headers().into_iter();
        told.filter_map(|(name, value)| {
            let value = HeaderValue::try_from(value).ok()?;
            Some((HeaderName::from_static(name), value))
        })
        .collect()
    }
}

/// What a request wants.
enum Route {
    Model(Api),
    CountTokens,
    /// Something that a client asks of OpenAI beside the model.
    Page(Page),
    Login(LoginStep),
    Hello,
    /// Codex would rather have a `WebSocket`; told so, it takes the stream.
    WebSocket,
    Unknown,
}

impl Route {
    fn of(method: &Method, path: &str) -> Self {
        let reads = method == Method::GET || method == Method::HEAD;
        let posts = method == Method::POST;
        match path {
            "/v1/messages" if posts => Self::Model(Api::Anthropic),
            "/v1/messages/count_tokens" if posts => Self::CountTokens,
            // Claude Code probes its server with these before it starts.
            "/" | "/api/hello" if reads => Self::Hello,
            "/v1/responses" | "/backend-api/codex/responses" if posts => Self::Model(Api::OpenAi),
            "/v1/responses" | "/backend-api/codex/responses" if reads => Self::WebSocket,
            _ => match (Page::of(path), LoginStep::of(method, path)) {
                (Some(page), _) if reads => Self::Page(page),
                (_, Some(step)) => Self::Login(step),
                _ => Self::Unknown,
            },
        }
    }
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
    let path = head.uri.path();
    let (api, route) = (Api::of(path), Route::of(&head.method, path));
    let due = match (&route, &received.json) {
        (Route::Model(api), Ok(body)) => Some(answer::due(*api, body, &shared.retries)),
        _ => None,
    };
    let arrival = arrival(at, &head, &received, due.as_ref());
    let unauthorized = shared.faults.refusal(&arrival.headers);
    // A probe must not use up an error that is meant for the request behind it.
    let forced = (head.method != Method::HEAD)
        .then(|| shared.faults.strike(path, &arrival.headers))
        .flatten();
    let mut entry = shared.journal.open(arrival);

    if let Some(failure) = forced {
        entry.finish(Outcome::Answered);
        return answer::error_reply(api, failure);
    }
    let refuse = |status, why: &str| answer::error_reply(api, api.refusal(status, why));
    let reply = match (route, received.json, due) {
        (Route::Model(_) | Route::Page(_), Ok(_), _) if let Some(why) = unauthorized => {
            refuse(StatusCode::UNAUTHORIZED, why)
        }
        (Route::Model(api), Ok(body), Some(due)) => {
            let headers = shared.headers_of(path);
            return answer::reply(api, &body, &due.step, headers, &shared.holds, entry).await;
        }
        (Route::Model(_) | Route::CountTokens, Err(why), _) => {
            refuse(StatusCode::BAD_REQUEST, &why)
        }
        // About four bytes a token is near enough for a program that only wants a number.
        (Route::CountTokens, Ok(_), _) => {
            json_reply(json!({ "input_tokens": (received.length / 4).max(1) }))
        }
        (Route::Page(page), _, _) => json_reply(page.content(&head.headers, &shared.usage.lock())),
        (Route::Login(step), body, _) => {
            let is_allowed = shared.holds.is_released(DEVICE);
            let usage = shared.usage.lock();
            let body = body.unwrap_or_default();
            let answer = shared.logins.answer(step, &body, is_allowed, &usage);
            answer.map_or_else(|failure| answer::error_reply(api, *failure), json_reply)
        }
        (Route::Hello, _, _) => json_reply(json!({ "ok": true })),
        (Route::WebSocket, _, _) => refuse(
            StatusCode::UPGRADE_REQUIRED,
            "the model simulator speaks no WebSocket",
        ),
        (Route::Unknown | Route::Model(_), _, _) => refuse(
            StatusCode::NOT_FOUND,
            &format!("the model simulator has no route {} {path}", head.method),
        ),
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
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

fn json_reply(body: serde_json::Value) -> Response {
    Json(body).into_response()
}
