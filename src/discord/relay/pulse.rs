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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_heartbeat_comes_after_a_random_part_of_the_interval_and_the_others_after_all_of_it()
     {
        let interval = Duration::from_secs(40);
        let mut parts = BTreeSet::new();
        for _ in 0..200 {
            let mut pulse = Pulse::new(interval);
            let part = pulse.next - Instant::now();
            assert!(part < interval, "{part:?}");
            parts.insert(part);
            assert!(pulse.beat());
            assert_eq!(pulse.next - Instant::now(), interval);
        }
        // Two hundred times one of 256: fewer than fifty different ones do not happen by chance.
        assert!(parts.len() >= 50, "{}", parts.len());
        let earliest = parts.first().copied().unwrap_or(interval);
        let latest = parts.last().copied().unwrap_or_default();
        assert!(earliest < interval / 4 && latest > interval * 3 / 4);
    }
}
