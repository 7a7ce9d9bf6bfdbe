//! What was written while nobody listened: read back from Discord, oldest first.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use serenity::{all as sn, http::MessagePagination};

use super::{
    chat::within,
    ids,
    inbound::{self, Origin},
    listener::{Listener, NotTaken},
    people::People,
};
use crate::{
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// Messages of one page, the most that Discord gives (resources/channel#get-channel-messages).
const PAGE: u8 = 100;

/// Channels that are read at the same time.
const AT_ONCE: usize = 4;

impl Listener {
    /// Reads back all watched channels from where they were decided on.
    pub(super) async fn catch_up(&self) {
        let watched = match self.house.watched().await {
            Ok(watched) => watched,
            Err(error) => {
                tracing::error!(%error, "what was written meanwhile cannot be read back");
                return;
            }
        };
        *self.watched.lock() = watched.iter().copied().collect();
        let mut channels = watched;
        channels.extend(self.behind.lock().keys().copied());
        channels.sort_unstable();
        channels.dedup();
        self.catch_up_all(channels).await;
    }

    /// Marks the channels that were never looked at. Before the first event: a message that comes
    /// while the connection is made is newer than the mark, and is read back.
    pub(super) async fn mark_unseen(&self) {
        let watched = self.house.watched().await.unwrap_or_else(|error| {
            tracing::error!(%error, "channels cannot be marked before the start");
            Vec::new()
        });
        stream::iter(watched)
            .for_each_concurrent(AT_ONCE, |channel| async move {
                if let Err(error) = self.begin_at(channel).await {
                    tracing::warn!(%error, %channel, "a channel cannot be marked before the start");
                }
            })
            .await;
    }

    /// Tries the channels again that could not be read.
    pub(super) async fn catch_up_behind(&self) {
        let channels = self.behind.lock().keys().copied().collect();
        self.catch_up_all(channels).await;
    }

    async fn catch_up_all(&self, channels: Vec<ChannelId>) {
        let people = People::new(self.me.guild, Arc::clone(&self.http));
        stream::iter(channels)
            .for_each_concurrent(AT_ONCE, |channel| self.catch_up_one(channel, &people))
            .await;
    }

    async fn catch_up_one(&self, channel: ChannelId, people: &People) {
        match self.read_back(channel, people).await {
            Ok(()) => {
                self.behind.lock().remove(&channel);
            }
            Err(NotTaken::Chat(error @ ChatError::Refused { .. })) => {
                tracing::warn!(%error, %channel, "a channel cannot be read; leaving it out");
                self.behind.lock().remove(&channel);
            }
            Err(error) => {
                tracing::error!(%error, %channel, "a channel cannot be read back; trying again");
                self.behind.lock().entry(channel).or_insert(None);
            }
        }
    }

    async fn read_back(&self, channel: ChannelId, people: &People) -> Result<(), NotTaken> {
        let Some(mut mark) = self.begin_at(channel).await? else {
            return Ok(());
        };
        loop {
            let page = self.page(channel, mark).await?;
            let is_last = page.len() < usize::from(PAGE);
            for message in &page {
                mark = ids::message(message.id);
                if inbound::concerns_us(message, Origin::History, self.me) {
                    self.hear(message, None, people).await?;
                } else {
                    self.house.decided(channel, mark).await?;
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// The message after which nothing was decided on. `None` for a channel that was never looked
    /// at: what stands there is from before Baton's time, and is only marked.
    async fn begin_at(&self, channel: ChannelId) -> Result<Option<MessageId>, NotTaken> {
        if let Some(mark) = self.house.mark(channel).await? {
            return Ok(Some(mark));
        }
        let missed = self.behind.lock().get(&channel).copied().flatten();
        if let Some(missed) = missed {
            return Ok(Some(MessageId::new(missed.get() - 1)));
        }
        // A thread has the id of the message that it was started from: what is in it came later.
        if self.house.session_place(channel).await?.is_some() {
            return Ok(Some(MessageId::new(channel.get())));
        }
        let answer = within(self.http.get_channel(ids::to_channel(channel))).await?;
        let last = answer.guild().and_then(|channel| channel.last_message_id);
        // An empty channel is marked with its own id, which is smaller than that of any message.
        let last = last.map_or(MessageId::new(channel.get()), ids::message);
        self.house.decided(channel, last).await?;
        Ok(None)
    }

    async fn page(
        &self,
        channel: ChannelId,
        after: MessageId,
    ) -> Result<Vec<sn::Message>, ChatError> {
        let from = MessagePagination::After(ids::to_message(after));
        let page = self
            .http
            .get_messages(ids::to_channel(channel), Some(from), Some(PAGE));
        let mut page = within(page).await?;
        // Discord answers newest first, whichever way it was asked.
        page.sort_by_key(|message| message.id);
        Ok(page)
    }
}
