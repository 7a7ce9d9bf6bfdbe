//! What the gateway looks like from outside.

use serde::Serialize;

use crate::gateway::GatewayMode;
use crate::shared::Core;

/// The gateway at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GatewayStatus {
    /// Whether websocket connections are taken.
    pub mode: GatewayMode,
    /// Sessions that have a connection.
    pub connected: usize,
    /// Sessions that began since the simulator's start.
    pub identifies: u64,
    /// Sessions that went on after a break.
    pub resumes: u64,
    /// RESUMEs that were refused.
    pub refused_resumes: u64,
    /// IDENTIFYs that are left for the day.
    pub session_starts_left: u32,
}

impl GatewayStatus {
    pub(crate) fn of(core: &Core) -> Self {
        let counts = core.journal.counts();
        let (session_starts_left, _) = core.world.starts.left(core.world.now_ms());
        Self {
            mode: core.hub.mode,
            connected: core.hub.connected(),
            identifies: counts.identifies,
            resumes: counts.resumes,
            refused_resumes: counts.refused_resumes,
            session_starts_left,
        }
    }
}
