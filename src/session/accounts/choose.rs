//! With which account a session works: a pure choice.

use crate::{clock::Millis, words::SlotId};

/// An account, as the choice sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) slot: SlotId,
    /// Nobody is logged in.
    pub(super) needs_login: bool,
    /// Turns fail for its sake.
    pub(super) fails: bool,
    /// It takes no more before this time.
    pub(super) limited_until: Option<Millis>,
    /// What is left of its narrowest limit, 0 to 1.
    pub(super) headroom: f64,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// This one.
    Take(SlotId),
    /// All that could be taken have met their limits: the first is free at this time.
    Wait(Millis),
    /// There is none.
    None,
}

/// Chooses the healthiest with the most headroom; of equals the one that stands first in the settings.
pub(super) fn choose(candidates: &[Candidate]) -> Choice {
    let with_login = || candidates.iter().filter(|one| !one.needs_login);
    let free = with_login().filter(|one| one.limited_until.is_none());
    let best = free.reduce(|best, one| if is_better(one, best) { one } else { best });
    if let Some(best) = best {
        return Choice::Take(best.slot.clone());
    }
    let first_free = with_login().filter_map(|one| one.limited_until).min();
    match (first_free, candidates.first()) {
        (Some(until), _) => Choice::Wait(until),
        // Its turn says that somebody has to log in.
        (None, Some(first)) => Choice::Take(first.slot.clone()),
        (None, None) => Choice::None,
    }
}

fn is_better(one: &Candidate, other: &Candidate) -> bool {
    if one.fails == other.fails {
        one.headroom > other.headroom
    } else {
        other.fails
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::words::RuntimeKind;

    fn slot(name: &str) -> SlotId {
        SlotId {
            runtime: RuntimeKind::Claude,
            name: name.parse().unwrap(),
        }
    }

    fn candidate(name: &str) -> Candidate {
        Candidate {
            slot: slot(name),
            needs_login: false,
            fails: false,
            limited_until: None,
            headroom: 0.5,
        }
    }

    fn limited(name: &str, until: i64) -> Candidate {
        Candidate {
            limited_until: Some(Millis::new(until)),
            ..candidate(name)
        }
    }

    #[test]
    fn the_healthiest_with_the_most_headroom_is_taken() {
        let with = |name, headroom| Candidate {
            headroom,
            ..candidate(name)
        };
        let fails = Candidate {
            fails: true,
            ..with("fails", 1.0)
        };
        let out = Candidate {
            needs_login: true,
            ..with("out", 1.0)
        };
        for (candidates, taken) in [
            (vec![candidate("a"), candidate("b")], "a"),
            (vec![with("a", 0.2), with("b", 0.3)], "b"),
            (vec![fails.clone(), with("b", 0.1)], "b"),
            (vec![out.clone(), fails.clone()], "fails"),
            (vec![limited("a", 9), with("b", 0.0)], "b"),
            (vec![out.clone()], "out"),
        ] {
            assert_eq!(
                choose(&candidates),
                Choice::Take(slot(taken)),
                "{candidates:?}"
            );
        }
    }

    #[test]
    fn where_all_have_met_their_limits_the_first_that_is_free_again_is_waited_for() {
        let out = Candidate {
            needs_login: true,
            ..candidate("out")
        };
        let all = [limited("a", 9), limited("b", 7), out];
        assert_eq!(choose(&all), Choice::Wait(Millis::new(7)));
        assert_eq!(choose(&[]), Choice::None);
    }

    fn any_candidate() -> impl Strategy<Value = Candidate> {
        let parts = (
            "[a-z]{1,3}",
            any::<bool>(),
            any::<bool>(),
            proptest::option::of(0_i64..5),
            0_u8..5,
        );
        parts.prop_map(
            |(name, needs_login, fails, limited_until, left)| Candidate {
                needs_login,
                fails,
                limited_until: limited_until.map(Millis::new),
                headroom: f64::from(left) / 4.0,
                ..candidate(&name)
            },
        )
    }

    proptest! {
        #[test]
        fn nobody_is_made_to_wait_while_one_is_free_and_the_best_of_these_is_taken(
            candidates in vec(any_candidate(), 0..6),
        ) {
            let is_free = |one: &&Candidate| !one.needs_login && one.limited_until.is_none();
            let free: Vec<&Candidate> = candidates.iter().filter(is_free).collect();
            let rank = |one: &Candidate| (!one.fails, one.headroom);
            match choose(&candidates) {
                Choice::Take(slot) if free.is_empty() => {
                    prop_assert!(candidates.iter().all(|one| one.needs_login));
                    prop_assert_eq!(&slot, &candidates[0].slot);
                }
                Choice::Take(slot) => {
                    let best = free.iter().map(|one| rank(one)).reduce(|a, b| if b > a { b } else { a });
                    let first = free.iter().find(|one| Some(rank(one)) == best);
                    prop_assert_eq!(&slot, &first.unwrap().slot);
                }
                Choice::Wait(until) => {
                    prop_assert!(free.is_empty());
                    let waits = candidates.iter().filter(|one| !one.needs_login);
                    prop_assert_eq!(Some(until), waits.filter_map(|one| one.limited_until).min());
                }
                Choice::None => prop_assert!(candidates.is_empty()),
            }
        }
    }
}
