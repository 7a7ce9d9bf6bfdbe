//! Those that wait: first in first out within a person, in turn between people.

use std::collections::{HashMap, VecDeque};

use super::ticket::Ticket;
use crate::{
    clock::Millis,
    words::{RunId, UserId},
};

/// How sure it is that a run exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its place is kept while it is being stored; nobody else knows it yet.
    Reserved,
    /// It is stored, and its turn has come too early: it lets others go until it is confirmed again.
    Aside,
    /// It is stored.
    Stored,
}

/// A ticket that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) ticket: Ticket,
    pub(super) standing: Standing,
}

/// Everybody who waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Who waits, in the order of their turns. Who comes and who just had a turn is the last.
    turns: VecDeque<UserId>,
    tickets: HashMap<UserId, VecDeque<Waiting>>,
    owners: HashMap<RunId, UserId>,
}

impl Line {
    pub(super) fn push(&mut self, waiting: Waiting) {
        let (run, person) = (waiting.ticket.run, waiting.ticket.person);
        self.owners.insert(run, person);
        let own = self.tickets.entry(person).or_default();
        if own.is_empty() {
            self.turns.push_back(person);
        }
        own.push_back(waiting);
    }

    /// Puts one in before those of its person that came later, as the ids of the runs tell.
    pub(super) fn push_in_order(&mut self, waiting: Waiting) {
        let (run, person) = (waiting.ticket.run, waiting.ticket.person);
        self.owners.insert(run, person);
        let own = self.tickets.entry(person).or_default();
        if own.is_empty() {
            self.turns.push_back(person);
        }
        let later = own.iter().position(|other| other.ticket.run > run);
        own.insert(later.unwrap_or(own.len()), waiting);
    }

    /// Puts one in before all others of its person.
    pub(super) fn push_first(&mut self, waiting: Waiting) {
        let (run, person) = (waiting.ticket.run, waiting.ticket.person);
        self.owners.insert(run, person);
        let own = self.tickets.entry(person).or_default();
        if own.is_empty() {
            self.turns.push_front(person);
        }
        own.push_front(waiting);
    }

    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }

    /// Takes out the ticket whose turn it is: the first one that may go, of the first person who has
    /// one. A person who has none that may go keeps his turn.
    pub(super) fn next(&mut self, may_go: impl Fn(&Ticket) -> bool) -> Option<Waiting> {
        let (turn, at) = self.turns.iter().enumerate().find_map(|(turn, person)| {
            let own = self.tickets.get(person)?;
            let at = own
                .iter()
                .position(|one| one.standing != Standing::Aside && may_go(&one.ticket))?;
            Some((turn, at))
        })?;
        let person = self.turns.remove(turn)?;
        self.turns.push_back(person);
        self.take(person, at)
    }

    /// Takes a ticket out, if `is_meant` has nothing against it.
    pub(super) fn remove(
        &mut self,
        run: RunId,
        is_meant: impl Fn(&Waiting) -> bool,
    ) -> Option<Ticket> {
        let (person, at) = self.find(run)?;
        if !is_meant(&self.tickets[&person][at]) {
            return None;
        }
        self.take(person, at).map(|waiting| waiting.ticket)
    }

    /// The run of a ticket is stored; says whether it waits.
    pub(super) fn confirm(&mut self, run: RunId) -> bool {
        let Some((person, at)) = self.find(run) else {
            return false;
        };
        if let Some(waiting) = self
            .tickets
            .get_mut(&person)
            .and_then(|own| own.get_mut(at))
        {
            waiting.standing = Standing::Stored;
        }
        true
    }

    /// Every stored ticket in the order in which they would go if nothing but slots held them back:
    /// everybody's first, then everybody's second.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Ticket> {
        let rounds = self.tickets.values().map(VecDeque::len).max().unwrap_or(0);
        (0..rounds)
            .flat_map(move |round| {
                let turns = self.turns.iter();
                turns.filter_map(move |person| self.tickets.get(person)?.get(round))
            })
            .filter(|waiting| waiting.standing != Standing::Reserved)
            .map(|waiting| &waiting.ticket)
    }

    /// A ticket that waits, and how many go before it by that order, reserved ones included.
    pub(super) fn look_up(&self, run: RunId) -> Option<(&Ticket, usize)> {
        let (person, round) = self.find(run)?;
        let turn = self.turns.iter().position(|one| *one == person)?;
        let ahead = self.turns.iter().enumerate().map(|(at, other)| {
            let theirs = self.tickets.get(other).map_or(0, VecDeque::len);
            theirs.min(round + usize::from(at < turn))
        });
        Some((&self.tickets[&person][round].ticket, ahead.sum()))
    }

    pub(super) fn has(&self, run: RunId) -> bool {
        self.owners.contains_key(&run)
    }

    /// When the next stored ticket's time is up.
    pub(super) fn next_expiry(&self) -> Option<Millis> {
        self.stored().map(|ticket| ticket.expires_at).min()
    }

    /// Takes out every stored ticket whose time is up.
    pub(super) fn expire(&mut self, now: Millis) -> Vec<Ticket> {
        let is_over = |ticket: &&Ticket| ticket.expires_at <= now;
        let over: Vec<RunId> = self.stored().filter(is_over).map(|one| one.run).collect();
        over.into_iter()
            .filter_map(|run| self.remove(run, |_| true))
            .collect()
    }

    /// Every stored ticket, in no order.
    fn stored(&self) -> impl Iterator<Item = &Ticket> {
        self.tickets
            .values()
            .flatten()
            .filter(|waiting| waiting.standing != Standing::Reserved)
            .map(|waiting| &waiting.ticket)
    }

    fn find(&self, run: RunId) -> Option<(UserId, usize)> {
        let person = *self.owners.get(&run)?;
        let own = self.tickets.get(&person)?;
        let at = own.iter().position(|one| one.ticket.run == run)?;
        Some((person, at))
    }

    fn take(&mut self, person: UserId, at: usize) -> Option<Waiting> {
        let own = self.tickets.get_mut(&person)?;
        let taken = own.remove(at)?;
        if own.is_empty() {
            self.tickets.remove(&person);
            self.turns.retain(|one| *one != person);
        }
        self.owners.remove(&taken.ticket.run);
        Some(taken)
    }
}
