//! Holds, faults, the clock and the gateway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;

use crate::gateway::{GatewayMode, Out};
use crate::rules::{Effect, Fault, Gate, Rule};
use crate::shared::Shared;

use super::reply::{Answer, Refusal, ok};

/// The holds that were made over HTTP, by number.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<BTreeMap<usize, Gate>>);

type WithHolds = State<(Arc<Shared>, Arc<Holds>)>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Broken {
    rule: Rule,
    fault: Fault,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    ms: u64,
}

/// What happens on the gateway.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum GatewayAction {
    /// Drop all connections.
    Drop,
    /// Close all connections.
    Close { code: Option<u16> },
    /// Opcode 7.
    Reconnect,
    /// Opcode 9, and no session can be resumed.
    Invalidate,
    /// Refuse new connections.
    Refuse,
    /// Never answer new handshakes.
    Hang,
    /// Take connections again.
    Accept,
}

pub(super) async fn hold(State((shared, holds)): WithHolds, Json(rule): Json<Rule>) -> Answer {
    let gate = Gate::new();
    shared.act(|core| core.rules.add(rule, Effect::Hold(gate.clone())));
    let mut holds = holds.0.lock();
    let id = holds.len();
    holds.insert(id, gate);
    ok(&json!({"hold": id}))
}

pub(super) async fn held(State((_, holds)): WithHolds, Path(id): Path<usize>) -> Answer {
    ok(&json!({"arrivals": find(&holds, id)?.arrivals()}))
}

pub(super) async fn release(State((_, holds)): WithHolds, Path(id): Path<usize>) -> Answer {
    find(&holds, id)?.open();
    ok(&json!({}))
}

fn find(holds: &Holds, id: usize) -> Result<Gate, Refusal> {
    let gate = holds.0.lock().get(&id).cloned();
    gate.ok_or_else(|| Refusal::Unknown {
        kind: "hold",
        name: id.to_string(),
    })
}

pub(super) async fn fault(State(shared): State<Arc<Shared>>, Json(body): Json<Broken>) -> Answer {
    shared.act(|core| core.rules.add(body.rule, Effect::Fault(body.fault)));
    ok(&json!({}))
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Answer {
    shared.act(|core| core.rules.clear());
    ok(&json!({}))
}

pub(super) async fn advance(State(shared): State<Arc<Shared>>, Json(body): Json<Step>) -> Answer {
    shared.clock.advance(Duration::from_millis(body.ms));
    shared.act(|_| ());
    ok(&json!({"now_ms": shared.clock.now_ms()}))
}

pub(super) async fn gateway(
    State(shared): State<Arc<Shared>>,
    Json(action): Json<GatewayAction>,
) -> Answer {
    let payload = |op: u8| Out::Payload(json!({"op": op, "s": null, "t": null, "d": false}));
    shared.act(|core| match action {
        GatewayAction::Drop => core.hub.tell_all(&Out::Drop),
        GatewayAction::Close { code } => core.hub.tell_all(&Out::Close(code)),
        GatewayAction::Reconnect => core.hub.tell_all(&payload(7)),
        GatewayAction::Invalidate => {
            core.hub.tell_all(&payload(9));
            core.hub.forget_sessions();
        }
        GatewayAction::Refuse => core.hub.mode = GatewayMode::Refuse,
        GatewayAction::Hang => core.hub.mode = GatewayMode::Hang,
        GatewayAction::Accept => core.hub.mode = GatewayMode::Open,
    });
    ok(&json!({}))
}
