//! Chaos, begun and ended.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use parking_lot::Mutex;
use serde_json::json;

use crate::chaos::{self, Chaos, ChaosRun};
use crate::shared::Shared;

use super::reply::{Answer, ok};

/// The profile that was begun over HTTP.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<Option<ChaosRun>>);

type WithRunning = State<(Arc<Shared>, Arc<Running>)>;

/// Begins a profile, instead of the one that runs.
pub(super) async fn begin(
    State((shared, running)): WithRunning,
    Json(profile): Json<Chaos>,
) -> Answer {
    let before = running.0.lock().take();
    if let Some(before) = before {
        before.stop().await;
    }
    *running.0.lock() = Some(chaos::start(&shared, &profile));
    ok(&json!({}))
}

pub(super) async fn end(State((_, running)): WithRunning) -> Answer {
    let before = running.0.lock().take();
    if let Some(before) = before {
        before.stop().await;
    }
    ok(&json!({}))
}
