//! Answers of the control interface.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use thiserror::Error;

use crate::error::ApiError;
use crate::world::SlashError;

/// Why a control request was refused.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    #[error("/_ctl serves loopback only")]
    Foreign,
    #[error("there is no {kind} {name:?}")]
    Unknown { kind: &'static str, name: String },
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Slash(#[from] SlashError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::Unknown { .. } => StatusCode::NOT_FOUND,
            Self::Api(_) | Self::Slash(_) => StatusCode::BAD_REQUEST,
        };
        (status, json_body(&json!({"error": self.to_string()}))).into_response()
    }
}

/// What every control route answers: JSON or a refusal.
pub(super) type Answer = Result<Response, Refusal>;

/// 200 with JSON.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it ends the control routes, which can all refuse"
)]
pub(super) fn ok(value: &impl Serialize) -> Answer {
    Ok(json_body(value))
}

fn json_body(value: &impl Serialize) -> Response {
    // All values here have string keys, so they can be written.
    let text = serde_json::to_string(value).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
