//! Holds and faults: small rules, kept as data, that stop or break a REST request before it is
//! carried out or after it was. They know routes and bodies, not what the requests do.

mod fault;
mod hold;
mod rule;

pub use fault::{Fault, Truncation};
pub(crate) use hold::Gate;
pub use hold::Hold;
pub(crate) use rule::Target;
pub use rule::{Phase, Rule};

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
pub(crate) struct Rules(Vec<Set>);

impl Rules {
    pub(crate) fn add(&mut self, rule: Rule, effect: Effect) {
        let left = rule.times;
        self.0.push(Set { rule, left, effect });
    }

    /// The effects of all rules that take this request in this phase, oldest first.
    pub(crate) fn take(&mut self, target: &Target<'_>, phase: Phase) -> Vec<Effect> {
        let mut effects = Vec::new();
        for set in &mut self.0 {
            if set.rule.phase == phase && set.left != Some(0) && set.rule.takes(target) {
                set.left = set.left.map(|left| left - 1);
                effects.push(set.effect.clone());
            }
        }
        self.0.retain(|set| set.left != Some(0));
        effects
    }

    /// Removes all rules; what is held goes on.
    pub(crate) fn clear(&mut self) {
        for set in self.0.drain(..) {
            if let Effect::Hold(gate) = set.effect {
                gate.open();
            }
        }
    }
}
