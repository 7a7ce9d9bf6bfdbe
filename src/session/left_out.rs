//! What was written while nobody listened, and will not be answered.

use super::{Engine, SessionError, sentences};
use crate::{
    store::{NewDelivery, Payload},
    words::{ChannelId, MessageId},
};

impl Engine {
    /// Says once in a place that what was written there up to a message was left out, and marks it as
    /// decided on.
    pub async fn left_out(&self, channel: ChannelId, last: MessageId) -> Result<(), SessionError> {
        let payload = Payload::Notice {
            channel: Some(channel),
            reply_to: None,
            text: sentences::LEFT_OUT.to_owned(),
        };
        let notice = NewDelivery::apart(format!("left-out:{channel}:{last}"), channel, payload);
        let mut tx = self.store.write().await?;
        tx.mark_channel(channel, last).await?;
        tx.deliver(&notice, self.clock.now()).await?;
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}
