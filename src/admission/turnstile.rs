//! Where threads meet at the queue: one lock around it, and guards that cannot forget to give back
//! what they hold.

use std::sync::Arc;

use super::{
    queue::Queue,
    ticket::{Full, Ticket},
};
use crate::words::RunId;

/// A lock around a queue.
pub trait Lock: Send + Sync + 'static {
    /// Does something with the queue while nobody else does.
    fn with<R>(&self, work: impl FnOnce(&mut Queue) -> R) -> R;
}

impl Lock for parking_lot::Mutex<Queue> {
    fn with<R>(&self, work: impl FnOnce(&mut Queue) -> R) -> R {
        work(&mut self.lock())
    }
}

/// Where runs are driven that have a slot.
pub trait Floor<L: Lock>: Send + Sync + Sized + 'static {
    /// Whether runs may begin at all.
    fn is_open(&self) -> bool;

    /// Drives the run of a slot. The slot is given back when it is dropped, so that no way out of its
    /// driver, a panic included, can keep it.
    fn start(&self, slot: Slot<L, Self>);

    /// The queue has changed, and everybody who could begin has begun.
    fn changed(&self);
}

/// The queue as many threads use it. It is never locked while anything else is done.
pub struct Turnstile<L, F> {
    queue: L,
    floor: F,
}

/// A place in the queue for a run that is being stored. Until that is done nobody is given the run: he
/// would not find it. Dropped before that, the place is free again.
#[must_use]
pub struct Reservation<L: Lock, F: Floor<L>> {
    turnstile: Arc<Turnstile<L, F>>,
    run: RunId,
}

/// The slot of a run, until it is dropped.
#[must_use]
pub struct Slot<L: Lock, F: Floor<L>> {
    turnstile: Arc<Turnstile<L, F>>,
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

impl<L: Lock, F: Floor<L>> Turnstile<L, F> {
    /// A turnstile between a queue and a floor.
    pub fn new(queue: L, floor: F) -> Arc<Self> {
        Arc::new(Self { queue, floor })
    }

    /// Keeps a place for a run.
    pub fn reserve(self: &Arc<Self>, ticket: Ticket) -> Result<Reservation<L, F>, Full> {
        let run = ticket.run;
        self.queue.with(|queue| queue.reserve(ticket))?;
        Ok(Reservation {
            turnstile: Arc::clone(self),
            run,
        })
    }

    /// Puts back a run that had a slot before a restart.
    pub fn resume(self: &Arc<Self>, ticket: Ticket) -> Slot<L, F> {
        self.queue
            .with(|queue| queue.restore_active(ticket.clone()));
        self.slot(ticket)
    }

    /// Looks at the queue, or changes it so that nobody can begin for it. Whoever makes room or puts
    /// somebody in calls [`Turnstile::pump`] afterwards.
    pub fn with<R>(&self, work: impl FnOnce(&mut Queue) -> R) -> R {
        self.queue.with(work)
    }

    /// Gives free slots to whoever is next.
    pub fn pump(self: &Arc<Self>) {
        while self.floor.is_open()
            && let Some(ticket) = self.queue.with(Queue::admit)
        {
            self.floor.start(self.slot(ticket));
        }
        self.floor.changed();
    }

    fn slot(self: &Arc<Self>, ticket: Ticket) -> Slot<L, F> {
        Slot {
            turnstile: Arc::clone(self),
            ticket,
            leaves: Leaves::ForGood,
        }
    }
}

impl<L: Lock, F: Floor<L>> Reservation<L, F> {
    /// The run is stored, and begins when its turn comes.
    pub fn confirm(self) -> RunId {
        self.turnstile.queue.with(|queue| queue.confirm(self.run));
        self.run
    }
}

impl<L: Lock, F: Floor<L>> Drop for Reservation<L, F> {
    fn drop(&mut self) {
        self.turnstile.queue.with(|queue| queue.give_up(self.run));
        // It may have kept a slot that others wait for, or has just become one that can begin.
        self.turnstile.pump();
    }
}

impl<L: Lock, F: Floor<L>> Slot<L, F> {
    /// Whose slot it is.
    pub const fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// When it is given back its run waits again, and gets no slot before it is confirmed.
    pub fn set_aside(&mut self) {
        self.leaves = Leaves::ForAWhile;
    }
}

impl<L: Lock, F: Floor<L>> Drop for Slot<L, F> {
    fn drop(&mut self) {
        let run = self.ticket.run;
        self.turnstile.queue.with(|queue| match self.leaves {
            Leaves::ForGood => {
                queue.release(run);
            }
            Leaves::ForAWhile => queue.set_aside(run),
        });
        self.turnstile.pump();
    }
}

#[cfg(test)]
mod tests;
