//! Shows how the place of a run in the queue changes, in the message that told it.
//!
//! The message and its end are durable and come through the outbox; these edits are not.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::stage::{Stage, posted};
use crate::{delivery::ChatError, session::LiveWait, store::DeliveryKind, words::MessageId};

/// The shortest time between two edits of one message. Whoever waits does not need to know sooner.
const GAP: Duration = Duration::from_secs(5);

/// One run that waits being shown.
pub(super) struct ShowWait {
    pub(super) stage: Stage,
    /// When a run ends the place of everybody behind it changes. They are told one after the other,
    /// so that these edits take up no more of what Discord allows than one edit at a time.
    pub(super) one_at_a_time: Arc<Mutex<()>>,
    pub(super) wait: LiveWait,
}

impl ShowWait {
    /// Shows each change until the run waits no more.
    pub(super) async fn run(self) {
        tokio::select! {
            () = self.end() => {}
            () = self.keep_editing() => {}
        }
    }

    async fn end(&self) {
        let mut text = self.wait.text.clone();
        while text.changed().await.is_ok() {}
    }

    async fn keep_editing(&self) {
        let mut delivered = (self.stage.listen)();
        let mut text = self.wait.text.clone();
        let mut shown = self.wait.first.clone();
        loop {
            let wanted = text.borrow_and_update().clone();
            let is_owed = shown.as_ref() != Some(&wanted);
            if is_owed && let Some(message) = self.message().await {
                shown = match self.edit(message).await {
                    Some(text) => Some(text),
                    None => return,
                };
                tokio::time::sleep(GAP).await;
                continue;
            }
            tokio::select! {
                changed = text.changed() => if changed.is_err() { return },
                () = posted(&mut delivered, self.wait.run, DeliveryKind::Notice), if is_owed => {}
            }
        }
    }

    /// The message, once it stands.
    async fn message(&self) -> Option<MessageId> {
        match self.stage.house.wait_message(self.wait.run).await {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(%error, run = %self.wait.run, "a waiting run's message cannot be looked up");
                None
            }
        }
    }

    /// Edits the message to what is the newest when its turn comes; `None` if there is nothing more to
    /// be shown.
    async fn edit(&self, message: MessageId) -> Option<String> {
        let _turn = self.one_at_a_time.lock().await;
        let place = self.stage.place(self.wait.run, self.wait.channel).await;
        let mut slot = self.stage.pace.budget(place).slot().await;
        if self.wait.text.has_changed().is_err() {
            slot.unused();
            return None;
        }
        let text = self.wait.text.borrow().clone();
        if self.stage.chat.is_sparing() {
            // There is more urgent news for Discord; what changes later is shown again.
            slot.unused();
            return Some(text);
        }
        let edited = self.stage.chat.edit(place, message, text.clone());
        match edited.await {
            Ok(()) => {}
            Err(ChatError::Throttled(span)) => slot.wait(span),
            Err(error @ ChatError::Refused { .. }) => {
                tracing::debug!(%error, run = %self.wait.run, "a place in the queue is not shown any more");
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, run = %self.wait.run, "a place in the queue was not shown");
            }
        }
        Some(text)
    }
}
