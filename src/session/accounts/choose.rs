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
}
