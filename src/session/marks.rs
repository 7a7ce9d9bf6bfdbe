//! Marks of messages that are for nobody here.

use std::{sync::Arc, time::Duration};

use super::{Engine, Heard, SessionError};
use crate::words::{ChannelId, MessageId};

/// How long a mark waits to be stored with others.
const TOGETHER: Duration = Duration::from_secs(10);

impl Engine {
    /// Moves a channel's mark past a message that asks for nothing. It is stored with others after a
    /// while, or when the server ends: talk must not cost a write for each word. A server that dies
    /// before reads it again, and finds again that it asks for nothing.
    pub fn passed(self: &Arc<Self>, channel: ChannelId, message: MessageId) {
        let is_first = {
            let mut passed = self.passed.lock();
            let is_first = passed.is_empty();
            let mark = passed.entry(channel).or_insert(message);
            *mark = message.max(*mark);
            is_first
        };
        if !is_first {
            return;
        }
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = engine.stop.cancelled() => {}
                () = tokio::time::sleep(TOGETHER) => {}
            }
            if let Err(error) = engine.store_marks().await {
                error.log("where nothing was asked could not be stored; it may be read again");
            }
        });
    }

    /// The same for a message that was heard. Where nobody would read it back there is no mark.
    pub(super) async fn pass(self: &Arc<Self>, heard: &Heard) -> Result<(), SessionError> {
        let place = heard.place;
        let is_read_back = self.projects.of_channel(place.channel).is_some()
            || self.store.session_at(place.post_channel()).await?.is_some();
        if is_read_back {
            self.passed(heard.channel, heard.message);
        }
        Ok(())
    }

    async fn store_marks(&self) -> Result<(), SessionError> {
        let marks = std::mem::take(&mut *self.passed.lock());
        let mut tx = self.store.write().await?;
        for (channel, message) in marks {
            tx.mark_channel(channel, message).await?;
        }
        Ok(tx.commit().await?)
    }
}
