//! A run's slot, and that it is always given back.

use std::sync::Arc;

use super::Engine;
use crate::words::RunId;

/// The slot of a run that is driven. Given back when this is dropped, so that no way out of its
/// driver, a panic included, can keep it.
pub(super) struct Slot {
    engine: Arc<Engine>,
    run: RunId,
}

impl Slot {
    pub(super) fn of(engine: &Arc<Engine>, run: RunId) -> Self {
        Self {
            engine: Arc::clone(engine),
            run,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.engine.at_work.lock().remove(&self.run);
        self.engine.queue.lock().release(self.run);
        self.engine.pump();
    }
}
