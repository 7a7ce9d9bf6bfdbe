//! Who goes next: a pure state machine over tickets, without I/O and without a clock.
//!
//! Knows runs only by their tickets. The store keeps what it decides on, the session room asks it
//! and acts on its answers; after a restart it is filled again from the store.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{
    clock::Millis,
    words::{RunId, SessionId},
};

/// How much may be going on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Runs that work.
    pub active: usize,
    /// Runs that wait.
    pub queued: usize,
}

/// A run that wants a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The run.
    pub run: RunId,
    /// Its session; one run a session works at a time.
    pub session: SessionId,
    /// When it is given up if its turn has not come.
    pub expires_at: Millis,
}

/// The queue is full; what it holds, for the sentence about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// The caps.
    pub caps: Caps,
}

/// Tickets that wait, first in first out, and tickets that have a slot.
#[derive(Debug)]
pub struct Queue {
    caps: Caps,
    waiting: VecDeque<Ticket>,
    /// Those of them whose run is not stored yet: they have their place, but not their turn.
    reserved: HashSet<RunId>,
    active: HashMap<RunId, SessionId>,
}

impl Queue {
    /// An empty queue.
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            waiting: VecDeque::new(),
            reserved: HashSet::new(),
            active: HashMap::new(),
        }
    }

    /// Puts a ticket at the end, if there is room: a free slot, or a place in the queue. Its turn
    /// cannot come before it is [confirmed](Self::confirm): a run must not begin that is not stored.
    /// A ticket that is there already stays where it is.
    pub fn reserve(&mut self, ticket: Ticket) -> Result<(), Full> {
        let free = self.caps.active.saturating_sub(self.active.len());
        if self.waiting.len() >= self.caps.queued + free {
            return Err(Full { caps: self.caps });
        }
        if !self.knows(ticket.run) {
            self.reserved.insert(ticket.run);
            self.waiting.push_back(ticket);
        }
        Ok(())
    }

    /// The run of a reserved ticket is stored: its turn may come.
    pub fn confirm(&mut self, run: RunId) {
        self.reserved.remove(&run);
    }

    /// Puts back a ticket that was accepted before a restart; caps that were lowered since do not
    /// throw out what was promised.
    pub fn restore_waiting(&mut self, ticket: Ticket) {
        if !self.knows(ticket.run) {
            self.waiting.push_back(ticket);
        }
    }

    /// Puts back a ticket that had a slot before a restart.
    pub fn restore_active(&mut self, ticket: Ticket) {
        if !self.knows(ticket.run) {
            self.active.insert(ticket.run, ticket.session);
        }
    }

    /// Gives a slot to the first ticket that may have one; `None` if no slot is free or nobody
    /// waits who could use it.
    pub fn admit(&mut self) -> Option<Ticket> {
        if self.active.len() >= self.caps.active {
            return None;
        }
        let busy: Vec<SessionId> = self.active.values().copied().collect();
        let next = self.waiting.iter().position(|ticket| {
            !busy.contains(&ticket.session) && !self.reserved.contains(&ticket.run)
        })?;
        let ticket = self.waiting.remove(next)?;
        self.active.insert(ticket.run, ticket.session);
        Some(ticket)
    }

    /// Gives a slot back; says whether the run had one.
    pub fn release(&mut self, run: RunId) -> bool {
        self.active.remove(&run).is_some()
    }

    /// Takes a waiting ticket out; says whether it still waited.
    pub fn withdraw(&mut self, run: RunId) -> bool {
        self.reserved.remove(&run);
        let before = self.waiting.len();
        self.waiting.retain(|ticket| ticket.run != run);
        self.waiting.len() < before
    }

    /// Takes out every ticket whose time is up, but none that is only reserved.
    pub fn expire(&mut self, now: Millis) -> Vec<Ticket> {
        let (expired, waiting) = self.waiting.drain(..).partition(|ticket: &Ticket| {
            ticket.expires_at <= now && !self.reserved.contains(&ticket.run)
        });
        self.waiting = waiting;
        Vec::from_iter::<VecDeque<Ticket>>(expired)
    }

    /// When the next ticket's time is up.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.waiting
            .iter()
            .filter(|ticket| !self.reserved.contains(&ticket.run))
            .map(|ticket| ticket.expires_at)
            .min()
    }

    /// How many tickets wait before this one; `None` if it does not wait.
    pub fn ahead_of(&self, run: RunId) -> Option<usize> {
        self.waiting.iter().position(|ticket| ticket.run == run)
    }

    /// Tickets with a slot.
    pub fn active(&self) -> usize {
        self.active.len()
    }

    /// Tickets that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The caps.
    pub const fn caps(&self) -> Caps {
        self.caps
    }

    fn knows(&self, run: RunId) -> bool {
        self.active.contains_key(&run) || self.ahead_of(run).is_some()
    }
}

#[cfg(test)]
mod tests;
