//! Holds and faults.

use crate::chaos::{self, Chaos, ChaosRun};
use crate::gateway::EventKind;
use crate::rules::{DispatchFault, DispatchRule, Effect, Fault, Gate, GatewayFault, Hold, Rule};
use crate::shared::Core;

use super::Sim;

impl Sim {
    /// Stops the requests that the rule takes until the hold is released or dropped.
    pub fn hold(&self, rule: Rule) -> Hold {
        let gate = Gate::new();
        self.shared
            .act(|core| core.rules.add(rule, Effect::Hold(gate.clone())));
        Hold::new(gate)
    }

    /// Breaks the requests that the rule takes.
    pub fn fault(&self, rule: Rule, fault: Fault) {
        self.shared
            .act(|core| core.rules.add(rule, Effect::Fault(fault)));
    }

    /// Removes all holds and faults; what is held goes on.
    pub fn clear_rules(&self) {
        self.shared.act(Core::clear_rules);
    }

    /// Begins to break things by chance, on the simulator's clock, until the run is stopped.
    pub fn chaos(&self, chaos: &Chaos) -> ChaosRun {
        chaos::start(&self.shared, chaos)
    }

    /// Breaks the events that the rule takes, before any session hears them.
    pub fn dispatch_fault(&self, rule: DispatchRule, fault: DispatchFault) {
        self.shared.act(|core| core.rules.dispatch.add(rule, fault));
    }

    /// Dispatches an event that nothing here has caused: what a Discord would say that is mistaken.
    pub fn dispatch(&self, kind: EventKind, data: serde_json::Value) {
        self.shared.act(|core| core.world.say(kind, data));
    }

    /// Breaks the next gateway connection that comes to the stage of the fault.
    pub fn gateway_fault(&self, fault: GatewayFault) {
        self.gateway_fault_times(fault, 1);
    }

    /// Breaks the next `times` gateway connections that come to the stage of the fault.
    pub fn gateway_fault_times(&self, fault: GatewayFault, times: u32) {
        self.shared
            .act(|core| core.rules.gateway.add(fault, Some(times)));
    }

    /// Breaks every gateway connection that comes to the stage of the fault.
    pub fn gateway_fault_always(&self, fault: GatewayFault) {
        self.shared.act(|core| core.rules.gateway.add(fault, None));
    }
}
