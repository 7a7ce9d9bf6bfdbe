//! `/healthz`, `/livez`, `/readyz`.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::Desk;

/// How the server is, in numbers; 503 if it does not do what it is for.
pub(super) async fn healthz(State(desk): State<Desk>) -> Response {
    let report = desk.reporter.report().await;
    let status = if report.healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

/// Whether the process works, whatever Discord does: 503 is a reason to kill it.
pub(super) async fn livez(State(desk): State<Desk>) -> Response {
    said(desk.reporter.alive(), "alive")
}

/// Whether messages are taken: not before all that was left has been taken up, and not while it ends.
pub(super) async fn readyz(State(desk): State<Desk>) -> Response {
    said(desk.reporter.report().await.readiness(), "ready")
}

fn said(judged: Result<(), String>, well: &str) -> Response {
    match judged {
        Ok(()) => (StatusCode::OK, format!("{well}\n")).into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}
