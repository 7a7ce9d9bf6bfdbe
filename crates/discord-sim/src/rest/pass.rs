//! How rules hold or break a request.

use crate::journal::Fact;
use crate::rules::{Effect, Fault, Phase, Target, Truncation};
use crate::shared::Shared;
use crate::throttle::{Refusal, Scope};

use super::call::Call;
use super::reply::Reply;

/// How a request ends.
#[derive(Debug)]
pub(super) enum Outcome {
    Reply(Reply),
    /// 429.
    Refused(Refusal),
    /// The connection ends.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing comes.
    Hang,
}

impl Outcome {
    /// The status that the bot sees.
    pub(super) const fn status(&self) -> Option<u16> {
        match self {
            Self::Reply(reply) => Some(reply.status()),
            Self::Refused(_) => Some(429),
            Self::Cut | Self::Reset | Self::Hang => None,
        }
    }

    /// Whether the bot knows from it what became of its request.
    pub(super) fn tells(&self) -> bool {
        self.status().is_some_and(|status| status < 500)
    }

    /// The scope of a 429.
    pub(super) const fn scope(&self) -> Option<Scope> {
        if let Self::Refused(refusal) = self {
            Some(refusal.scope)
        } else {
            None
        }
    }
}

/// What the rules of a phase did.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// `None`: the request goes on.
    pub(super) outcome: Option<Outcome>,
    /// Half of the answer is sent.
    pub(super) truncation: Option<Truncation>,
}

impl Passed {
    fn ended(outcome: Outcome) -> Self {
        Self {
            outcome: Some(outcome),
            truncation: None,
        }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::ended(Outcome::Refused(refusal))
    }
}

/// Lets the rules of a phase act.
pub(super) async fn pass(shared: &Shared, call: &Call, phase: Phase) -> Passed {
    let text = call.text();
    let target = Target {
        route: call.route.kind(),
        channel: call.route.channel(),
        text: &text,
    };
    let effects = shared.act(|core| {
        let effects = core.rules.take(&target, phase);
        for effect in &effects {
            if let Effect::Fault(fault) = effect {
                let what = format!("{:?}, {phase:?}: {fault:?}", target.route);
                core.world.note(Fact::Faulted { what });
            }
        }
        effects
    });
    let mut passed = Passed::default();
    for effect in effects {
        let outcome = match effect {
            Effect::Hold(gate) => tokio::select! {
                () = gate.pass() => continue,
                () = shared.stop.cancelled() => Outcome::Cut,
            },
            Effect::Fault(Fault::Delay { ms }) => tokio::select! {
                () = shared.clock.after(ms) => continue,
                () = shared.stop.cancelled() => Outcome::Cut,
            },
            Effect::Fault(Fault::Truncate(truncation)) => {
                passed.truncation = Some(truncation);
                continue;
            }
            Effect::Fault(Fault::Answer { status, body }) => {
                Outcome::Reply(Reply::raw(status, body))
            }
            Effect::Fault(Fault::RateLimited {
                scope,
                retry_after_ms,
            }) => Outcome::Refused(Refusal::of(scope, retry_after_ms.into())),
            Effect::Fault(Fault::DropConnection) => Outcome::Cut,
            Effect::Fault(Fault::ResetConnection) => Outcome::Reset,
            Effect::Fault(Fault::Hang) => Outcome::Hang,
        };
        return Passed::ended(outcome);
    }
    passed
}
