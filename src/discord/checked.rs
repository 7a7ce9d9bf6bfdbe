//! How far each place was read back whole.
//!
//! The mark of a channel says what was decided on last. An event that was lost leaves no trace in it
//! once a later one was heard, so a look for what is missing begins where the last look ended.

use std::collections::HashMap;

use crate::words::{ChannelId, MessageId};

/// Places that are remembered; more are forgotten all at once, and their marks are believed.
const KEPT: usize = 10_000;

/// What comes before every message of a place. A thread that was started from a message has its id, and does
/// not hold it; the first message of a forum's post has the id of the post (Discord: topics/threads).
pub(super) const fn before_all_in(place: ChannelId) -> MessageId {
    MessageId::new(place.get().saturating_sub(1))
}

/// Where the next look at a place begins.
#[derive(Debug)]
pub(super) struct Checked {
    /// Places that came to be after this were listened to from their first message on.
    since: MessageId,
    places: HashMap<ChannelId, MessageId>,
}

impl Checked {
    /// Nothing was read back yet; events come from `since` on.
    pub(super) fn new(since: MessageId) -> Self {
        Self {
            since,
            places: HashMap::new(),
        }
    }

    /// The message after which a look begins, in a place whose mark is `mark`.
    pub(super) fn begin(&self, place: ChannelId, mark: MessageId) -> MessageId {
        let is_new = MessageId::new(place.get()) > self.since;
        match self.places.get(&place) {
            Some(checked) => (*checked).min(mark),
            None if is_new => before_all_in(place).min(mark),
            None => mark,
        }
    }

    /// Everything up to this message was seen.
    pub(super) fn note(&mut self, place: ChannelId, up_to: MessageId) {
        if self.places.len() >= KEPT {
            self.places.clear();
        }
        self.places.insert(place, up_to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(checked: &Checked, place: u64, mark: u64) -> u64 {
        let found = checked.begin(ChannelId::new(place), MessageId::new(mark));
        found.get()
    }

    #[test]
    fn a_look_begins_where_the_last_one_ended() {
        let mut checked = Checked::new(MessageId::new(100));
        assert_eq!(begin(&checked, 10, 120), 120);
        checked.note(ChannelId::new(10), MessageId::new(120));
        assert_eq!(begin(&checked, 10, 150), 120);
    }

    #[test]
    fn a_place_that_came_to_be_meanwhile_is_looked_at_from_its_beginning() {
        let checked = Checked::new(MessageId::new(100));
        assert_eq!(begin(&checked, 110, 150), 109);
        assert_eq!(begin(&checked, 90, 150), 150);
    }
}
