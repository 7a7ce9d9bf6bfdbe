//! Ids that were seen lately.

use std::collections::{HashSet, VecDeque};

use crate::words::MessageId;

/// The last messages that were handled: a RESUME may replay an event, and a catch-up reads what also
/// came live.
#[derive(Debug)]
pub(super) struct Recent {
    bound: usize,
    order: VecDeque<MessageId>,
    ids: HashSet<MessageId>,
}

impl Recent {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound,
            order: VecDeque::new(),
            ids: HashSet::new(),
        }
    }

    pub(super) fn contains(&self, id: MessageId) -> bool {
        self.ids.contains(&id)
    }

    /// Notes an id, and forgets the oldest one if there are too many.
    pub(super) fn note(&mut self, id: MessageId) {
        if !self.ids.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > self.bound
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut recent = Recent::new(2);
        for id in [1, 2, 2, 3] {
            recent.note(MessageId::new(id));
        }
        let held = [1, 2, 3].map(|id| recent.contains(MessageId::new(id)));
        assert_eq!(held, [false, true, true]);
    }
}
