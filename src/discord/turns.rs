//! Changes of one thing, one after the other.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::delivery::ChatError;

/// Who changes which message. Discord does not keep the order of requests that are under way at the
/// same time: a late edit would bring back what was settled already.
///
/// Also who reacts in which channel: only of requests that come after each other serenity knows by
/// their answers' headers how long the next one has to wait.
#[derive(Debug)]
pub(super) struct Turns<K>(Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>);

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + Hash> Turns<K> {
    /// Makes a change when those before it have been answered. Dropped while it waits, it is not
    /// made; dropped later, it is made and the next one waits for it all the same.
    pub(super) async fn change<F>(&self, what: K, change: F) -> Result<(), ChatError>
    where
        F: Future<Output = Result<(), ChatError>> + Send + 'static,
    {
        let turn = self.turn(what).await;
        let change = tokio::spawn(async move {
            let done = change.await;
            drop(turn);
            done
        });
        match change.await {
            Ok(done) => done,
            Err(error) => Err(ChatError::Unknown(error.to_string())),
        }
    }

    async fn turn(&self, what: K) -> OwnedMutexGuard<()> {
        let lock = {
            let mut known = self.0.lock();
            if let Some(turn) = known.get(&what).and_then(Weak::upgrade) {
                turn
            } else {
                known.retain(|_, lock| lock.strong_count() > 0);
                let fresh = Arc::default();
                known.insert(what, Arc::downgrade(&fresh));
                fresh
            }
        };
        lock.lock_owned().await
    }
}
