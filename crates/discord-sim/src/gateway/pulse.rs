//! The heartbeats of a connection: without them it is a zombie.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;

/// By which time missing heartbeats are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZombieWatch {
    /// The machine's: that is what a real client keeps its interval by, whatever a test does with
    /// the simulator's clock.
    #[default]
    Machine,
    /// The simulator's, for clients that are played by a test.
    Simulated,
    /// They are not noticed.
    Off,
}

/// When a connection was last heard.
#[derive(Debug)]
pub(super) struct Pulse {
    watch: ZombieWatch,
    clock: Clock,
    /// How long a connection may be silent: one and a half of its interval. Discord does not say.
    patience: Duration,
    heard: Instant,
    heard_ms: i64,
}

impl Pulse {
    pub(super) fn new(watch: ZombieWatch, clock: Clock, interval_ms: u64) -> Self {
        Self {
            watch,
            patience: Duration::from_millis(interval_ms.saturating_mul(3) / 2),
            heard: Instant::now(),
            heard_ms: clock.now_ms(),
            clock,
        }
    }

    /// A heartbeat came.
    pub(super) fn beat(&mut self) {
        self.heard = Instant::now();
        self.heard_ms = self.clock.now_ms();
    }

    /// Waits until heartbeats are missing.
    pub(super) async fn missed(&self) {
        match self.watch {
            ZombieWatch::Machine => tokio::time::sleep_until(self.heard + self.patience).await,
            ZombieWatch::Simulated => {
                let patience = i64::try_from(self.patience.as_millis()).unwrap_or(i64::MAX);
                self.clock
                    .until(self.heard_ms.saturating_add(patience))
                    .await;
            }
            ZombieWatch::Off => std::future::pending().await,
        }
    }
}
