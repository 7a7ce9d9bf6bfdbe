//! Connections to the gateway that end, and those that come to nothing.

use std::time::Duration;

use discord_sim::{GatewayFault, GatewayMode};

use super::{
    Case, Trouble,
    fault::Shake::{AskForHeartbeat, AskToResume, Close, Drop, Invalidate, Nothing, Reconnect},
};

/// The codes after which a client may come back: of the websocket (RFC 6455, 7.4.1), and of the gateway
/// (Discord: opcodes-and-status-codes#gateway-gateway-close-event-codes; 4006 is not documented any
/// more). The others are in [`super::fatal`].
const CODES: [u16; 15] = [
    1_000, 1_001, 1_011, 1_012, 4_000, 4_001, 4_002, 4_003, 4_005, 4_006, 4_007, 4_008, 4_009,
    // Codes that nobody has told of.
    3_000, 4_999,
];

/// Often enough for a fault of heartbeats to show.
const HEARTBEAT_MS: u64 = 1_000;

/// So seldom that a heartbeat within a test is one that was asked for.
const SELDOM_MS: u64 = 24 * 60 * 60 * 1_000;

pub(super) fn closes() -> Vec<Case> {
    let mut cases = vec![Case::gateway("close without a code", Close(None), None)];
    for code in CODES {
        let name = format!("close {code}");
        cases.push(Case::gateway(name, Close(Some(code)), None));
    }
    cases
}

/// Those that cost Baton its patience come first.
pub(super) fn connections() -> Vec<Case> {
    use GatewayFault as F;
    let after_drop = |name, fault, times| Case::gateway(name, Drop, Some((fault, times)));
    let anew = |name, fault| Case::gateway(name, Invalidate, Some((fault, 1)));
    let beating = |name, fault, times| {
        Case::gateway(name, Nothing, Some((fault, times))).with_heartbeats_every(HEARTBEAT_MS)
    };
    vec![
        anew("IDENTIFY is not answered", F::IgnoreIdentify),
        after_drop("RESUME is not answered", F::IgnoreResume, 1),
        after_drop("dead handshake", F::HangHandshake, 1),
        Case::new("every handshake is dead", Trouble::Mode(GatewayMode::Hang)),
        after_drop("no HELLO", F::NoHello, 1),
        anew("IDENTIFY is answered with opcode 9", F::InvalidAtIdentify),
        anew(
            "IDENTIFY is answered with a close without a code",
            F::CloseAtIdentify { code: None },
        ),
        anew(
            "IDENTIFY is answered with close 4000",
            F::CloseAtIdentify { code: Some(4_000) },
        ),
        after_drop("the session is lost at RESUME", F::InvalidAtResume, 1),
        Case::gateway("lost session", Invalidate, None),
        after_drop("refused handshake", F::RefuseHandshake, 3),
        after_drop(
            "handshake answered with status 502",
            F::RejectHandshake { status: 502 },
            3,
        ),
        after_drop(
            "HELLO with an interval of nothing",
            F::HelloInterval { ms: 0 },
            3,
        ),
        after_drop(
            "close without a code instead of HELLO",
            F::CloseAtHello { code: None },
            3,
        ),
        after_drop(
            "close 4000 instead of HELLO",
            F::CloseAtHello { code: Some(4_000) },
            3,
        ),
        after_drop(
            "RESUME is answered with a close without a code",
            F::CloseAtResume { code: None },
            3,
        ),
        after_drop(
            "RESUME is answered with close 4000",
            F::CloseAtResume { code: Some(4_000) },
            3,
        ),
        after_drop("RESUME is to be tried again", F::RetryAtResume, 3),
        beating("no ACK", F::NoAck, 2),
        beating(
            "a heartbeat is answered with a close without a code",
            F::CloseAtHeartbeat { code: None },
            2,
        ),
        beating(
            "a heartbeat is answered with close 4000",
            F::CloseAtHeartbeat { code: Some(4_000) },
            2,
        ),
        Case::gateway("connection dropped", Drop, None),
        Case::gateway("opcode 7", Reconnect, None),
        Case::gateway("opcode 9, resumable", AskToResume, None),
        Case::gateway("opcode 1", AskForHeartbeat, None).with_heartbeats_every(SELDOM_MS),
        Case::new("the gateway refuses", Trouble::Mode(GatewayMode::Refuse)),
        Case::new("nothing listens", Trouble::Outage),
        Case::new("every connection is cut", Trouble::Cut),
        Case::new("nothing listens for ten seconds", Trouble::Outage)
            .lasting(Duration::from_secs(10)),
    ]
}
