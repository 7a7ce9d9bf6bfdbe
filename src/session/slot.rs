//! A run's slot, and that it is always given back.

use std::sync::Arc;

use super::Engine;
use crate::admission::Ticket;

/// The slot of a run that is driven. Given back when this is dropped, so that no way out of its
/// driver, a panic included, can keep it.
pub(super) struct Slot {
    engine: Arc<Engine>,
    ticket: Ticket,
    leaves: Leaves,
}

/// What becomes of a run that gives its slot back.
enum Leaves {
    /// It has ended.
    ForGood,
    /// It waits again, and is not given a slot before it is confirmed.
    ForAWhile,
}

impl Slot {
    pub(super) fn of(engine: &Arc<Engine>, ticket: Ticket) -> Self {
        Self {
            engine: Arc::clone(engine),
            ticket,
            leaves: Leaves::ForGood,
        }
    }

    /// Gives the slot back for a run that cannot begin yet.
    pub(super) fn set_aside(mut self) {
        self.leaves = Leaves::ForAWhile;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.engine.at_work.lock().remove(&self.ticket.run);
        {
            let mut queue = self.engine.queue.lock();
            match self.leaves {
                Leaves::ForGood => {
                    queue.release(self.ticket.run);
                }
                Leaves::ForAWhile => queue.set_aside(self.ticket),
            }
        }
        self.engine.pump();
    }
}
