//! A queue and the one who uses it.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{super::*, Step};

/// Where a run stands, as the one sees it who uses the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Reserved,
    Stored,
    Aside,
    Parked,
    Working,
    /// It is over, and has its slot still.
    Leaving,
    Over,
}

/// A queue and all that was done with it.
pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) queue: Queue,
    sessions: Vec<SessionId>,
    pub(super) runs: Vec<(Ticket, Stands)>,
    /// Runs that were put in without asking for room, so that caps do not hold for them.
    pub(super) promised: HashSet<RunId>,
    /// Runs that were set aside at some time.
    pub(super) came_back: HashSet<RunId>,
    /// Runs that waited after the last step.
    pub(super) in_line: HashSet<RunId>,
}

impl World {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            queue: Queue::new(rules.clone()),
            rules,
            sessions: (0..12).map(|_| SessionId::fresh()).collect(),
            runs: Vec::new(),
            promised: HashSet::new(),
            came_back: HashSet::new(),
            in_line: HashSet::new(),
        }
    }

    fn ticket(&self, person: u64, channel: u64, session: usize) -> Ticket {
        let project = if channel == 0 { "large" } else { "small" };
        Ticket {
            session: self.sessions[session],
            channel: ChannelId::new(channel),
            project: Arc::from(project),
            expires_at: Millis::new(i64::try_from(self.runs.len() * 7 % 100).unwrap()),
            ..of(person)
        }
    }

    /// One of those that stand so.
    fn pick(&mut self, stands: Stands, pick: usize) -> Option<&mut (Ticket, Stands)> {
        let them = self.runs.iter_mut().filter(|(_, one)| *one == stands);
        let mut them: Vec<_> = them.collect();
        let at = pick % them.len().max(1);
        (!them.is_empty()).then(|| them.swap_remove(at))
    }

    fn set(&mut self, run: RunId, stands: Stands) {
        let found = self.runs.iter_mut().find(|(ticket, _)| ticket.run == run);
        found.expect("a run that was put in").1 = stands;
    }

    pub(super) fn those(&self, stands: Stands) -> Vec<&Ticket> {
        let them = self.runs.iter().filter(|(_, one)| *one == stands);
        them.map(|(ticket, _)| ticket).collect()
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Reserve {
                person,
                channel,
                session,
            } => self.reserve(self.ticket(person, channel, session)),
            Step::Confirm(at) => {
                let from = if at % 2 == 0 {
                    Stands::Reserved
                } else {
                    Stands::Aside
                };
                if let Some((ticket, stands)) = self.pick(from, at) {
                    *stands = Stands::Stored;
                    let run = ticket.run;
                    self.queue.confirm(run);
                }
            }
            Step::GiveUp(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Reserved, at) {
                    *stands = Stands::Over;
                    let run = ticket.run;
                    self.queue.give_up(run);
                }
            }
            Step::Promise { person, session } => {
                let ticket = self.ticket(person, 0, session);
                self.promised.insert(ticket.run);
                self.queue.restore_waiting(ticket.clone());
                self.runs.push((ticket, Stands::Stored));
            }
            Step::Admit => self.admit()?,
            Step::Leave(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Working, at) {
                    *stands = Stands::Leaving;
                    let run = ticket.run;
                    self.queue.leaves(run);
                }
            }
            Step::Stay(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Leaving, at) {
                    *stands = Stands::Working;
                    let run = ticket.run;
                    self.queue.stays(run);
                }
            }
            Step::Release(at) => {
                let from = if at % 2 == 0 {
                    Stands::Working
                } else {
                    Stands::Leaving
                };
                if let Some((ticket, stands)) = self.pick(from, at) {
                    *stands = Stands::Over;
                    let run = ticket.run;
                    prop_assert!(self.queue.release(run));
                    prop_assert!(!self.queue.release(run), "released twice");
                }
            }
            Step::SetAside(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Working, at) {
                    *stands = Stands::Aside;
                    let run = ticket.run;
                    self.queue.set_aside(run);
                    // It was let in before, and comes back before those who came later.
                    self.promised.insert(run);
                    self.came_back.insert(run);
                }
            }
            Step::Park(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Working, at) {
                    *stands = Stands::Parked;
                    let run = ticket.run;
                    prop_assert!(self.queue.release(run));
                    prop_assert!(!self.queue.knows(run));
                }
            }
            Step::ComeBack(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Parked, at) {
                    *stands = Stands::Stored;
                    let ticket = ticket.clone();
                    let run = ticket.run;
                    self.queue.come_back(ticket);
                    self.promised.insert(run);
                    self.came_back.insert(run);
                }
            }
            Step::Withdraw(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Stored, at) {
                    *stands = Stands::Over;
                    let ticket = ticket.clone();
                    prop_assert_eq!(self.queue.withdraw(ticket.run), Some(ticket.clone()));
                    prop_assert_eq!(self.queue.withdraw(ticket.run), None);
                }
            }
            Step::Expire(now) => self.expire(Millis::new(now))?,
            Step::Crash => self.crash(),
        }
        Ok(())
    }

    fn expire(&mut self, now: Millis) -> Result<(), TestCaseError> {
        for ticket in self.queue.expire(now) {
            prop_assert!(ticket.expires_at <= now);
            let stored = [Stands::Stored, Stands::Aside].map(|one| self.those(one));
            prop_assert!(stored.concat().contains(&&ticket));
            self.set(ticket.run, Stands::Over);
        }
        let next = self.queue.next_expiry();
        prop_assert!(next.is_none_or(|at| at > now));
        Ok(())
    }

    fn reserve(&mut self, ticket: Ticket) {
        if self.queue.reserve(ticket.clone()).is_ok() {
            // Others may come back and take the slot on which it counts.
            if !self.those(Stands::Leaving).is_empty() {
                self.promised.insert(ticket.run);
            }
            self.runs.push((ticket, Stands::Reserved));
        }
    }

    fn admit(&mut self) -> Result<(), TestCaseError> {
        let Some(ticket) = self.queue.admit() else {
            return Ok(());
        };
        let stored = self.those(Stands::Stored);
        prop_assert!(
            stored.contains(&&ticket),
            "twice, or not stored: {ticket:?}"
        );
        self.set(ticket.run, Stands::Working);
        Ok(())
    }

    /// Reservations were never stored, and what had a slot has it again.
    fn crash(&mut self) {
        self.queue = Queue::new(self.rules.clone());
        for (ticket, stands) in &mut self.runs {
            match stands {
                Stands::Reserved | Stands::Leaving => *stands = Stands::Over,
                Stands::Stored | Stands::Aside => {
                    *stands = Stands::Stored;
                    self.promised.insert(ticket.run);
                    self.queue.restore_waiting(ticket.clone());
                }
                Stands::Working => self.queue.restore_active(ticket.clone()),
                Stands::Parked | Stands::Over => {}
            }
        }
    }

    /// Whatever happened, it drains: nothing is stuck, nothing leaks.
    pub(super) fn drain(mut self) -> Result<(), TestCaseError> {
        for from in [Stands::Reserved, Stands::Aside] {
            while let Some((ticket, stands)) = self.pick(from, 0) {
                *stands = Stands::Stored;
                let run = ticket.run;
                self.queue.confirm(run);
            }
        }
        while let Some((ticket, stands)) = self.pick(Stands::Parked, 0) {
            *stands = Stands::Stored;
            let ticket = ticket.clone();
            self.promised.insert(ticket.run);
            self.queue.come_back(ticket);
        }
        while let Some((ticket, stands)) = self.pick(Stands::Leaving, 0) {
            *stands = Stands::Over;
            let run = ticket.run;
            prop_assert!(self.queue.release(run));
        }
        loop {
            for _ in 0..=self.rules.all.active {
                self.admit()?;
                self.check()?;
            }
            let Some((ticket, stands)) = self.pick(Stands::Working, 0) else {
                break;
            };
            *stands = Stands::Over;
            let run = ticket.run;
            prop_assert!(self.queue.release(run));
        }
        let could_go = |ticket: &&Ticket| {
            let project = self.rules.of_project(&ticket.project);
            self.rules.all.active > 0 && project.active > 0
        };
        let stuck: Vec<Ticket> = self.those(Stands::Stored).into_iter().cloned().collect();
        let forgotten: Vec<_> = stuck.iter().filter(could_go).collect();
        prop_assert!(forgotten.is_empty(), "stuck: {forgotten:?}");
        for ticket in stuck {
            prop_assert!(self.queue.withdraw(ticket.run).is_some());
        }
        prop_assert_eq!((self.queue.active(), self.queue.waiting()), (0, 0));
        let empty = format!("{:?}", Queue::new(self.rules));
        prop_assert_eq!(
            format!("{:?}", self.queue),
            empty,
            "something is remembered"
        );
        Ok(())
    }
}
