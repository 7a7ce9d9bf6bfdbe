//! Gateway v10 over plain websockets: sessions with their replay buffers, and the connections that
//! serve them. It knows events and sessions; what the events say is made elsewhere.

mod command;
mod connection;
mod event;
mod frame;
mod hub;
mod session;

pub(crate) use connection::upgrade;
pub(crate) use event::{Content, Event, EventKind, Place};
pub(crate) use hub::{Hub, Resume};
pub(crate) use session::Out;

/// Whether websocket connections are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GatewayMode {
    /// They are.
    #[default]
    Open,
    /// The TCP connection is dropped instead of the handshake.
    Refuse,
    /// The handshake is never answered.
    Hang,
}
