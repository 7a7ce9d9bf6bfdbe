//! The queue: who has a slot, who waits, and who is next.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::{
    counts::{As, Counts},
    durations::Durations,
    line::{Line, Standing, Waiting},
    ticket::{Caps, Full, Rules, Ticket},
};
use crate::{clock::Millis, words::RunId};

/// Tickets that wait, in turn between people, and tickets that have a slot.
///
/// Whoever changes it calls [`Queue::admit`] until it gives nothing more: slots are given there.
#[derive(Clone, Debug)]
pub struct Queue {
    rules: Rules,
    line: Line,
    holders: HashMap<RunId, Holder>,
    /// Stored runs with a slot that nobody was told of yet.
    ready: VecDeque<RunId>,
    counts: Counts,
    durations: Durations,
}

/// A ticket with a slot.
#[derive(Clone, Debug)]
struct Holder {
    ticket: Ticket,
    stage: Stage,
}

/// How far a ticket with a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The slot is kept for it while it is being stored.
    Reserved,
    /// It is stored, and its run can begin.
    Ready,
    /// Somebody drives its run, and gives the slot back.
    Out,
    /// The same, and its run is over: the slot comes back as soon as its driver has cleared up.
    Leaving,
}

/// Why a ticket waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Every slot is taken.
    ByAll,
    /// As much of its person's is at work in its channel as may be.
    ByOwn(Caps),
    /// As much of its project's is at work as may be.
    ByProject(Caps),
}

/// What somebody who waits can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// How many tickets go before.
    pub ahead: usize,
    /// What holds it back.
    pub held: Held,
    /// How long that will take by the median of the last runs, if there were enough.
    pub wait: Option<Duration>,
}

