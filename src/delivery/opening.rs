//! Opening a session's thread: a message that announces it, and the thread that grows from that.

use super::{
    ChatError, Post,
    send::{Sender, Trouble},
};
use crate::{
    store::{Delivery, DeliveryState},
    words::{ChannelId, MessageId},
};

impl Sender {
    /// Announces a session and opens its thread. Each step is stored, so that a server that dies
    /// between them leaves no second announcement.
    pub(super) async fn open(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        text: &str,
        name: &str,
    ) -> Result<(), Trouble> {
        let Some(announcement) = self.announcement(delivery, channel, text).await? else {
            return Ok(());
        };
        match self.chat.start_thread(channel, announcement, name).await {
            Err(error) if !error.is_code(ChatError::THREAD_EXISTS) => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        let mut tx = self.store.write().await?;
        tx.end_delivery(delivery.id, DeliveryState::Sent, None, self.clock.now())
            .await?;
        if let Some(session) = delivery.session {
            tx.move_into_thread(session, announcement.thread()).await?;
            tx.mark_unreachable(session, None).await?;
        }
        // From here on messages in the thread are for the agent, also those that are missed.
        tx.mark_channel(announcement.thread(), announcement).await?;
        tx.commit().await?;
        self.tell(delivery, Some(announcement));
        Ok(())
    }

    /// The announcement, posted once. `None` if it is not wanted any more.
    async fn announcement(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        text: &str,
    ) -> Result<Option<MessageId>, Trouble> {
        if delivery.message.is_some() {
            return Ok(delivery.message);
        }
        let post = Post {
            content: text.to_owned(),
            reply_to: None,
            file: None,
        };
        let attempt = delivery.attempted_at.map(|at| (at, delivery.nonce_round));
        let posted = self
            .post_once(delivery.id, 0, channel, post, attempt)
            .await?;
        if let Some(message) = posted {
            let mut tx = self.store.write().await?;
            tx.part_sent(delivery.id, message).await?;
            tx.commit().await?;
        }
        Ok(posted)
    }
}
