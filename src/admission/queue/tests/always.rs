//! What holds whatever happens, in any order.

mod checks;
mod world;

use proptest::prelude::*;

use super::*;
use world::World;

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
    /// One with a slot is over, and clears up.
    Leave(usize),
    /// That could not be stored.
    Stay(usize),
    Release(usize),
    SetAside(usize),
    /// One with a slot leaves the queue for a while.
    Park(usize),
    ComeBack(usize),
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
        2 => pick().prop_map(Step::Leave),
        1 => pick().prop_map(Step::Stay),
        4 => pick().prop_map(Step::Release),
        1 => pick().prop_map(Step::SetAside),
        1 => pick().prop_map(Step::Park),
        1 => pick().prop_map(Step::ComeBack),
        1 => pick().prop_map(Step::Withdraw),
        1 => (0..100_i64).prop_map(Step::Expire),
        1 => Just(Step::Crash),
    ]
}

fn bounds() -> impl Strategy<Value = Rules> {
    let of_all = (0..4_usize, 0..6_usize);
    let of_person = (1..3_usize, 0..3_usize);
    let of_project = (0..3_usize, prop::option::of(0..3_usize));
    (of_all, of_person, of_project).prop_map(
        |((active, queued), (own, own_queued), (project, project_queued))| {
            let small = ProjectCaps {
                active: Some(project),
                queued: project_queued,
            };
            Rules {
                all: caps(active, queued),
                person: caps(own, own_queued),
                projects: HashMap::from([(Arc::from("small"), small)]),
            }
        },
    )
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
