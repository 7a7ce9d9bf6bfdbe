//! Stopping requests until a test lets them go.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// The bound of every wait, so that a broken test ends.
const PATIENCE: Duration = Duration::from_secs(90);

/// The part of a hold that requests pass through.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    arrived: watch::Sender<u32>,
    open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            arrived: watch::Sender::new(0),
            open: watch::Sender::new(false),
        }
    }

    /// A request has come; it waits here until the gate is open.
    pub(crate) async fn pass(&self) {
        self.arrived.send_modify(|count| *count += 1);
        // The sender is a field, so the channel cannot be closed.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) fn arrivals(&self) -> u32 {
        *self.arrived.borrow()
    }
}

/// A test's handle on a hold. Dropping it lets the requests go.
#[derive(Debug)]
pub struct Hold(Gate);

impl Hold {
    pub(crate) const fn new(gate: Gate) -> Self {
        Self(gate)
    }

    /// Waits until a request has been stopped.
    ///
    /// # Panics
    ///
    /// When none comes within 90 s.
    pub async fn arrived(&self) {
        self.have_arrived(1).await;
    }

    /// Waits until so many requests have been stopped.
    ///
    /// # Panics
    ///
    /// When they do not come within 90 s.
    pub async fn have_arrived(&self, count: u32) {
        let mut arrived = self.0.arrived.subscribe();
        let waited = timeout(PATIENCE, arrived.wait_for(|arrived| *arrived >= count)).await;
        assert!(
            waited.is_ok(),
            "{} of {count} requests arrived at the hold within {PATIENCE:?}",
            self.arrivals()
        );
    }

    /// How many requests have been stopped so far.
    pub fn arrivals(&self) -> u32 {
        self.0.arrivals()
    }

    /// Lets the stopped requests go, and those that come later.
    pub fn release(&self) {
        self.0.open();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.open();
    }
}
