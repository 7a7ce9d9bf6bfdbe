//! Holds and faults: small rules, kept as data, that stop or break a REST request before it is
//! carried out or after it was, an event before it is dispatched, or a gateway connection. They know
//! routes, bodies and kinds of events, not what the requests do.

mod dispatch;
mod fault;
mod gateway;
mod hold;
mod rule;

pub(crate) use dispatch::DispatchFaults;
pub use dispatch::{DispatchFault, DispatchRule};
pub use fault::{Fault, Truncation};
pub use gateway::GatewayFault;
pub(crate) use gateway::{GatewayFaults, Stage};
pub(crate) use hold::Gate;
pub use hold::Hold;
pub use rule::{Phase, Rule};
pub(crate) use rule::{Target, once};

use crate::gateway::Event;

/// A rule that waits for requests.
#[derive(Debug)]
struct Set {
    rule: Rule,
    /// How many requests it still takes; `None` takes all.
    left: Option<u32>,
    effect: Effect,
}

/// What happens to a request that a rule takes.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Hold(Gate),
    Fault(Fault),
}

/// The rules of one simulator, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    requests: Vec<Set>,
    pub(crate) dispatch: DispatchFaults,
    pub(crate) gateway: GatewayFaults,
}

impl Rules {
    pub(crate) fn add(&mut self, rule: Rule, effect: Effect) {
        let left = rule.times;
        self.requests.push(Set { rule, left, effect });
    }

    /// The effects of all rules that take this request in this phase, oldest first.
    pub(crate) fn take(&mut self, target: &Target<'_>, phase: Phase) -> Vec<Effect> {
        let mut effects = Vec::new();
        for set in &mut self.requests {
            if set.rule.phase == phase && set.left != Some(0) && set.rule.takes(target) {
                set.left = set.left.map(|left| left - 1);
                effects.push(set.effect.clone());
            }
        }
        self.requests.retain(|set| set.left != Some(0));
        effects
    }

    /// Removes all rules; what is held goes on. Gives back the events that others should overtake.
    #[must_use]
    pub(crate) fn clear(&mut self) -> Vec<Event> {
        for set in self.requests.drain(..) {
            if let Effect::Hold(gate) = set.effect {
                gate.open();
            }
        }
        self.gateway.clear();
        self.dispatch.clear()
    }
}
