//! How many tickets of whom work and wait.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use super::ticket::{Caps, Full, Rules, Ticket};
use crate::words::{ChannelId, SessionId, UserId};

/// Where a ticket is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    /// Among those with a slot.
    Active,
    /// Among those that wait.
    Queued,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    active: usize,
    queued: usize,
}

impl Count {
    const fn of(&mut self, stand: As) -> &mut usize {
        match stand {
            As::Active => &mut self.active,
            As::Queued => &mut self.queued,
        }
    }
}

/// Tickets, counted by everything that has caps. Whoever has none is not remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    all: Count,
    persons: HashMap<(UserId, ChannelId), Count>,
    /// Tickets that wait, by person and wherever they are.
    waiting: HashMap<UserId, usize>,
    projects: HashMap<Arc<str>, Count>,
    /// Sessions with a slot.
    sessions: HashMap<SessionId, usize>,
}

impl Counts {
    pub(super) fn add(&mut self, ticket: &Ticket, stand: As) {
        *self.all.of(stand) += 1;
        let persons = self.persons.entry((ticket.person, ticket.channel));
        *persons.or_default().of(stand) += 1;
        if stand == As::Queued {
            *self.waiting.entry(ticket.person).or_default() += 1;
        }
        let projects = self.projects.entry(Arc::clone(&ticket.project));
        *projects.or_default().of(stand) += 1;
        if stand == As::Active {
            *self.sessions.entry(ticket.session).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, ticket: &Ticket, stand: As) {
        *self.all.of(stand) -= 1;
        take_away(&mut self.persons, &(ticket.person, ticket.channel), stand);
        take_away(&mut self.projects, &ticket.project, stand);
        match stand {
            As::Active => one_less(&mut self.sessions, &ticket.session),
            As::Queued => one_less(&mut self.waiting, &ticket.person),
        }
    }

    fn own(&self, ticket: &Ticket) -> Count {
        let own = self.persons.get(&(ticket.person, ticket.channel));
        own.copied().unwrap_or_default()
    }

    fn project(&self, ticket: &Ticket) -> Count {
        let project = self.projects.get(&ticket.project);
        project.copied().unwrap_or_default()
    }

    pub(super) const fn has_slot(&self, rules: &Rules) -> bool {
        self.all.active < rules.all.active
    }

    pub(super) fn person_may_work(&self, rules: &Rules, ticket: &Ticket) -> bool {
        self.own(ticket).active < rules.person.active
            && !self.sessions.contains_key(&ticket.session)
    }

    pub(super) fn project_may_work(&self, rules: &Rules, ticket: &Ticket) -> bool {
        self.project(ticket).active < rules.of_project(&ticket.project).active
    }

    /// Whether a ticket may have a slot.
    pub(super) fn may_work(&self, rules: &Rules, ticket: &Ticket) -> bool {
        self.has_slot(rules)
            && self.person_may_work(rules, ticket)
            && self.project_may_work(rules, ticket)
    }

    /// Whether a ticket may wait. What is nearest to the person is told first.
    pub(super) fn may_wait(&self, rules: &Rules, ticket: &Ticket) -> Result<(), Full> {
        let project = rules.of_project(&ticket.project);
        let is_full = |count: Count, caps: Caps| count.queued >= caps.queued;
        if is_full(self.own(ticket), rules.person) {
            Err(Full::Person(rules.person))
        } else if is_full(self.project(ticket), project) && project != rules.all {
            Err(Full::Project(project))
        } else if is_full(self.all, rules.all) {
            Err(Full::All(rules.all))
        } else if self.waiting.contains_key(&ticket.person)
            && self.all.queued >= rules.all.queued - rules.all.kept()
        {
            Err(Full::Kept(rules.all))
        } else {
            Ok(())
        }
    }
}

fn one_less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn take_away<K: Hash + Eq>(counts: &mut HashMap<K, Count>, key: &K, stand: As) {
    if let Some(count) = counts.get_mut(key) {
        *count.of(stand) -= 1;
        if *count == Count::default() {
            counts.remove(key);
        }
    }
}
