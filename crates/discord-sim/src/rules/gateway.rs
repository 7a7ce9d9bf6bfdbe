//! Gateway connections that go wrong.

use serde::{Deserialize, Serialize};

/// What goes wrong with a connection, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GatewayFault {
    /// The TCP connection ends instead of the websocket's handshake.
    RefuseHandshake,
    /// The websocket's handshake is never answered.
    HangHandshake,
    /// The websocket's handshake is answered with this HTTP status.
    RejectHandshake {
        /// The HTTP status.
        status: u16,
    },
    /// HELLO never comes.
    NoHello,
    /// HELLO tells this heartbeat interval.
    HelloInterval {
        /// Milliseconds.
        ms: u64,
    },
    /// A close frame comes instead of HELLO.
    CloseAtHello {
        /// `None` sends an empty frame.
        code: Option<u16>,
    },
    /// IDENTIFY is not answered.
    IgnoreIdentify,
    /// IDENTIFY is answered with a close frame.
    CloseAtIdentify {
        /// `None` sends an empty frame.
        code: Option<u16>,
    },
    /// IDENTIFY is answered with opcode 9.
    InvalidAtIdentify,
    /// RESUME is not answered.
    IgnoreResume,
    /// RESUME is answered with a close frame. The session stays.
    CloseAtResume {
        /// `None` sends an empty frame.
        code: Option<u16>,
    },
    /// RESUME is answered with opcode 9, and the session is lost.
    InvalidAtResume,
    /// RESUME is answered with opcode 9 that says the session is still there, which it is.
    RetryAtResume,
    /// A heartbeat gets no answer.
    NoAck,
    /// A heartbeat is answered with a close frame.
    CloseAtHeartbeat {
        /// `None` sends an empty frame.
        code: Option<u16>,
    },
}

/// When a fault of the gateway can act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Handshake,
    Hello,
    Identify,
    Resume,
    Heartbeat,
}

impl GatewayFault {
    const fn stage(self) -> Stage {
        match self {
            Self::RefuseHandshake | Self::HangHandshake | Self::RejectHandshake { .. } => {
                Stage::Handshake
            }
            Self::NoHello | Self::HelloInterval { .. } | Self::CloseAtHello { .. } => Stage::Hello,
            Self::IgnoreIdentify | Self::CloseAtIdentify { .. } | Self::InvalidAtIdentify => {
                Stage::Identify
            }
            Self::IgnoreResume
            | Self::CloseAtResume { .. }
            | Self::InvalidAtResume
            | Self::RetryAtResume => Stage::Resume,
            Self::NoAck | Self::CloseAtHeartbeat { .. } => Stage::Heartbeat,
        }
    }
}

/// The faults that wait for their stage, oldest first.
#[derive(Debug, Default)]
pub(crate) struct GatewayFaults(Vec<(GatewayFault, Option<u32>)>);

impl GatewayFaults {
    /// `times` of `None` is always.
    pub(crate) fn add(&mut self, fault: GatewayFault, times: Option<u32>) {
        self.0.push((fault, times));
    }

    /// The oldest fault of a stage, once.
    pub(crate) fn take(&mut self, stage: Stage) -> Option<GatewayFault> {
        let found = self
            .0
            .iter()
            .position(|(fault, times)| fault.stage() == stage && *times != Some(0))?;
        let (fault, times) = &mut self.0[found];
        let fault = *fault;
        if let Some(left) = times {
            *left -= 1;
            if *left == 0 {
                self.0.remove(found);
            }
        }
        Some(fault)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
