//! The `OpenAI` Responses API, `POST /v1/responses`, and the same behind a `ChatGPT` login with the pages around it,
//! `/backend-api/…`, as Codex asks for them. Knows the wire format; what is said and when comes from [`crate::script`],
//! everything around it from [`crate::answer`].

mod conversation;
mod item;
mod login;
mod page;
mod reply;
mod tool;

use axum::http::StatusCode;
use serde_json::{Value, json};

pub(crate) use conversation::turns;
pub(crate) use login::{DEVICE, LoginStep, Logins};
pub(crate) use page::Page;
pub(crate) use reply::{acts, whole};

use crate::failure::Failure;

/// The body of an error reply. Codex goes by its code, and for `usage_limit_reached` by its type.
pub(crate) fn error(failure: &Failure) -> Value {
    let kind = failure.kind.as_deref();
    let code = failure.code.as_deref().or(kind);
    let mut error = json!({
        "message": failure.message,
        "type": kind.unwrap_or(usual_kind(failure.status)),
        "param": null,
        "code": code.or(usual_code(failure.status)),
    });
    if let Some(plan) = &failure.plan_type {
        error["plan_type"] = json!(plan);
    }
    if let Some(time) = failure.resets_at {
        error["resets_at"] = json!(time);
    }
    json!({ "error": error })
}

/// The type that belongs to a status (`OpenAI`: guides/error-codes).
fn usual_kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::TOO_MANY_REQUESTS => "requests",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}

fn usual_code(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::UNAUTHORIZED => Some("invalid_api_key"),
        StatusCode::TOO_MANY_REQUESTS => Some("rate_limit_exceeded"),
        status if status.is_server_error() => Some("server_error"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: StatusCode) -> Failure {
        Failure::new(status, "no")
    }

    #[test]
    fn an_error_without_a_type_has_that_of_its_status() {
        for (status, kind, code) in [
            (400, "invalid_request_error", Value::Null),
            (401, "invalid_request_error", json!("invalid_api_key")),
            (429, "requests", json!("rate_limit_exceeded")),
            (503, "server_error", json!("server_error")),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(
                error(&failure(status)),
                json!({ "error": { "message": "no", "type": kind, "param": null, "code": code } })
            );
        }
    }

    #[test]
    fn a_limit_says_whose_it_is_and_when_it_ends() {
        let limit = Failure {
            kind: Some("usage_limit_reached".to_owned()),
            plan_type: Some("plus".to_owned()),
            resets_at: Some(5),
            ..failure(StatusCode::TOO_MANY_REQUESTS)
        };
        assert_eq!(
            error(&limit),
            json!({ "error": {
                "message": "no", "type": "usage_limit_reached", "param": null, "code": "usage_limit_reached",
                "plan_type": "plus", "resets_at": 5,
            } })
        );
    }

    #[test]
    fn a_code_may_differ_from_its_type() {
        let coded = Failure {
            kind: Some("invalid_request_error".to_owned()),
            code: Some("context_length_exceeded".to_owned()),
            ..failure(StatusCode::BAD_REQUEST)
        };
        assert_eq!(
            error(&coded)["error"],
            json!({ "message": "no", "type": "invalid_request_error", "param": null, "code": "context_length_exceeded" })
        );
    }
}
