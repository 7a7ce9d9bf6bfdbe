//! The Anthropic Messages API: `POST /v1/messages`, streamed or whole. Knows the wire format; what is
//! said and when comes from [`crate::script`], everything around it from [`crate::answer`].

mod block;
mod conversation;
mod reply;
mod tool;

use axum::http::StatusCode;
use serde_json::{Value, json};

pub(crate) use conversation::turns;
pub(crate) use reply::{acts, whole};

use crate::failure::Failure;

/// The body of an error reply.
pub(crate) fn error(failure: &Failure, request_id: &str) -> Value {
    let kind = failure.kind.as_deref().unwrap_or("api_error");
    json!({
        "type": "error",
        "error": { "type": kind, "message": failure.message },
        "request_id": request_id,
    })
}

/// The type of an error that the simulator makes itself.
pub(crate) fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::NOT_FOUND => "not_found_error",
        _ => "invalid_request_error",
    }
}
