//! How often what happened, for runs that are too long to keep everything.

use serde::Serialize;

use super::{Fact, GatewayFact};

/// Numbers of facts since the simulator's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All facts.
    pub facts: u64,
    /// Calls of the REST API.
    pub rest_calls: u64,
    /// Calls that were answered with 429.
    pub too_many: u64,
    /// Messages that were stored.
    pub messages: u64,
    /// Sessions that began.
    pub identifies: u64,
    /// Sessions that went on after a break.
    pub resumes: u64,
    /// RESUMEs that were refused.
    pub refused_resumes: u64,
    /// Heartbeats of the client.
    pub heartbeats: u64,
    /// Faults that took effect.
    pub faults: u64,
    /// Broken rules.
    pub violations: u64,
}

impl Counts {
    pub(super) fn count(&mut self, fact: &Fact) {
        self.facts += 1;
        if let Fact::Rest(call) = fact {
            self.rest_calls += 1;
            self.too_many += u64::from(call.status == Some(429));
        }
        self.messages += u64::from(matches!(fact, Fact::MessageCreated { .. }));
        self.faults += u64::from(matches!(fact, Fact::Faulted { .. }));
        self.violations += u64::from(matches!(fact, Fact::Violation(_)));
        if let Fact::Gateway(fact) = fact {
            self.identifies += u64::from(matches!(fact, GatewayFact::Identified { .. }));
            self.resumes += u64::from(matches!(fact, GatewayFact::Resumed { .. }));
            self.refused_resumes += u64::from(matches!(fact, GatewayFact::ResumeRefused { .. }));
            self.heartbeats += u64::from(matches!(fact, GatewayFact::Heartbeat));
        }
    }
}
