//! One delivery: how it is sent, repeated, and found again.

use std::{sync::Arc, time::Duration};

use tokio::sync::broadcast;

use super::{
    Answer, Author, Chat, ChatError, Delivered, MESSAGE_LIMIT, Post, nonce::nonce, quiet::Quiet,
    route::Asking,
};
use crate::{
    clock::{Clock, Millis},
    observe::{Metrics, Passage},
    store::{Delivery, DeliveryState, Payload, SessionRow, Store, StoreError, Tx},
    words::{ChannelId, DeliveryId, MessageId},
};

/// How long a repetition is safe by its nonce. Discord remembers nonces "in the past few minutes"
/// (resources/message#create-message); later the channel is read back instead.
const NONCE_LIVES: Duration = Duration::from_mins(2);

/// How far Discord's clock, which is in message ids, may differ from ours when a message is looked
/// for in the channel.
const SKEW: Duration = Duration::from_secs(30);

/// Messages that are looked through for one whose sending had an unknown outcome.
const READ_BACK: u8 = 100;

/// How a step of a delivery went.
#[derive(Debug)]
pub(super) enum Step {
    /// The row has ended, or goes on in another lane.
    Ended,
    /// It has to be tried again, not before this time if the service said so.
    Again { not_before: Option<Duration> },
}

/// Why a delivery did not go through.
pub(super) enum Trouble {
    Chat(ChatError),
    Store(StoreError),
}

