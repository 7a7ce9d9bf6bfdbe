//! The gateway: what it tells all clients, and how it is.

use serde_json::json;

use crate::gateway::{Entrance, GatewayMode, Out};
use crate::journal::{Fact, GatewayFact};
use crate::language::GatewayStatus;

use super::Sim;

impl Sim {
    /// Drops all gateway connections without a close frame. Sessions stay and can be resumed.
    pub fn drop_gateway(&self) {
        self.tell_gateway(&Out::Drop);
    }

    /// Closes all gateway connections; `None` sends an empty close frame.
    pub fn close_gateway(&self, code: Option<u16>) {
        self.tell_gateway(&Out::Close(code));
    }

    /// Asks all clients to reconnect and resume (opcode 7).
    pub fn ask_to_reconnect(&self) {
        self.tell_gateway(&Out::Payload(
            json!({"op": 7, "s": null, "t": null, "d": null}),
        ));
    }

    /// Ends all sessions: clients must identify again (opcode 9), and RESUME fails.
    pub fn invalidate_sessions(&self) {
        self.tell_gateway(&Out::Payload(
            json!({"op": 9, "s": null, "t": null, "d": false}),
        ));
        self.shared.act(|core| core.hub.forget_sessions());
    }

    /// Tells all clients that their session is invalid and still there (opcode 9, resumable).
    pub fn ask_to_resume(&self) {
        self.tell_gateway(&Out::Payload(
            json!({"op": 9, "s": null, "t": null, "d": true}),
        ));
    }

    /// Asks all clients for a heartbeat at once (opcode 1).
    pub fn ask_for_heartbeat(&self) {
        self.tell_gateway(&Out::Payload(
            json!({"op": 1, "s": null, "t": null, "d": null}),
        ));
    }

    /// How the gateway is, and what came to it since the start.
    pub fn gateway(&self) -> GatewayStatus {
        self.look(|world| world.gateway())
    }

    /// By which address each connection came that was taken or refused, oldest first.
    pub fn entrances(&self) -> Vec<Entrance> {
        let journal = self.journal();
        let came = journal.iter().filter_map(|entry| {
            if let Fact::Gateway(GatewayFact::Connected { at } | GatewayFact::Refused { at }) =
                entry.fact
            {
                Some(at)
            } else {
                None
            }
        });
        came.collect()
    }

    /// Says how many IDENTIFYs the bot has left for a day from now (at most 1,000).
    pub fn set_session_starts_left(&self, left: u32) {
        self.shared.act(|core| {
            let now = core.world.now_ms();
            core.world.starts.set_left(left, now);
        });
    }

    /// Says whether new gateway connections are taken. Those that are there stay.
    pub fn set_gateway(&self, mode: GatewayMode) {
        self.shared.act(|core| core.hub.mode = mode);
    }

    /// Refuses new gateway connections until [`Sim::accept_gateway`].
    pub fn refuse_gateway(&self) {
        self.set_gateway(GatewayMode::Refuse);
    }

    /// Takes gateway connections again.
    pub fn accept_gateway(&self) {
        self.set_gateway(GatewayMode::Open);
    }

    fn tell_gateway(&self, out: &Out) {
        self.shared.act(|core| core.hub.tell_all(out));
    }
}
