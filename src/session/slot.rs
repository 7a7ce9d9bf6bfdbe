//! A run's slot, and that it is always given back.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Engine, SessionError};
use crate::{
    admission::{self, Floor, Queue, Slot, Ticket},
    store::Tx,
    words::RunId,
};

/// The queue's lock, as the product has it.
type Door = Mutex<Queue>;

/// A place in the queue for a run that is being stored.
pub(super) type Reservation = admission::Reservation<Door, Drivers>;

/// Where runs are driven: in tasks of the engine's.
pub(super) struct Drivers(pub(super) Weak<Engine>);

impl Floor<Door> for Drivers {
    /// Never start work that this process will not see through.
    fn is_open(&self) -> bool {
        let engine = self.0.upgrade();
        engine.is_some_and(|engine| !engine.stop.is_cancelled())
    }

    fn start(&self, slot: Slot<Door, Self>) {
        if let Some(engine) = self.0.upgrade() {
            engine.start(AtWork::of(&engine, slot));
        }
    }

    fn changed(&self) {
        if let Some(engine) = self.0.upgrade() {
            engine.changed.notify_one();
        }
    }
}

/// How a run at work is reached.
#[derive(Default)]
pub(super) struct Reins {
    /// Tells it to stop.
    pub(super) cancel: CancellationToken,
    /// Tells it that a message has joined it.
    pub(super) joined: Arc<Notify>,
}

impl Engine {
    /// Stores that a run needs its slot no more. Whoever is told from then on what he waits for is told what is
    /// true as soon as its driver has cleared up; if it cannot be stored, the run is where it was.
    pub(super) async fn commit_leaving(&self, tx: Tx, run: RunId) -> Result<(), SessionError> {
        self.turnstile.with(|queue| queue.leaves(run));
        let stored = tx.commit().await;
        if stored.is_err() {
            self.turnstile.with(|queue| queue.stays(run));
        }
        Ok(stored?)
    }
}

/// A run with a slot: from now on it is told to stop, not withdrawn. The slot is given back when this
/// is dropped.
pub(super) struct AtWork {
    engine: Arc<Engine>,
    /// Tells it to stop.
    pub(super) cancel: CancellationToken,
    slot: Slot<Door, Drivers>,
}

impl AtWork {
    pub(super) fn of(engine: &Arc<Engine>, slot: Slot<Door, Drivers>) -> Self {
        let reins = Reins::default();
        let cancel = reins.cancel.clone();
        engine.at_work.lock().insert(slot.ticket().run, reins);
        Self {
            engine: Arc::clone(engine),
            cancel,
            slot,
        }
    }

    pub(super) const fn ticket(&self) -> &Ticket {
        self.slot.ticket()
    }

    /// Gives the slot back for a run that cannot begin yet.
    pub(super) fn set_aside(mut self) {
        self.slot.set_aside();
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.engine.at_work.lock().remove(&self.ticket().run);
    }
}
