//! The relay between serenity and Discord's gateway, on loopback.
//!
//! Serenity 0.12.5 has faults on the wire that cannot be mended from outside (ARCHITECTURE.md lists
//! them): it waits for ever for a handshake, spins on a close without a code, gives a session up
//! where it could go on. So it never speaks to Discord itself. It connects to this relay, which is a
//! gateway without faults to it: every connection is taken at once, every heartbeat acknowledged,
//! every end is a close frame with a code. Towards Discord the relay keeps the time-outs, the
//! heartbeats, the pauses between attempts and the ledger of IDENTIFYs. It knows frames and
//! opcodes; what events say, who acts on them and what is stored of them it does not know.

mod backoff;
mod client;
mod close;
mod frame;
mod gate;
mod line;
mod porch;
mod pulse;
mod socket;

pub(super) use gate::{Gate, NoGateway, Signpost, StartLimit};
pub(super) use line::{Relay, Reports};
pub(super) use pulse::passed;
pub(super) use socket::Patience;
