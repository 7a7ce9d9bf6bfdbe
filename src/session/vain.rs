//! Which clicks in vain are noted: whoever may not decide can press a button as often as he likes, and
//! nothing is ever taken out of the audit trail.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;

use crate::{
    clock::Millis,
    words::{ApprovalId, UserId},
};

/// How long the same is not noted again.
const SILENCE: Duration = Duration::from_mins(10);

/// Lines that one person leaves within that time of one question, and of what is none. What he does to one keeps
/// nothing off the record that he does to another.
const OF_ONE: usize = 10;

/// Lines that all leave within that time. It is more than people leave who err, and what comes on top says
/// only that there are many.
const OF_ALL: usize = 1_000;

/// Who was refused what and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refused {
    pub(super) person: UserId,
    /// `None` for a control of which nothing is known.
    pub(super) question: Option<ApprovalId>,
    pub(super) why: String,
}

/// What was noted a short while ago.
#[derive(Debug, Default)]
pub(super) struct Vain(Mutex<HashMap<Refused, Millis>>);

impl Vain {
    /// Whether this is to be noted; then it counts as noted.
    pub(super) fn is_new(&self, refused: Refused, now: Millis) -> bool {
        let mut noted = self.0.lock();
        noted.retain(|_, at| now.since(*at) < SILENCE);
        let is_like =
            |one: &&Refused| (one.person, one.question) == (refused.person, refused.question);
        let of_one = noted.keys().filter(is_like);
        if noted.len() >= OF_ALL || of_one.count() >= OF_ONE || noted.contains_key(&refused) {
            return false;
        }
        noted.insert(refused, now);
        true
    }

    /// It could not be noted: the next one is new.
    pub(super) fn forget(&self, refused: &Refused) {
        self.0.lock().remove(refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::new(1_000_000);

    fn refused(person: u64, question: Option<ApprovalId>, why: &str) -> Refused {
        Refused {
            person: UserId::new(person),
            question,
            why: why.to_owned(),
        }
    }

    #[test]
    fn the_same_is_noted_once_in_ten_minutes_and_what_differs_is_noted_too() {
        let vain = Vain::default();
        let question = Some(ApprovalId::fresh());
        let all = [
            refused(1, question, "no"),
            refused(2, question, "no"),
            refused(1, None, "no"),
            refused(1, question, "blocked"),
        ];
        for one in &all {
            assert!(vain.is_new(one.clone(), NOW), "{one:?}");
            assert!(!vain.is_new(one.clone(), NOW.after(SILENCE / 2)), "{one:?}");
        }
        assert!(vain.is_new(all[0].clone(), NOW.after(SILENCE)));
        // What could not be stored was not noted.
        vain.forget(&all[1]);
        assert!(vain.is_new(all[1].clone(), NOW));
    }

    #[test]
    fn whatever_somebody_does_to_one_question_what_he_does_to_another_is_noted() {
        let vain = Vain::default();
        let (one, other) = (Some(ApprovalId::fresh()), Some(ApprovalId::fresh()));
        let all = (0..100).filter(|at| vain.is_new(refused(1, one, &at.to_string()), NOW));
        assert_eq!(all.count(), OF_ONE);
        assert!(vain.is_new(refused(1, other, "no"), NOW));
        assert!(vain.is_new(refused(1, None, "no"), NOW));
    }

    #[test]
    fn one_person_leaves_ten_lines_and_all_leave_a_thousand_whatever_they_find_to_press() {
        let vain = Vain::default();
        let lines = |person, now| {
            let tries = 0..100;
            tries
                .filter(|at| vain.is_new(refused(person, None, &at.to_string()), now))
                .count()
        };
        assert_eq!(lines(1, NOW), OF_ONE);
        let all: usize = (2..1_000).map(|person| lines(person, NOW)).sum();
        assert_eq!(all, OF_ALL - OF_ONE);
        assert_eq!(vain.0.lock().len(), OF_ALL);
        assert_eq!(lines(1, NOW.after(SILENCE)), OF_ONE);
        assert_eq!(vain.0.lock().len(), OF_ONE);
    }
}
