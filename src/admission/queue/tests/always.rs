//! What holds whatever happens, in any order.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;

/// What can happen to a queue; numbers pick a ticket.
#[derive(Clone, Debug)]
enum Step {
    /// A person asks in a channel of a project, for one of a few sessions.
    Reserve {
        person: u64,
        channel: u64,
        session: usize,
    },
    Confirm(usize),
    GiveUp(usize),
    /// The run before it has left a mailbox behind.
    Promise {
        person: u64,
        session: usize,
    },
    Admit,
    Release(usize),
    SetAside(usize),
    Withdraw(usize),
    Expire(i64),
    /// The server dies; the next one is told what is stored.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let pick = || 0..64_usize;
    prop_oneof![
        6 => (0..4_u64, 0..2_u64, 0..12_usize).prop_map(|(person, channel, session)| Step::Reserve {
            person,
            channel,
            session
        }),
        6 => pick().prop_map(Step::Confirm),
        1 => pick().prop_map(Step::GiveUp),
        1 => (0..4_u64, 0..12_usize).prop_map(|(person, session)| Step::Promise { person, session }),
        6 => Just(Step::Admit),
        4 => pick().prop_map(Step::Release),
        1 => pick().prop_map(Step::SetAside),
        1 => pick().prop_map(Step::Withdraw),
        1 => (0..100_i64).prop_map(Step::Expire),
        1 => Just(Step::Crash),
    ]
}

fn bounds() -> impl Strategy<Value = Rules> {
    (0..4_usize, 0..6_usize, 1..3_usize, 0..3_usize, 0..3_usize).prop_map(
        |(active, queued, own, own_queued, project)| {
            let small = ProjectCaps {
                active: Some(project),
                queued: None,
            };
            Rules {
                all: caps(active, queued),
                person: caps(own, own_queued),
                projects: HashMap::from([(Arc::from("small"), small)]),
            }
        },
    )
}

/// Where a run stands, as the one sees it who uses the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Reserved,
    Stored,
    Aside,
    Working,
    Over,
}

/// A queue and all that was done with it.
struct World {
    rules: Rules,
    queue: Queue,
    sessions: Vec<SessionId>,
    runs: Vec<(Ticket, Stands)>,
    /// Runs that were put in without asking for room, so that caps do not hold for them.
    promised: HashSet<RunId>,
    /// Runs that were set aside at some time.
    came_back: HashSet<RunId>,
    /// Runs that waited after the last step.
    in_line: HashSet<RunId>,
}

impl World {
    fn new(rules: Rules) -> Self {
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

    fn those(&self, stands: Stands) -> Vec<&Ticket> {
        let them = self.runs.iter().filter(|(_, one)| *one == stands);
        them.map(|(ticket, _)| ticket).collect()
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Reserve {
                person,
                channel,
                session,
            } => {
                let ticket = self.ticket(person, channel, session);
                if self.queue.reserve(ticket.clone()).is_ok() {
                    self.runs.push((ticket, Stands::Reserved));
                }
            }
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
            Step::Release(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Working, at) {
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
            Step::Withdraw(at) => {
                if let Some((ticket, stands)) = self.pick(Stands::Stored, at) {
                    *stands = Stands::Over;
                    let ticket = ticket.clone();
                    prop_assert_eq!(self.queue.withdraw(ticket.run), Some(ticket.clone()));
                    prop_assert_eq!(self.queue.withdraw(ticket.run), None);
                }
            }
            Step::Expire(now) => {
                for ticket in self.queue.expire(Millis::new(now)) {
                    prop_assert!(ticket.expires_at <= Millis::new(now));
                    let stored = [Stands::Stored, Stands::Aside].map(|one| self.those(one));
                    prop_assert!(stored.concat().contains(&&ticket));
                    self.set(ticket.run, Stands::Over);
                }
                let next = self.queue.next_expiry();
                prop_assert!(next.is_none_or(|at| at > Millis::new(now)));
            }
            Step::Crash => self.crash(),
        }
        Ok(())
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

    fn has_slot(&self, ticket: &Ticket, stands: Stands) -> bool {
        stands != Stands::Over && self.queue.outlook(ticket.run).is_none()
    }

    /// Within a person, whoever got a slot overtook nobody who could have had it as well. A session
    /// that is busy holds up its own.
    fn check_order(&mut self) -> Result<(), TestCaseError> {
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
            } else if *stands != Stands::Over {
                waited.push(ticket);
            }
        }
        self.in_line = waited.into_iter().map(|ticket| ticket.run).collect();
        Ok(())
    }

    /// Reservations were never stored, and what had a slot has it again.
    fn crash(&mut self) {
        self.queue = Queue::new(self.rules.clone());
        for (ticket, stands) in &mut self.runs {
            match stands {
                Stands::Reserved => *stands = Stands::Over,
                Stands::Stored | Stands::Aside => {
                    *stands = Stands::Stored;
                    self.promised.insert(ticket.run);
                    self.queue.restore_waiting(ticket.clone());
                }
                Stands::Working => self.queue.restore_active(ticket.clone()),
                Stands::Over => {}
            }
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let [reserved, stored, aside, working] = [
            Stands::Reserved,
            Stands::Stored,
            Stands::Aside,
            Stands::Working,
        ]
        .map(|one| self.those(one));
        let open = reserved.len() + stored.len() + aside.len() + working.len();
        prop_assert_eq!(self.queue.active() + self.queue.waiting(), open, "lost");
        prop_assert!(self.queue.active() <= self.rules.all.active);
        let mut persons = BTreeMap::new();
        let mut small = 0;
        let mut sessions = HashSet::new();
        for ticket in &working {
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
        // Who was let in on promises is over the caps; nobody else ever is.
        let promised = stored
            .iter()
            .chain(&aside)
            .filter(|one| self.promised.contains(&one.run));
        let waiting = self.queue.waiting() - promised.count().min(self.queue.waiting());
        prop_assert!(waiting <= self.rules.all.queued);
        Ok(())
    }

    /// Whatever happened, it drains: nothing is stuck, nothing leaks.
    fn drain(mut self) -> Result<(), TestCaseError> {
        for from in [Stands::Reserved, Stands::Aside] {
            while let Some((ticket, stands)) = self.pick(from, 0) {
                *stands = Stands::Stored;
                let run = ticket.run;
                self.queue.confirm(run);
            }
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_is_lost_or_run_twice_caps_hold_and_nothing_leaks(
        rules in bounds(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        let mut world = World::new(rules);
        for step in &steps {
            world.step(step)?;
            world.check_order()?;
            world.check()?;
        }
        world.drain()?;
    }
}
