//! Named places where replies wait for a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

/// One hold, as the control API shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Hold {
    /// How many requests wait here now.
    pub(crate) waiting: usize,
    /// Once released a hold stays open until a reset, so a release may come first.
    pub(crate) released: bool,
}

pub(crate) type HoldBook = BTreeMap<String, Hold>;

/// All holds. A change wakes all who wait, so nothing polls and no wake-up can be missed.
#[derive(Debug, Clone)]
pub(crate) struct Holds {
    book: Arc<watch::Sender<HoldBook>>,
}

impl Default for Holds {
    fn default() -> Self {
        Self {
            book: Arc::new(watch::Sender::new(HoldBook::new())),
        }
    }
}

impl Holds {
    /// Waits until the hold is released. Dropping the future, which is what a disconnecting client
    /// does, takes the request off the hold.
    pub(crate) async fn pass(&self, name: &str) {
        let mut changes = self.book.subscribe();
        let _waiting = Waiting::enter(self, name);
        let open = |book: &HoldBook| book.get(name).is_none_or(|hold| hold.released);
        // The sender lives as long as `self`, so this cannot end early.
        let _ = changes.wait_for(open).await;
    }

    pub(crate) fn release(&self, name: &str) {
        self.book
            .send_modify(|book| book.entry(name.to_owned()).or_default().released = true);
    }

    /// Whether a hold is open.
    pub(crate) fn is_released(&self, name: &str) -> bool {
        self.book
            .borrow()
            .get(name)
            .is_some_and(|hold| hold.released)
    }

    /// Lets all who wait go on and forgets all names.
    pub(crate) fn reset(&self) {
        self.book.send_modify(BTreeMap::clear);
    }

    pub(crate) fn snapshot(&self) -> HoldBook {
        self.book.borrow().clone()
    }

    /// Waits until at least one request stands at the hold.
    pub(crate) async fn occupied(&self, name: &str) {
        let mut changes = self.book.subscribe();
        let someone = |book: &HoldBook| book.get(name).is_some_and(|hold| hold.waiting > 0);
        let _ = changes.wait_for(someone).await;
    }
}

struct Waiting<'a> {
    holds: &'a Holds,
    name: &'a str,
}

impl<'a> Waiting<'a> {
    fn enter(holds: &'a Holds, name: &'a str) -> Self {
        holds
            .book
            .send_modify(|book| book.entry(name.to_owned()).or_default().waiting += 1);
        Self { holds, name }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // After a reset the name is gone, and with it the count.
        self.holds.book.send_if_modified(|book| {
            book.get_mut(self.name).is_some_and(|hold| {
                hold.waiting = hold.waiting.saturating_sub(1);
                true
            })
        });
    }
}
