//! Tells operators that the queue is full, and that it has room again.

use std::sync::atomic::Ordering;

use super::{Engine, SessionError};
use crate::{
    admission::Full,
    store::{StoreError, Tx},
    words::{Alert, AlertKind},
};

impl Engine {
    /// Somebody was turned away. That a person or a project has as much as they may is nobody's trouble.
    pub(super) async fn note_full(&self, full: Full) -> Result<(), SessionError> {
        let waiting = match full {
            Full::All(caps) | Full::Kept(caps) => caps.queued,
            Full::Parked(waiting) => waiting,
            Full::Person(_) | Full::Project(_) => return Ok(()),
        };
        let mut tx = self.store.write().await?;
        tx.raise(self.clock.now(), &Alert::QueueFull { waiting })
            .await?;
        tx.commit().await?;
        self.told_full.store(true, Ordering::Relaxed);
        self.outbox.wake();
        Ok(())
    }

    /// Somebody was let in.
    pub(super) async fn note_room(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if !self.told_full.load(Ordering::Relaxed) {
            return Ok(());
        }
        let subject = Alert::QueueFull { waiting: 0 }.subject();
        tx.clear(self.clock.now(), AlertKind::QueueFull, &subject)
            .await
    }

    /// That is stored.
    pub(super) fn has_room(&self) {
        self.told_full.store(false, Ordering::Relaxed);
    }
}
