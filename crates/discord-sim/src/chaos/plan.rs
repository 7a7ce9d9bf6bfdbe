//! The endless list of what happens when, which a seed alone decides.

use super::dice::Dice;
use super::step::Step;
use super::{Chaos, ChaosFamily};

/// How long connections are refused, at least and at most, in milliseconds.
const OUTAGE_MS: (u64, u64) = (1_000, 10_000);

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Planned {
    /// Milliseconds after the start.
    pub(super) at_ms: u64,
    pub(super) step: Step,
}

/// The list.
#[derive(Debug)]
pub(super) struct Plan {
    sources: Vec<Source>,
    /// When the outage of now is over.
    over_ms: Option<u64>,
}

/// What one family does next.
#[derive(Debug)]
struct Source {
    family: ChaosFamily,
    dice: Dice,
    mean_ms: u64,
    next_ms: u64,
}

impl Source {
    /// From nothing to twice the mean after the last one.
    fn move_on(&mut self) {
        self.next_ms += self
            .dice
            .between(1, self.mean_ms.saturating_mul(2).max(2) - 1);
    }
}

impl Plan {
    pub(super) fn of(chaos: &Chaos) -> Self {
        let sources = chaos.every_ms.iter().map(|(family, mean_ms)| {
            let mut source = Source {
                family: *family,
                dice: Dice::new(chaos.seed, *family as u64),
                mean_ms: *mean_ms,
                next_ms: 0,
            };
            source.move_on();
            source
        });
        Self {
            sources: sources.collect(),
            over_ms: None,
        }
    }
}

impl Iterator for Plan {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        let next = self.sources.iter_mut().min_by_key(|source| source.next_ms);
        if let Some(over_ms) = self.over_ms
            && next.as_ref().is_none_or(|next| over_ms <= next.next_ms)
        {
            self.over_ms = None;
            return Some(Planned {
                at_ms: over_ms,
                step: Step::Open,
            });
        }
        let source = next?;
        let at_ms = source.next_ms;
        let step = Step::of(source.family, &mut source.dice);
        if step == Step::Shut {
            let over_ms = at_ms + source.dice.between(OUTAGE_MS.0, OUTAGE_MS.1);
            self.over_ms = self.over_ms.max(Some(over_ms));
        }
        source.move_on();
        Some(Planned { at_ms, step })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    fn hour(chaos: &Chaos) -> Vec<Planned> {
        Plan::of(chaos)
            .take_while(|planned| planned.at_ms < HOUR_MS)
            .collect()
    }

    fn count(plan: &[Planned], is: impl Fn(&Step) -> bool) -> usize {
        plan.iter().filter(|planned| is(&planned.step)).count()
    }

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(hour(&Chaos::seeded(1)), hour(&Chaos::seeded(1)));
        assert_ne!(hour(&Chaos::seeded(1)), hour(&Chaos::seeded(2)));
    }

    #[test]
    fn an_hour_has_about_as_many_faults_of_each_family_as_ordered_and_in_their_order() {
        let plan = hour(&Chaos::seeded(7));
        assert!(plan.is_sorted_by_key(|planned| planned.at_ms));
        let requests = count(&plan, |step| matches!(step, Step::Request(..)));
        let events = count(&plan, |step| matches!(step, Step::Event(_)));
        let gateway = count(&plan, |step| matches!(step, Step::Gateway(..)));
        let shut = count(&plan, |step| *step == Step::Shut);
        assert!((150..=210).contains(&requests), "{requests}");
        assert!((200..=280).contains(&events), "{events}");
        assert!((45..=75).contains(&gateway), "{gateway}");
        assert!((3..=9).contains(&shut), "{shut}");
        assert_eq!(count(&plan, |step| *step == Step::Open), shut);
    }

    #[test]
    fn a_family_that_is_left_out_changes_nothing_for_the_others() {
        let mut with = hour(&Chaos::seeded(3));
        let without = hour(&Chaos::seeded(3).without(ChaosFamily::Gateway));
        with.retain(|planned| !matches!(planned.step, Step::Gateway(..)));
        assert_eq!(without, with);
    }
}
