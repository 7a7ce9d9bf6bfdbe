//! How a token endpoint answers.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::family::Refusal;
use super::token::{Service, Tokens};
use crate::api::Api;
use crate::failure::Failure;

/// What a login of Claude may do, when nobody asks for something else.
const SCOPES: &str =
    "user:file_upload user:inference user:mcp_servers user:profile user:sessions:claude_code";

/// An answer that can still be spoiled.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(status: StatusCode, body: &Value) -> Self {
        Self {
            body: body.to_string().into(),
            ..Self::raw(status, String::new())
        }
    }

    /// An answer that says just this, and calls it JSON.
    pub(crate) fn raw(status: StatusCode, body: String) -> Self {
        let json = HeaderValue::from_static("application/json");
        // Each renewal has a connection of its own, as the faults that concern connections need it.
        let close = HeaderValue::from_static("close");
        Self {
            status,
            headers: HeaderMap::from_iter([
                (header::CONTENT_TYPE, json),
                (header::CONNECTION, close),
            ]),
            body: body.into(),
        }
    }

    /// New tokens. `asked` is what the client sent.
    pub(crate) fn tokens(tokens: &Tokens, asked: &Value) -> Self {
        Self::json(StatusCode::OK, &told(tokens, asked))
    }

    pub(crate) fn refusal(service: Service, refusal: Refusal) -> Self {
        match service {
            Service::Claude => Self::json(
                StatusCode::BAD_REQUEST,
                &json!({
                    "error": "invalid_grant", "error_description": "Refresh token not found or invalid",
                }),
            ),
            Service::Codex => Self::failure(service, &spent(refusal)),
        }
    }

    /// An error of this status, in words that the service has for it.
    pub(crate) fn error(service: Service, status: StatusCode, message: &str) -> Self {
        let api = api(service);
        Self::failure(service, &api.refusal(status, message))
    }

    fn failure(service: Service, failure: &Failure) -> Self {
        let body = api(service).error(failure, "req_simulated");
        Self::json(failure.status, &body)
    }

    pub(crate) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        // What a test wants in a header that cannot stand there is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The answer up to so many bytes of its body; then the connection ends.
    pub(crate) fn cut(mut self, bytes: usize) -> Response {
        let whole = HeaderValue::from(self.body.len());
        self.headers.insert(header::CONTENT_LENGTH, whole);
        let kept = self.body.slice(..bytes.min(self.body.len()));
        let end = stream::once(async {
            // The server flushes when a body is not ready; without it what was sent before is lost too.
            tokio::task::yield_now().await;
            let cut = io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the test");
            Err::<Bytes, io::Error>(cut)
        });
        let body = Body::from_stream(stream::iter([Ok(kept)]).chain(end));
        (self.status, self.headers, body).into_response()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, self.headers, self.body).into_response()
    }
}

fn api(service: Service) -> Api {
    match service {
        Service::Claude => Api::Anthropic,
        Service::Codex => Api::OpenAi,
    }
}

/// Tokens as their service tells them.
pub(crate) fn told(tokens: &Tokens, asked: &Value) -> Value {
    match tokens.service {
        Service::Claude => json!({
            "token_type": "Bearer",
            "access_token": tokens.access,
            "expires_in": tokens.expires_in.as_secs(),
            "refresh_token": tokens.refresh,
            "scope": asked["scope"].as_str().unwrap_or(SCOPES),
            "organization": { "uuid": "00000000-0000-4000-8000-000000000001", "name": "simulated" },
            "account": {
                "uuid": "00000000-0000-4000-8000-000000000002",
                "email_address": "simulated@example.invalid",
            },
        }),
        Service::Codex => json!({
            "id_token": tokens.id, "access_token": tokens.access, "refresh_token": tokens.refresh,
        }),
    }
}

/// What Claude Code reads of a login.
pub(crate) fn profile() -> Value {
    json!({
        "account": {
            "uuid": "00000000-0000-4000-8000-000000000002",
            "email": "simulated@example.invalid",
            "full_name": "Simulated",
        },
        "organization": {
            "uuid": "00000000-0000-4000-8000-000000000001",
            "name": "simulated",
            "organization_type": "claude_max",
            "rate_limit_tier": "default_claude_max_5x",
        },
    })
}

/// How OpenAI refuses a refresh token.
pub(crate) fn spent(refusal: Refusal) -> Failure {
    let (code, message) = match refusal {
        Refusal::Reused => (
            "refresh_token_reused",
            "Your refresh token has already been used to generate a new access token.",
        ),
        Refusal::Unknown | Refusal::Ended => (
            "refresh_token_invalidated",
            "Your refresh token has been invalidated.",
        ),
    };
    Failure {
        kind: Some("invalid_request_error".to_owned()),
        code: Some(code.to_owned()),
        ..Failure::new(StatusCode::UNAUTHORIZED, message)
    }
}
