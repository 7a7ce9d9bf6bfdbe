//! Carries a plan out, on the simulator's clock.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::gateway::Out;
use crate::journal::Fact;
use crate::rest::RouteKind;
use crate::rules::{DispatchRule, Effect, Phase, Rule};
use crate::server::Door;
use crate::shared::{Core, Shared};

use super::Chaos;
use super::plan::Plan;
use super::step::{Shake, Step};

/// A profile that is being carried out. Dropping it ends it.
#[derive(Debug)]
pub struct ChaosRun {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl ChaosRun {
    /// Ends it and waits until everything works again: connections are taken, and holds and faults
    /// that still wait are removed.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // The driver does not panic; if it did, it has ended too.
            let _ = task.await;
        }
    }
}

impl Drop for ChaosRun {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Begins to carry a profile out.
pub(crate) fn start(shared: &Arc<Shared>, chaos: &Chaos) -> ChaosRun {
    let stop = shared.stop.child_token();
    // Read here: the driver gets its first turn later, when the clock may have been pushed.
    let began_ms = shared.clock.now_ms();
    let driver = drive(Arc::clone(shared), Plan::of(chaos), began_ms, stop.clone());
    ChaosRun {
        stop,
        task: Some(tokio::spawn(driver)),
    }
}

async fn drive(shared: Arc<Shared>, plan: Plan, began_ms: i64, stop: CancellationToken) {
    for planned in plan {
        let at_ms = i64::try_from(planned.at_ms).unwrap_or(i64::MAX);
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = shared.clock.until(began_ms.saturating_add(at_ms)) => {}
        }
        let what = format!("{:?}", planned.step);
        shared.note(Fact::Chaos { what });
        carry_out(&shared, planned.step).await;
    }
    shared.doors.turn(Door::Open).await;
    shared.act(Core::clear_rules);
}

async fn carry_out(shared: &Shared, step: Step) {
    match step {
        Step::Request(phase, fault) => {
            let rule = Rule::any().except(RouteKind::Gateway);
            let rule = match phase {
                Phase::Before => rule,
                Phase::AfterCommit => rule.after_commit(),
            };
            shared.act(|core| core.rules.add(rule, Effect::Fault(fault)));
        }
        Step::Event(fault) => {
            shared.act(|core| core.rules.dispatch.add(DispatchRule::any(), fault));
        }
        Step::Gateway(told, fault) => shared.act(|core| {
            if let Some(fault) = fault {
                core.rules.gateway.add(fault, Some(1));
            }
            shake(core, told);
        }),
        Step::Shut => shared.doors.turn(Door::Shut).await,
        Step::Open => shared.doors.turn(Door::Open).await,
    }
}

fn shake(core: &mut Core, told: Shake) {
    let payload =
        |op: u8, data: Value| Out::Payload(json!({"op": op, "s": null, "t": null, "d": data}));
    let out = match told {
        Shake::Drop => Out::Drop,
        Shake::Close(with) => Out::Close(with),
        Shake::Reconnect => payload(7, Value::Null),
        Shake::Invalidate => payload(9, json!(false)),
        Shake::AskToResume => payload(9, json!(true)),
        Shake::AskForHeartbeat => payload(1, Value::Null),
    };
    core.hub.tell_all(&out);
    if told == Shake::Invalidate {
        core.hub.forget_sessions();
    }
}
