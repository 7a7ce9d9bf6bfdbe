//! Single faults by chance.

use crate::rules::{DispatchFault, Fault, GatewayFault, Phase, Truncation};
use crate::throttle::Scope;

use super::ChaosFamily;
use super::dice::Dice;

/// What is done at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// The next request goes wrong.
    Request(Phase, Fault),
    /// The next event goes wrong.
    Event(DispatchFault),
    /// All gateway connections are told this, and the next one goes wrong like that.
    Gateway(Shake, Option<GatewayFault>),
    /// Connections are refused from now on.
    Shut,
    /// Connections are taken again.
    Open,
}

/// What gateway connections are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shake {
    Drop,
    Close(Option<u16>),
    Reconnect,
    Invalidate,
    AskToResume,
    AskForHeartbeat,
}

/// The codes after which a client comes back. Those of a wrong token, shard or intent would end it.
const CODES: [Option<u16>; 12] = [
    None,
    Some(1_001),
    Some(1_011),
    Some(1_012),
    Some(4_000),
    Some(4_001),
    Some(4_002),
    Some(4_003),
    Some(4_005),
    Some(4_007),
    Some(4_008),
    Some(4_009),
];

impl Step {
    /// A fault of a family.
    pub(super) fn of(family: ChaosFamily, dice: &mut Dice) -> Self {
        match family {
            ChaosFamily::Requests => request(dice),
            ChaosFamily::Dispatch => Self::Event(event(dice)),
            ChaosFamily::Gateway => {
                let shake = shake(dice);
                let fault = (dice.between(0, 1) == 0).then(|| connection(dice));
                Self::Gateway(shake, fault)
            }
            ChaosFamily::Outage => Self::Shut,
        }
    }
}

fn request(dice: &mut Dice) -> Step {
    let phase = dice.pick([Phase::Before, Phase::AfterCommit]);
    // What never ends costs a client its whole patience, so it is rare.
    let fault = match dice.between(0, 19) {
        0..=5 => Fault::status(dice.pick([500, 502, 503, 504])),
        6..=9 => Fault::delay(dice.between(100, 5_000)),
        10..=12 => Fault::DropConnection,
        13 | 14 => Fault::ResetConnection,
        15 | 16 => Fault::Truncate(dice.pick([Truncation::Cut, Truncation::Short])),
        17 => Fault::Truncate(Truncation::Stall),
        18 => Fault::Hang,
        _ => {
            let scope = dice.pick([Scope::User, Scope::Global, Scope::Shared]);
            let wait = dice.pick([300, 700, 1_500, 2_345]);
            // Nothing is done by a request that is told to wait.
            return Step::Request(Phase::Before, Fault::rate_limited(scope, wait));
        }
    };
    Step::Request(phase, fault)
}

fn event(dice: &mut Dice) -> DispatchFault {
    match dice.between(0, 9) {
        0..=3 => DispatchFault::Duplicate,
        4..=6 => DispatchFault::Overtaken {
            by: dice.pick([1, 2, 3]),
        },
        7 => DispatchFault::Malformed,
        8 => DispatchFault::Padded {
            bytes: dice.pick([1_000, 100_000, 1_000_000]),
        },
        _ => DispatchFault::Lost,
    }
}

fn shake(dice: &mut Dice) -> Shake {
    match dice.between(0, 9) {
        0..=2 => Shake::Drop,
        3..=5 => Shake::Close(dice.pick(CODES)),
        6 => Shake::Reconnect,
        7 => Shake::Invalidate,
        8 => Shake::AskToResume,
        _ => Shake::AskForHeartbeat,
    }
}

fn connection(dice: &mut Dice) -> GatewayFault {
    let code = dice.pick(CODES);
    dice.pick([
        GatewayFault::RefuseHandshake,
        GatewayFault::HangHandshake,
        GatewayFault::RejectHandshake { status: 502 },
        GatewayFault::NoHello,
        GatewayFault::HelloInterval { ms: 45_000 },
        GatewayFault::CloseAtHello { code },
        GatewayFault::InvalidAtIdentify,
        GatewayFault::IgnoreResume,
        GatewayFault::CloseAtResume { code },
        GatewayFault::InvalidAtResume,
        GatewayFault::RetryAtResume,
        GatewayFault::NoAck,
    ])
}