impl Queue {
    /// An empty queue.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            line: Line::default(),
            holders: HashMap::new(),
            ready: VecDeque::new(),
            counts: Counts::default(),
            durations: Durations::default(),
        }
    }

    /// Keeps a place for a run that is being stored: a slot if there is one for it and nobody waits
    /// who could use it, otherwise the place behind those of its person that wait. Nobody is given the
    /// run before it is confirmed. Who has just been answered takes nobody's room.
    pub fn reserve(&mut self, ticket: Ticket) -> Result<(), Full> {
        self.give_slots();
        if self.counts.may_work(&self.rules, &ticket) {
            self.hold(ticket, Stage::Reserved);
            return Ok(());
        }
        self.may_come(&ticket)?;
        self.wait(ticket, Standing::Reserved);
        Ok(())
    }

    /// Whether there is room for one more when everybody has left whose run is over.
    fn may_come(&self, ticket: &Ticket) -> Result<(), Full> {
        let soon = self.soon();
        if soon.counts.may_work(&soon.rules, ticket) {
            return Ok(());
        }
        soon.counts.may_wait(&soon.rules, ticket)
    }

    /// Takes a slot back from a run that cannot begin yet: it waits as the next one of its person, and gets
    /// no slot before it is confirmed again.
    pub fn set_aside(&mut self, run: RunId) {
        if let Some(ticket) = self.let_go(run, Stage::Out) {
            self.counts.add(&ticket, As::Queued);
            let standing = Standing::Aside;
            self.line.push_first(Waiting { ticket, standing });
        }
    }

    /// The run of a reservation is stored, or one that was set aside may begin: it may have a slot from
    /// now on.
    pub fn confirm(&mut self, run: RunId) {
        if self.line.confirm(run) {
            return;
        }
        if let Some(holder) = self.holders.get_mut(&run)
            && holder.stage == Stage::Reserved
        {
            holder.stage = Stage::Ready;
            self.ready.push_back(run);
        }
    }

    /// Gives up a reservation whose run was not stored; a confirmed one stays.
    pub fn give_up(&mut self, run: RunId) {
        let is_reserved = |waiting: &Waiting| waiting.standing == Standing::Reserved;
        if let Some(ticket) = self.line.remove(run, is_reserved) {
            self.counts.remove(&ticket, As::Queued);
        }
        self.let_go(run, Stage::Reserved);
    }

    /// Puts in a ticket that was promised before, at a restart or by the run before it; caps do not
    /// throw out what was promised.
    pub fn restore_waiting(&mut self, ticket: Ticket) {
        if !self.knows(ticket.run) {
            self.wait(ticket, Standing::Stored);
        }
    }

    /// Puts in a ticket that had left the queue for a while: it waits where it would stand if it had stayed,
    /// before those of its person that came later.
    pub fn come_back(&mut self, ticket: Ticket) {
        if !self.knows(ticket.run) {
            self.counts.add(&ticket, As::Queued);
            let standing = Standing::Stored;
            self.line.push_in_order(Waiting { ticket, standing });
        }
    }

    /// Puts back a ticket that had a slot before a restart, as one that is out.
    pub fn restore_active(&mut self, ticket: Ticket) {
        if !self.knows(ticket.run) {
            self.hold(ticket, Stage::Out);
        }
    }

    /// Gives a slot to the ticket whose turn it is; `None` if no slot is free or nobody waits who
    /// could use it.
    pub fn admit(&mut self) -> Option<Ticket> {
        self.give_slots();
        let holder = self.holders.get_mut(&self.ready.pop_front()?)?;
        holder.stage = Stage::Out;
        Some(holder.ticket.clone())
    }

    /// The run of a slot is about to be stored as over. Whoever is told from now on what he waits for is told
    /// what is true as soon as the slot is given back.
    pub fn leaves(&mut self, run: RunId) {
        if let Some(holder) = self.holders.get_mut(&run)
            && holder.stage == Stage::Out
        {
            holder.stage = Stage::Leaving;
        }
    }

    /// What was about to be stored was not: the run keeps its slot for what its driver does then.
    pub fn stays(&mut self, run: RunId) {
        if let Some(holder) = self.holders.get_mut(&run)
            && holder.stage == Stage::Leaving
        {
            holder.stage = Stage::Out;
        }
    }

    /// Gives back the slot of a run that was admitted; says whether it had one.
    pub fn release(&mut self, run: RunId) -> bool {
        let leaving = self.let_go(run, Stage::Leaving);
        leaving.or_else(|| self.let_go(run, Stage::Out)).is_some()
    }

    /// Takes a stored ticket out that nobody was given yet; `None` if there is none.
    pub fn withdraw(&mut self, run: RunId) -> Option<Ticket> {
        let is_stored = |waiting: &Waiting| waiting.standing != Standing::Reserved;
        if let Some(ticket) = self.line.remove(run, is_stored) {
            self.counts.remove(&ticket, As::Queued);
            return Some(ticket);
        }
        let ticket = self.let_go(run, Stage::Ready)?;
        self.ready.retain(|one| *one != run);
        Some(ticket)
    }

    /// Takes out every ticket whose time is up.
    pub fn expire(&mut self, now: Millis) -> Vec<Ticket> {
        let expired = self.line.expire(now);
        for ticket in &expired {
            self.counts.remove(ticket, As::Queued);
        }
        expired
    }

    /// When the next ticket's time is up.
    pub fn next_expiry(&self) -> Option<Millis> {
        self.line.next_expiry()
    }

    /// A run took so long.
    pub fn took(&mut self, span: Duration) {
        self.durations.add(span);
    }

    /// What the run of a ticket that waits can be told; `None` if it does not wait, or for nothing but a slot
    /// whose run is over.
    pub fn outlook(&self, run: RunId) -> Option<Outlook> {
        let soon = self.soon();
        let (ticket, ahead) = soon.line.look_up(run)?;
        Some(soon.outlook_of(ticket, ahead, soon.durations.median()))
    }

    /// Everybody who waits for more than that, in order, with what they can be told.
    pub fn outlooks(&self) -> Vec<(Ticket, Outlook)> {
        let soon = self.soon();
        let median = soon.durations.median();
        let waiting = soon.line.in_order().enumerate();
        waiting
            .map(|(ahead, ticket)| (ticket.clone(), soon.outlook_of(ticket, ahead, median)))
            .collect()
    }

    /// The queue as it is when everybody has left whose run is over.
    fn soon(&self) -> Cow<'_, Self> {
        let holders = self.holders.iter();
        let leaving = holders.filter(|(_, holder)| holder.stage == Stage::Leaving);
        let leaving: Vec<RunId> = leaving.map(|(run, _)| *run).collect();
        if leaving.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut soon = self.clone();
        for run in leaving {
            soon.release(run);
        }
        soon.give_slots();
        Cow::Owned(soon)
    }

    /// Tickets with a slot.
    pub fn active(&self) -> usize {
        self.holders.len()
    }

    /// Tickets that wait.
    pub fn waiting(&self) -> usize {
        self.line.len()
    }

    /// The caps of everybody together.
    pub const fn caps(&self) -> Caps {
        self.rules.all
    }

    /// A slot is free every `median / slots` on average, and the first of them is not for who waits
    /// behind others.
    fn outlook_of(&self, ticket: &Ticket, ahead: usize, median: Option<Duration>) -> Outlook {
        let project = self.rules.of_project(&ticket.project);
        let (held, slots, before) = if !self.counts.has_slot(&self.rules) {
            (Held::ByAll, self.rules.all.active, ahead)
        } else if !self.counts.project_may_work(&self.rules, ticket) {
            (Held::ByProject(project), project.active, 0)
        } else if !self.counts.person_may_work(&self.rules, ticket) {
            (Held::ByOwn(self.rules.person), self.rules.person.active, 0)
        } else {
            // It will go in a moment.
            (Held::ByAll, self.rules.all.active, ahead)
        };
        let slots = u32::try_from(slots.max(1)).unwrap_or(u32::MAX);
        let turns = u32::try_from(before + 1).unwrap_or(u32::MAX);
        Outlook {
            ahead,
            held,
            wait: median.map(|median| median.saturating_mul(turns) / slots),
        }
    }

    fn give_slots(&mut self) {
        while self.counts.has_slot(&self.rules)
            && let Some(next) = self
                .line
                .next(|ticket| self.counts.may_work(&self.rules, ticket))
        {
            self.counts.remove(&next.ticket, As::Queued);
            let stage = match next.standing {
                Standing::Reserved => Stage::Reserved,
                Standing::Aside | Standing::Stored => Stage::Ready,
            };
            if stage == Stage::Ready {
                self.ready.push_back(next.ticket.run);
            }
            self.hold(next.ticket, stage);
        }
    }

    fn wait(&mut self, ticket: Ticket, standing: Standing) {
        self.counts.add(&ticket, As::Queued);
        self.line.push(Waiting { ticket, standing });
    }

    fn hold(&mut self, ticket: Ticket, stage: Stage) {
        self.counts.add(&ticket, As::Active);
        self.holders.insert(ticket.run, Holder { ticket, stage });
    }

    /// Frees the slot of a ticket that is so far.
    fn let_go(&mut self, run: RunId, stage: Stage) -> Option<Ticket> {
        if self.holders.get(&run)?.stage != stage {
            return None;
        }
        let holder = self.holders.remove(&run)?;
        self.counts.remove(&holder.ticket, As::Active);
        Some(holder.ticket)
    }

    /// Whether a ticket waits or has a slot.
    pub fn knows(&self, run: RunId) -> bool {
        self.holders.contains_key(&run) || self.line.has(run)
    }
}

#[cfg(test)]
mod tests;
