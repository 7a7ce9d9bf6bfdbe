//! Gateway v10 over plain websockets: sessions with their replay buffers, and the connections that
//! serve them. It knows events and sessions; what the events say is made elsewhere.

mod command;
mod connection;
mod entrance;
mod event;
mod frame;
mod handshake;
mod hub;
mod login;
mod pulse;
mod session;
mod starts;

pub use entrance::Entrance;
pub use event::EventKind;
pub(crate) use event::{Content, Event, Place};
pub(crate) use handshake::upgrade;
pub(crate) use hub::{Hub, Resume, ResumeAt};
pub use pulse::ZombieWatch;
pub(crate) use session::Out;
pub(crate) use starts::{SessionStarts, Start};

use serde::Serialize;

/// Whether websocket connections are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayMode {
    /// They are.
    #[default]
    Open,
    /// The TCP connection is dropped instead of the handshake.
    Refuse,
    /// The handshake is never answered.
    Hang,
}
