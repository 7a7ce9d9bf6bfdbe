//! Who goes next: a pure state machine over tickets, without I/O and without a clock.
//!
//! Knows runs only by their tickets. The store keeps what it decides on, the session room asks it
//! and acts on its answers; after a restart it is filled again from the store.

use std::collections::{HashMap, VecDeque};

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

/// A ticket that wants a slot, and whether it may have one.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    standing: Standing,
}

/// How sure it is that a waiting run exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Its place is kept while it is being stored; nobody else knows it yet.
    Reserved,
    /// It is stored, and somebody has set it aside for a while.
    Aside,
    /// It is stored.
    Stored,
}

/// Tickets that wait, first in first out, and tickets that have a slot.
#[derive(Debug)]
pub struct Queue {
    caps: Caps,
    waiting: VecDeque<Waiting>,
    active: HashMap<RunId, SessionId>,
}

impl Queue {
    /// An empty queue.
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            waiting: VecDeque::new(),
            active: HashMap::new(),
        }
    }

    /// Keeps a place at the end, if there is room: a free slot, or a place in the queue. The ticket
    /// gets no slot before it is confirmed. One that is there already stays where it is.
    pub fn reserve(&mut self, ticket: Ticket) -> Result<(), Full> {
        let free = self.caps.active.saturating_sub(self.active.len());
        if self.waiting.len() >= self.caps.queued + free {
            return Err(Full { caps: self.caps });
        }
        self.push(ticket, Standing::Reserved);
        Ok(())
    }

    /// Takes a slot back from a run that cannot begin yet: it waits as the next one, and gets no slot
    /// before it is confirmed again.
    pub fn set_aside(&mut self, ticket: Ticket) {
        if self.active.remove(&ticket.run).is_some() {
            let standing = Standing::Aside;
            self.waiting.push_front(Waiting { ticket, standing });
        }
    }

    /// The run of a reservation is stored, or one that was set aside may begin: it may have a slot from
    /// now on.
    pub fn confirm(&mut self, run: RunId) {
        if let Some(waiting) = self.waiting.iter_mut().find(|one| one.ticket.run == run) {
            waiting.standing = Standing::Stored;
        }
    }

    /// Gives up a reservation whose run was not stored; a confirmed one stays.
    pub fn give_up(&mut self, run: RunId) {
        self.waiting
            .retain(|one| one.ticket.run != run || one.standing != Standing::Reserved);
    }

    /// Puts in a ticket that was promised before, at a restart or by the run before it; caps do not
    /// throw out what was promised.
    pub fn restore_waiting(&mut self, ticket: Ticket) {
        self.push(ticket, Standing::Stored);
    }

    fn push(&mut self, ticket: Ticket, standing: Standing) {
        if !self.knows(ticket.run) {
            self.waiting.push_back(Waiting { ticket, standing });
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
        let next = self.waiting.iter().position(|one| {
            one.standing == Standing::Stored && !busy.contains(&one.ticket.session)
        })?;
        let ticket = self.waiting.remove(next)?.ticket;
        self.active.insert(ticket.run, ticket.session);
        Some(ticket)
    }

    /// Gives a slot back; says whether the run had one.
    pub fn release(&mut self, run: RunId) -> bool {
        self.active.remove(&run).is_some()
    }

    /// Takes a waiting ticket out; `None` if it did not wait any more.
    pub fn withdraw(&mut self, run: RunId) -> Option<Ticket> {
        let place = self.ahead_of(run)?;
        Some(self.waiting.remove(place)?.ticket)
    }

    /// Takes out every ticket whose time is up.
    pub fn expire(&mut self, now: Millis) -> Vec<Ticket> {
        let is_over =
            |one: &Waiting| one.standing != Standing::Reserved && one.ticket.expires_at <= now;
        let (expired, waiting): (VecDeque<_>, _) = self.waiting.drain(..).partition(is_over);
        self.waiting = waiting;
        expired.into_iter().map(|one| one.ticket).collect()
    }

    /// When the next ticket's time is up.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.waiting
            .iter()
            .filter(|one| one.standing != Standing::Reserved)
            .map(|one| one.ticket.expires_at)
            .min()
    }

    /// How many tickets wait before this one; `None` if it does not wait.
    pub fn ahead_of(&self, run: RunId) -> Option<usize> {
        self.waiting.iter().position(|one| one.ticket.run == run)
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
