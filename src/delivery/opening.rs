//! Opening a session's thread: a message that announces it, and the thread that grows from that.

use super::{
    ChatError, Post,
    send::{Sender, Trouble},
};
use crate::{
    store::Delivery,
    words::{ChannelId, MessageId},
};

impl Sender {
    /// Announces a session, or opens the thread of one that was announced. Each step is stored, so that
    /// a server that dies between them leaves no second announcement.
    pub(super) async fn open(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        text: &str,
        name: &str,
    ) -> Result<(), Trouble> {
        match delivery.message {
            Some(announcement) => {
                self.open_thread(delivery, channel, announcement, name)
                    .await
            }
            None => self.announce(delivery, channel, text).await,
        }
    }

    async fn open_thread(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        announcement: MessageId,
        name: &str,
    ) -> Result<(), Trouble> {
        match self.chat.start_thread(channel, announcement, name).await {
            Err(error) if !error.is_code(ChatError::THREAD_EXISTS) => Err(error.into()),
            Ok(()) | Err(_) => self.sent(delivery, Some(announcement)).await,
        }
    }

    /// Posts the announcement, and moves the session to where its thread will be. The thread's id is
    /// known, and somebody may write there before its opening was answered. The delivery goes on in the
    /// lane of the thread, ahead of all that is to be said there.
    async fn announce(
        &self,
        delivery: &Delivery,
        channel: ChannelId,
        text: &str,
    ) -> Result<(), Trouble> {
        let post = Post {
            content: text.to_owned(),
            ..Post::default()
        };
        let attempt = delivery.attempted_at.map(|at| (at, delivery.nonce_round));
        let posted = self
            .post_once(delivery.id, 0, channel, post, attempt)
            .await?;
        let Some(announcement) = posted else {
            // It is not wanted any more.
            return Ok(());
        };
        let (lane, thread) = (delivery.lane, announcement.thread());
        let mut tx = self.store.write().await?;
        tx.part_sent(delivery.id, announcement).await?;
        if !tx.move_sessions(lane, thread, self.clock.now()).await? {
            tracing::warn!(%thread, "somebody has begun another conversation in a session's thread; \
                            the session is ended");
        }
        tx.change_lane(lane, thread).await?;
        // From here on messages in the thread are for the agent, also those that are missed.
        tx.mark_channel(thread, announcement).await?;
        tx.commit().await?;
        Ok(())
    }
}
