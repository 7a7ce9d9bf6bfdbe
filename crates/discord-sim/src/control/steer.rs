//! Holds, faults, the clock and the gateway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gateway::{GatewayMode, Out};
use crate::rules::{DispatchFault, DispatchRule, Effect, Fault, Gate, GatewayFault, Rule};
use crate::server::Door;
use crate::shared::{Core, Shared};

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
    /// Opcode 9 that says the session is still there.
    AskToResume,
    /// Opcode 1.
    AskForHeartbeat,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokenEvent {
    rule: DispatchRule,
    fault: DispatchFault,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokenGateway {
    fault: GatewayFault,
    /// How many connections; null for all.
    #[serde(default = "crate::rules::once")]
    times: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outage {
    /// How long, in milliseconds of the machine's clock: nobody can end it over HTTP.
    ms: u64,
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

pub(super) async fn dispatch_fault(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<BrokenEvent>,
) -> Answer {
    shared.act(|core| core.rules.dispatch.add(body.rule, body.fault));
    ok(&json!({}))
}

pub(super) async fn gateway_fault(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<BrokenGateway>,
) -> Answer {
    shared.act(|core| core.rules.gateway.add(body.fault, body.times));
    ok(&json!({}))
}

/// Refuses connections for a while. The answer may be cut with everything else.
pub(super) async fn outage(State(shared): State<Arc<Shared>>, Json(body): Json<Outage>) -> Answer {
    tokio::spawn(async move {
        shared.doors.turn(Door::Shut).await;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(body.ms)) => {}
            () = shared.stop.cancelled() => return,
        }
        shared.doors.turn(Door::Open).await;
    });
    ok(&json!({}))
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Answer {
    shared.act(Core::clear_rules);
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
    let payload =
        |op: u8, data: Value| Out::Payload(json!({"op": op, "s": null, "t": null, "d": data}));
    shared.act(|core| match action {
        GatewayAction::Drop => core.hub.tell_all(&Out::Drop),
        GatewayAction::Close { code } => core.hub.tell_all(&Out::Close(code)),
        GatewayAction::Reconnect => core.hub.tell_all(&payload(7, Value::Null)),
        GatewayAction::Invalidate => {
            core.hub.tell_all(&payload(9, json!(false)));
            core.hub.forget_sessions();
        }
        GatewayAction::Refuse => core.hub.mode = GatewayMode::Refuse,
        GatewayAction::Hang => core.hub.mode = GatewayMode::Hang,
        GatewayAction::Accept => core.hub.mode = GatewayMode::Open,
        GatewayAction::AskToResume => core.hub.tell_all(&payload(9, json!(true))),
        GatewayAction::AskForHeartbeat => core.hub.tell_all(&payload(1, Value::Null)),
    });
    ok(&json!({}))
}
