//! What happens in a connection by the clock.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use uuid::Uuid;

use super::frame::op;

/// Whether the session has proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasting {
    /// It has not begun.
    Unknown,
    /// It will have when this moment comes.
    At(Instant),
    /// It has, and that was noted.
    Noted,
}

/// Waits until a session has lasted.
pub(super) async fn due(lasting: Lasting) {
    passed(match lasting {
        Lasting::At(moment) => Some(moment),
        Lasting::Unknown | Lasting::Noted => None,
    })
    .await;
}

/// Waits for a moment; without one, for ever.
pub(in super::super) async fn passed(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// A heartbeat.
pub(super) fn beat(seq: Option<u64>) -> Message {
    let seq = seq.map_or_else(|| "null".to_owned(), |seq| seq.to_string());
    Message::Text(Utf8Bytes::from(format!(
        r#"{{"op":{},"d":{seq}}}"#,
        op::HEARTBEAT
    )))
}

/// Heartbeats as Discord wants them (Discord: events/gateway#sending-heartbeats).
pub(super) struct Pulse {
    interval: Duration,
    /// When the next one is due.
    pub(super) next: Instant,
    /// Whether the last one was acknowledged.
    pub(super) acknowledged: bool,
}

impl Pulse {
    /// The first one comes after a random part of the interval.
    pub(super) fn new(interval: Duration) -> Self {
        let part = u32::from(Uuid::new_v4().as_bytes()[0]);
        Self {
            interval,
            next: Instant::now() + interval * part / 256,
            acknowledged: true,
        }
    }

    /// Whether the last one was acknowledged and another one may be sent.
    pub(super) fn beat(&mut self) -> bool {
        self.next = Instant::now() + self.interval;
        std::mem::replace(&mut self.acknowledged, false)
    }
}
