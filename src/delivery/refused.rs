//! What is done when the service refuses a delivery for good.

use super::{
    ChatError,
    send::{Sender, channel_of_known},
};
use crate::{
    observe::Passage,
    store::{Delivery, DeliveryState, NewDelivery, Payload, StoreError},
    words::{Alert, ChannelId, MessageId, SessionId},
};

impl Sender {
    /// Discord will not take it: the place is marked and somebody is told, and the lane goes on.
    pub(super) async fn refused(
        &self,
        delivery: &Delivery,
        error: &ChatError,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let why = error.to_string();
        let session = self.session_of(delivery).await?;
        let mut tx = self.store.write().await?;
        tx.end_delivery(delivery.id, DeliveryState::Refused, Some(&why), now)
            .await?;
        let kind = delivery.payload.kind();
        let is_news = if let Payload::Reaction {
            channel, author, ..
        } = &delivery.payload
        {
            self.quiet.refused(*channel, *author, error, now)
        } else {
            true
        };
        // That a person has blocked the bot is no trouble of an operator's, and he could have him told of
        // it in places of his own making.
        let is_somebodys_own =
            error.is_code(ChatError::UNKNOWN_MESSAGE) || error.is_code(ChatError::REACTION_BLOCKED);
        if is_news && !is_somebodys_own {
            let channel = channel_of_known(delivery, session.as_ref());
            let sentence = format!("Discord refused a delivery ({kind}): {why}");
            let alert = Alert::DeliveryRefused { channel, sentence };
            tx.raise(now, &alert).await?;
        }
        if let Some(session) = session {
            match &delivery.payload {
                Payload::Thread {
                    channel, message, ..
                } => {
                    tx.post_in_channel(delivery.lane).await?;
                    tx.deliver(
                        &thread_hint(session.id, delivery.lane, *channel, *message),
                        now,
                    )
                    .await?;
                }
                Payload::Opening { channel, .. } => match delivery.message {
                    Some(announcement) => {
                        tx.post_in_channel(delivery.lane).await?;
                        // Now the channel's messages may be for the agent, also those that are missed.
                        tx.mark_channel(*channel, announcement).await?;
                        let hint = thread_hint(session.id, delivery.lane, *channel, announcement);
                        tx.deliver(&hint, now).await?;
                    }
                    // Nobody can ever speak to it, or to the one that it was cleared for.
                    None => {
                        if let Some(open) = self.store.session_in(delivery.lane).await? {
                            tx.end_session(open.id, None, now).await?;
                        }
                    }
                },
                Payload::Live { .. }
                | Payload::Answer { .. }
                | Payload::Notice { .. }
                | Payload::Question { .. } => {
                    tx.mark_unreachable(session.id, Some(&why)).await?;
                }
                Payload::Reaction { .. }
                | Payload::Settle { .. }
                | Payload::PersonNotice { .. }
                | Payload::QuestionEnd { .. } => {}
            }
        }
        tx.commit().await?;
        self.metrics.delivery(Passage::Refused);
        Ok(())
    }
}

/// Tells people why the answer comes to the channel.
fn thread_hint(
    session: SessionId,
    lane: ChannelId,
    channel: ChannelId,
    message: MessageId,
) -> NewDelivery {
    NewDelivery {
        key: format!("thread-hint:{session}"),
        lane,
        session: Some(session),
        run: None,
        payload: Payload::Notice {
            channel: Some(channel),
            reply_to: Some(message),
            text:
                "I could not start a thread here, so this conversation goes on in the channel: mention me \
                 or reply to me. `/session stop` ends it. Give me the permissions *Create Public Threads* \
                 and *Send Messages in Threads*, and the next one gets a thread."
                    .to_owned(),
        },
    }
}
