//! How often somebody is told that nothing is done for him: enough that he notices, and not as often as
//! he writes.

use std::{collections::HashMap, hash::Hash, time::Duration};

use parking_lot::Mutex;

use crate::{
    clock::Millis,
    words::{ChannelId, UserId},
};

/// How long nobody is told again why.
const SILENCE: Duration = Duration::from_mins(10);

/// Messages of one person that get a sign within that time.
const SIGNS: u32 = 10;

/// Persons and places that are remembered for that; more are forgotten all at once.
const REMEMBERED: usize = 10_000;

/// Who is told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Whom {
    /// A person, whatever he did.
    Person(UserId),
    /// A person who asks too often.
    Hasty(UserId),
    /// Whoever is at a place.
    Place(ChannelId),
}

/// Who was told something a short while ago.
#[derive(Debug, Default)]
pub(super) struct Courtesy(Mutex<Shown>);

#[derive(Debug, Default)]
struct Shown {
    told: HashMap<Whom, Millis>,
    /// Since when signs are counted, and how many there were.
    signs: HashMap<UserId, (Millis, u32)>,
}

impl Courtesy {
    /// Whether none of them was told something a short while ago; then they are now.
    pub(super) fn may_tell(&self, whom: &[Whom], now: Millis) -> bool {
        let told = &mut self.0.lock().told;
        let is_quiet = |whom: &Whom| told.get(whom).is_some_and(|at| now.since(*at) < SILENCE);
        if whom.iter().any(is_quiet) {
            return false;
        }
        make_room(told);
        told.extend(whom.iter().map(|whom| (*whom, now)));
        true
    }

    /// Whether a person may be given a sign; then he is.
    pub(super) fn may_sign(&self, person: UserId, now: Millis) -> bool {
        let signs = &mut self.0.lock().signs;
        if !signs.contains_key(&person) {
            make_room(signs);
        }
        let (since, count) = signs.entry(person).or_insert((now, 0));
        if now.since(*since) >= SILENCE {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= SIGNS
    }
}

fn make_room<K: Eq + Hash, V>(remembered: &mut HashMap<K, V>) {
    if remembered.len() >= REMEMBERED {
        remembered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::new(1_000_000);
    const ANN: UserId = UserId::new(1);
    const HERE: Whom = Whom::Place(ChannelId::new(2));

    #[test]
    fn a_person_and_a_place_are_told_once_in_ten_minutes() {
        let courtesy = Courtesy::default();
        assert!(courtesy.may_tell(&[Whom::Person(ANN)], NOW));
        assert!(!courtesy.may_tell(&[Whom::Person(ANN), HERE], NOW));
        assert!(courtesy.may_tell(&[HERE], NOW), "it was told nothing yet");
        assert!(!courtesy.may_tell(&[Whom::Person(UserId::new(3)), HERE], NOW));
        let later = NOW.after(SILENCE);
        assert!(courtesy.may_tell(&[Whom::Person(ANN), HERE], later));
    }

    #[test]
    fn a_person_gets_some_signs_in_ten_minutes_however_much_he_writes() {
        let courtesy = Courtesy::default();
        let signs = |now| (0..1_000).filter(|_| courtesy.may_sign(ANN, now)).count();
        assert_eq!(signs(NOW), 10);
        assert_eq!(signs(NOW.after(SILENCE / 2)), 0);
        assert_eq!(signs(NOW.after(SILENCE)), 10);
        assert!(courtesy.may_sign(UserId::new(3), NOW));
    }
}
