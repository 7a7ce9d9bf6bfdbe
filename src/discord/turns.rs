//! Changes of one message, one after the other.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::{delivery::ChatError, words::MessageId};

/// Who changes which message. Discord does not keep the order of requests that are under way at the
/// same time: a late edit would bring back what was settled already.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<MessageId, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Makes a change when those before it have been answered. Dropped while it waits, it is not
    /// made; dropped later, it is made and the next one waits for it all the same.
    pub(super) async fn change<F>(&self, message: MessageId, change: F) -> Result<(), ChatError>
    where
        F: Future<Output = Result<(), ChatError>> + Send + 'static,
    {
        let turn = self.turn(message).await;
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

    async fn turn(&self, message: MessageId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut messages = self.0.lock();
            if let Some(known) = messages.get(&message).and_then(Weak::upgrade) {
                known
            } else {
                messages.retain(|_, lock| lock.strong_count() > 0);
                let fresh = Arc::default();
                messages.insert(message, Arc::downgrade(&fresh));
                fresh
            }
        };
        lock.lock_owned().await
    }
}
