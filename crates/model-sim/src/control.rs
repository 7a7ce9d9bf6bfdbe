//! The simulator's own HTTP interface, for tests that are not written in Rust and for people.
//!
//! `GET log[?after=N][&wait=S]`, `GET holds`, `POST release {"name"}`, `POST force {rule}` or
//! `{"rules":[…]}` or `{}`, `POST tokens {"ok":[…]}` or `{}`, `POST usage {usage}` or `{}`, `POST reset`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::{Accepted, ForcedError};
use crate::server::Shared;

/// The longest that a reader of the log may wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

type Reply = Result<Json<Value>, Refused>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/log", get(log))
        .route("/holds", get(holds))
        .route("/release", post(release))
        .route("/force", post(force))
        .route("/tokens", post(tokens))
        .route("/usage", post(usage))
        .route("/reset", post(reset))
}

/// What is wrong with a control request, as a sentence.
struct Refused(String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogQuery {
    /// Only requests with a greater number.
    #[serde(default)]
    after: u64,
    /// Seconds to wait until there is one.
    #[serde(default)]
    wait: u64,
}

async fn log(State(shared): State<Arc<Shared>>, Query(query): Query<LogQuery>) -> Response {
    let newer = shared.journal.find(|record| record.number > query.after);
    // Whether it came or the time is over, the answer is what the log has.
    let _ = tokio::time::timeout(Duration::from_secs(query.wait).min(LONGEST_WAIT), newer).await;
    let records = shared.journal.records();
    let newer: Vec<_> = records
        .iter()
        .map(AsRef::as_ref)
        .filter(|record| record.number > query.after)
        .collect();
    Json(json!(newer)).into_response()
}

async fn holds(State(shared): State<Arc<Shared>>) -> Response {
    Json(json!(shared.holds.snapshot())).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    name: String,
}

async fn release(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let release: Release = read(&body)?;
    shared.holds.release(&release.name);
    done()
}

async fn force(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let mut body: Value = read(&body)?;
    let rules: Vec<ForcedError> = match body.get_mut("rules").map(Value::take) {
        Some(rules) => typed(rules)?,
        None if body == json!({}) => Vec::new(),
        None => vec![typed(body)?],
    };
    rules
        .iter()
        .try_for_each(ForcedError::check)
        .map_err(Refused)?;
    shared.faults.force(rules);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tokens {
    ok: Option<Vec<String>>,
}

async fn tokens(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let tokens: Tokens = read(&body)?;
    let accepted = tokens.ok.map_or(Accepted::Any, Accepted::These);
    shared.faults.accept(accepted);
    done()
}

async fn usage(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    *shared.usage.lock() = read(&body)?;
    done()
}

async fn reset(State(shared): State<Arc<Shared>>) -> Reply {
    shared.reset();
    done()
}

/// The body is read as JSON whatever its content type says, so that a plain `curl -d` works.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused(error.to_string()))
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| Refused(error.to_string()))
}

// A `Result` because every handler ends with it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the handlers that can refuse share it as their last line"
)]
fn done() -> Reply {
    Ok(Json(json!({ "ok": true })))
}
