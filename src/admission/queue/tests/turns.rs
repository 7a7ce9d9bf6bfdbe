//! How often one person may go before another.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// While somebody waits, everybody else has one turn at most.
    #[test]
    fn nobody_is_overtaken_twice_by_the_same_person(
        slots in 1..4_usize,
        steps in prop::collection::vec((0..5_u64, 0..4_usize), 1..200),
    ) {
        let mut queue = Queue::new(rules(caps(slots, 1_000)));
        let mut working: VecDeque<Ticket> = VecDeque::new();
        // Per person who waits: how many turns each other had since he came, or had one himself.
        let mut since: BTreeMap<UserId, BTreeMap<UserId, u32>> = BTreeMap::new();
        for (person, asked) in steps {
            for _ in 0..asked * usize::from(person < 2) + usize::from(asked > 0) {
                let ticket = of(person);
                offer(&mut queue, &ticket).unwrap();
            }
            let mut turns: Vec<UserId> = Vec::new();
            if working.len() == slots && let Some(done) = working.pop_front() {
                queue.release(done.run);
            }
            while let Some(ticket) = queue.admit() {
                turns.push(ticket.person);
                working.push_back(ticket);
            }
            for person in turns {
                since.remove(&person);
                for others in since.values_mut() {
                    let turns = others.entry(person).or_default();
                    *turns += 1;
                    prop_assert!(*turns <= 1, "{person} twice");
                }
            }
            let waiting: HashSet<UserId> =
                queue.outlooks().into_iter().map(|(ticket, _)| ticket.person).collect();
            since.retain(|person, _| waiting.contains(person));
            for person in waiting {
                since.entry(person).or_default();
            }
        }
    }
}
