//! What is looked at after each step.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::{
    super::*,
    world::{Stands, World},
};

impl World {
    fn has_slot(&self, ticket: &Ticket, stands: Stands) -> bool {
        !matches!(stands, Stands::Over | Stands::Parked) && self.queue.outlook(ticket.run).is_none()
    }

    /// Within a person, whoever got a slot overtook nobody who could have had it as well. A session
    /// that is busy holds up its own.
    pub(super) fn check_order(&mut self) -> Result<(), TestCaseError> {
        let mut waited = Vec::new();
        let slots = self
            .runs
            .iter()
            .filter(|(one, stands)| self.has_slot(one, *stands));
        let busy: HashSet<SessionId> = slots.map(|(one, _)| one.session).collect();
        for (ticket, stands) in &self.runs {
            if self.has_slot(ticket, *stands) {
                if self.in_line.contains(&ticket.run) && !self.came_back.contains(&ticket.run) {
                    let alike = |one: &&Ticket| {
                        (one.person, one.channel) == (ticket.person, ticket.channel)
                            && !busy.contains(&one.session)
                            && !self.came_back.contains(&one.run)
                    };
                    let overtaken: Vec<_> = waited.iter().copied().filter(alike).collect();
                    prop_assert!(overtaken.is_empty(), "{ticket:?} overtook {overtaken:?}");
                }
            } else if !matches!(stands, Stands::Over | Stands::Parked) {
                waited.push(ticket);
            }
        }
        self.in_line = waited.into_iter().map(|ticket| ticket.run).collect();
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), TestCaseError> {
        let [reserved, stored, aside, working, leaving] = [
            Stands::Reserved,
            Stands::Stored,
            Stands::Aside,
            Stands::Working,
            Stands::Leaving,
        ]
        .map(|one| self.those(one));
        let slots = [working, leaving].concat();
        let open = reserved.len() + stored.len() + aside.len() + slots.len();
        prop_assert_eq!(self.queue.active() + self.queue.waiting(), open, "lost");
        prop_assert!(self.queue.active() <= self.rules.all.active);
        let mut persons = BTreeMap::new();
        let mut small = 0;
        let mut sessions = HashSet::new();
        for ticket in &slots {
            *persons.entry((ticket.person, ticket.channel)).or_insert(0) += 1;
            small += usize::from(&*ticket.project == "small");
            prop_assert!(sessions.insert(ticket.session), "two of one session");
        }
        prop_assert!(
            persons
                .values()
                .all(|count| *count <= self.rules.person.active)
        );
        prop_assert!(small <= self.rules.of_project("small").active);
        self.check_waiting()
    }

    /// Who was let in on promises is over the caps of those that wait; nobody else ever is.
    fn check_waiting(&self) -> Result<(), TestCaseError> {
        let waits = |(one, stands): &&(Ticket, Stands)| {
            !matches!(stands, Stands::Over | Stands::Parked)
                && !self.has_slot(one, *stands)
                && !self.promised.contains(&one.run)
        };
        let waiting: Vec<&Ticket> = self.runs.iter().filter(waits).map(|(one, _)| one).collect();
        prop_assert!(waiting.len() <= self.rules.all.queued);
        let mut persons = BTreeMap::new();
        let mut projects: BTreeMap<&str, usize> = BTreeMap::new();
        for ticket in waiting {
            *persons.entry((ticket.person, ticket.channel)).or_insert(0) += 1;
            *projects.entry(&ticket.project).or_default() += 1;
        }
        let own = self.rules.person.queued;
        prop_assert!(persons.values().all(|count| *count <= own), "{persons:?}");
        for (project, count) in projects {
            let most = self.rules.of_project(project).queued;
            prop_assert!(count <= most, "{count} of {project}");
        }
        Ok(())
    }
}