impl From<ChatError> for Trouble {
    fn from(error: ChatError) -> Self {
        Self::Chat(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Sends deliveries.
pub(super) struct Sender {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) chat: Arc<dyn Chat>,
    pub(super) quiet: Quiet,
    pub(super) asking: Asking,
    pub(super) metrics: Metrics,
    pub(super) delivered: broadcast::Sender<Delivered>,
}

impl Sender {
    /// Takes a delivery as far as it goes now.
    pub(super) async fn send(&self, delivery: &Delivery) -> Step {
        match self.carry_out(delivery).await {
            Ok(()) => Step::Ended,
            Err(Trouble::Chat(error @ ChatError::Refused { .. })) => {
                match self.refused(delivery, &error).await {
                    Ok(()) => Step::Ended,
                    Err(error) => again(delivery, &error, None),
                }
            }
            Err(Trouble::Chat(ChatError::Throttled(wait))) => Step::Again {
                not_before: Some(wait),
            },
            Err(Trouble::Chat(error)) => again(delivery, &error, None),
            Err(Trouble::Store(error)) => again(delivery, &error, None),
        }
    }

    async fn carry_out(&self, delivery: &Delivery) -> Result<(), Trouble> {
        // Before an answer is cut into messages: what is known by now stands whole in it.
        match &delivery.payload.clone().without(&self.asking.secrets) {
            Payload::Reaction {
                channel,
                message,
                emoji,
                author,
            } => {
                let now = self.clock.now();
                if self.chat.is_sparing() || self.quiet.is_kept(*channel, *author, now) {
                    return self.leave_out(delivery).await;
                }
                self.chat.react(*channel, *message, emoji).await?;
                self.sent(delivery, None).await
            }
            Payload::Thread {
                channel,
                message,
                name,
            } => match self.chat.start_thread(*channel, *message, name).await {
                Err(error) if !error.is_code(ChatError::THREAD_EXISTS) => Err(error.into()),
                Ok(()) | Err(_) => self.sent(delivery, None).await,
            },
            Payload::Opening {
                channel,
                text,
                name,
            } => self.open(delivery, *channel, text, name).await,
            Payload::Settle { live, text } => self.settle(delivery, *live, text.as_ref()).await,
            Payload::Live { text } | Payload::PersonNotice { text, .. } => {
                self.post_all(delivery, vec![plain(text)]).await
            }
            Payload::Notice { reply_to, text, .. } => {
                let post = Post {
                    reply_to: *reply_to,
                    ..plain(text)
                };
                self.post_all(delivery, vec![post]).await
            }
            Payload::Answer { markdown, footer } => {
                let answer = Answer {
                    markdown: markdown.clone(),
                    footer: footer.clone(),
                };
                self.post_all(delivery, self.chat.lay_out(&answer)).await
            }
            Payload::Question { approval, ways } => self.ask(delivery, *approval, ways).await,
            Payload::QuestionEnd { approval } => self.end_question(delivery, *approval).await,
        }
    }

    /// Posts the messages of a delivery that Discord does not have yet.
    async fn post_all(&self, delivery: &Delivery, posts: Vec<Post>) -> Result<(), Trouble> {
        let channel = self.channel_of(delivery).await?;
        let mut first = delivery.message;
        let mut attempt = delivery.attempted_at.map(|at| (at, delivery.nonce_round));
        let parts = posts.len();
        for (part, post) in posts.into_iter().enumerate().skip(delivery.parts_sent) {
            let Some(message) = self
                .post_once(delivery.id, part, channel, post, attempt.take())
                .await?
            else {
                return Ok(());
            };
            first.get_or_insert(message);
            let mut tx = self.store.write().await?;
            tx.part_sent(delivery.id, message).await?;
            if part + 1 == parts {
                return self.end(tx, delivery, first).await;
            }
            tx.commit().await?;
        }
        self.sent(delivery, first).await
    }

    /// Makes sure that Discord has one message, once. `None` if it is not wanted any more.
    ///
    /// `attempt` says when an earlier try used which round of the nonce; how that ended is unknown.
    pub(super) async fn post_once(
        &self,
        id: DeliveryId,
        part: usize,
        channel: ChannelId,
        post: Post,
        attempt: Option<(Millis, u32)>,
    ) -> Result<Option<MessageId>, Trouble> {
        let now = self.clock.now();
        let round = match attempt {
            Some((at, round)) if now.since(at) < NONCE_LIVES => round,
            Some((at, round)) => {
                if let Some(found) = self.read_back(channel, &post, at).await? {
                    return Ok(Some(found));
                }
                if !self.note_attempt(id, now, round + 1).await? {
                    return Ok(None);
                }
                round + 1
            }
            None => {
                if !self.note_attempt(id, now, 0).await? {
                    return Ok(None);
                }
                0
            }
        };
        Ok(Some(
            self.chat
                .post(channel, post, &nonce(id, part, round))
                .await?,
        ))
    }

    /// The attempt is stored before the message is asked for: whoever finds the row later knows
    /// that the message may exist.
    async fn note_attempt(&self, id: DeliveryId, at: Millis, round: u32) -> Result<bool, Trouble> {
        let mut tx = self.store.write().await?;
        let wanted = tx.attempt(id, at, round).await?;
        tx.commit().await?;
        Ok(wanted)
    }

    /// Looks for a message of ours that an attempt may have left in the channel.
    async fn read_back(
        &self,
        channel: ChannelId,
        post: &Post,
        attempted_at: Millis,
    ) -> Result<Option<MessageId>, Trouble> {
        let from = MessageId::at(attempted_at.before(SKEW));
        for seen in self.chat.after(channel, from, READ_BACK).await? {
            let same = seen.by == Author::Baton && seen.content == post.content;
            // Another delivery may have said the same a moment before.
            if same && !self.store.is_delivered(seen.id).await? {
                return Ok(Some(seen.id));
            }
        }
        Ok(None)
    }

    async fn settle(
        &self,
        delivery: &Delivery,
        live: DeliveryId,
        text: Option<&String>,
    ) -> Result<(), Trouble> {
        if let Some(message) = self.store.message_of(live).await? {
            let channel = self.channel_of(delivery).await?;
            let done = match text {
                Some(text) => match self.chat.edit(channel, message, text.clone()).await {
                    // It cannot say any more that the work is over, and must not say that it goes on.
                    Err(error) if error.is_code(ChatError::TOO_OLD_TO_EDIT) => {
                        self.chat.delete(channel, message).await
                    }
                    other => other,
                },
                None => self.chat.delete(channel, message).await,
            };
            // Somebody removed it meanwhile: then it is settled.
            match done {
                Err(error) if !error.is_code(ChatError::UNKNOWN_MESSAGE) => {
                    return Err(error.into());
                }
                Ok(()) | Err(_) => {}
            }
        }
        self.sent(delivery, None).await
    }

    pub(super) async fn sent(
        &self,
        delivery: &Delivery,
        message: Option<MessageId>,
    ) -> Result<(), Trouble> {
        let tx = self.store.write().await?;
        self.end(tx, delivery, message).await
    }

    /// Discord is not asked for it.
    async fn leave_out(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let mut tx = self.store.write().await?;
        tx.end_delivery(delivery.id, DeliveryState::Dropped, None, self.clock.now())
            .await?;
        tx.commit().await?;
        self.metrics.delivery(Passage::LeftOut);
        Ok(())
    }

    /// Notes in a transaction that Discord has all of a delivery, and says so.
    pub(super) async fn end(
        &self,
        mut tx: Tx,
        delivery: &Delivery,
        message: Option<MessageId>,
    ) -> Result<(), Trouble> {
        tx.end_delivery(delivery.id, DeliveryState::Sent, None, self.clock.now())
            .await?;
        if let (Some(session), Some(_)) = (delivery.session, message) {
            // The place takes messages: whatever closed it is over.
            tx.mark_unreachable(session, None).await?;
        }
        tx.commit().await?;
        self.metrics.delivery(Passage::Sent);
        self.tell(delivery, message);
        Ok(())
    }

    /// Tells whoever waits for it. Nobody listening is fine.
    pub(super) fn tell(&self, delivery: &Delivery, message: Option<MessageId>) {
        let _ = self.delivered.send(Delivered {
            run: delivery.run,
            kind: delivery.payload.kind(),
            message,
        });
    }

    pub(super) async fn session_of(
        &self,
        delivery: &Delivery,
    ) -> Result<Option<SessionRow>, StoreError> {
        match delivery.session {
            Some(id) => self.store.session(id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Where a delivery goes as things stand now.
    pub(super) async fn channel_of(&self, delivery: &Delivery) -> Result<ChannelId, Trouble> {
        if let Payload::PersonNotice { person, .. } = &delivery.payload {
            return Ok(self.chat.direct(*person).await?);
        }
        let session = self.session_of(delivery).await?;
        Ok(channel_of_known(delivery, session.as_ref()))
    }
}

pub(super) fn channel_of_known(delivery: &Delivery, session: Option<&SessionRow>) -> ChannelId {
    let own = match &delivery.payload {
        Payload::Reaction { channel, .. }
        | Payload::Thread { channel, .. }
        | Payload::Opening { channel, .. } => Some(*channel),
        Payload::Notice { channel, .. } => *channel,
        Payload::Live { .. }
        | Payload::Settle { .. }
        | Payload::PersonNotice { .. }
        | Payload::Answer { .. }
        | Payload::Question { .. }
        | Payload::QuestionEnd { .. } => None,
    };
    own.or(session.map(|session| session.post_channel_id))
        .unwrap_or(delivery.lane)
}

/// A message that is not laid out. One that is too long would be refused, and then nobody is told
/// anything.
fn plain(text: &str) -> Post {
    let content = if text.chars().count() <= MESSAGE_LIMIT {
        text.to_owned()
    } else {
        text.chars().take(MESSAGE_LIMIT - 1).chain(['…']).collect()
    };
    Post {
        content,
        ..Post::default()
    }
}

fn again(delivery: &Delivery, error: &dyn std::fmt::Display, not_before: Option<Duration>) -> Step {
    tracing::warn!(delivery = %delivery.id, kind = %delivery.payload.kind(), %error,
        "a delivery did not go through; trying again");
    Step::Again { not_before }
}
