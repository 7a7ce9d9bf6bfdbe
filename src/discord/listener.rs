//! Takes what the gateway says, one event after the other, to the house.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serenity::{
    all::{self as sn, Cache},
    http::Http,
};
use thiserror::Error;
use tokio::sync::{Notify, mpsc};

use super::{
    house::House,
    ids,
    inbound::{self, Me, Origin},
    people::People,
    places::Places,
    recent::Recent,
    tap::{Inbound, Tapped},
};
use crate::{
    delivery::ChatError,
    session::SessionError,
    words::{ChannelId, MessageId},
};

/// Messages that are remembered as handled; a RESUME replays far fewer.
const REMEMBERED: usize = 4_096;

/// How long a channel that could not be caught up is left alone.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(15);

/// Why a message could not be taken.
#[derive(Debug, Error)]
pub(super) enum NotTaken {
    #[error(transparent)]
    Chat(#[from] ChatError),
    #[error(transparent)]
    House(#[from] SessionError),
}

/// Handles events in their order, and reads back what was missed before the first of them.
pub(super) struct Listener {
    pub(super) house: Arc<dyn House>,
    pub(super) http: Arc<Http>,
    pub(super) cache: Arc<Cache>,
    pub(super) places: Arc<Places>,
    pub(super) me: Me,
    recent: Mutex<Recent>,
    pub(super) watched: Mutex<HashSet<ChannelId>>,
    /// Channels with a message that could not be taken, and that message. What comes later in such
    /// a channel waits: if it were handled first, its mark would hide the earlier one.
    pub(super) behind: Mutex<HashMap<ChannelId, Option<MessageId>>>,
}

impl Listener {
    pub(super) fn new(
        house: Arc<dyn House>,
        http: Arc<Http>,
        cache: Arc<Cache>,
        places: Arc<Places>,
        me: Me,
    ) -> Self {
        Self {
            house,
            http,
            cache,
            places,
            me,
            recent: Mutex::new(Recent::new(REMEMBERED)),
            watched: Mutex::default(),
            behind: Mutex::default(),
        }
    }

    /// Serves one gateway session after the other, until nobody can begin one any more.
    /// `gap` says that events may be missing.
    pub(super) async fn run(
        &self,
        mut sessions: mpsc::UnboundedReceiver<Tapped>,
        gap: Arc<Notify>,
    ) {
        let Some(mut current) = sessions.recv().await else {
            return;
        };
        self.catch_up().await;
        loop {
            let is_behind = !self.behind.lock().is_empty();
            tokio::select! {
                event = current.next() => match event {
                    Some(event) => {
                        self.take(event).await;
                        if current.has_gap() {
                            self.catch_up().await;
                        }
                    }
                    None => match sessions.recv().await {
                        Some(next) => {
                            current = next;
                            self.catch_up().await;
                        }
                        None => return,
                    },
                },
                // The old session has ended even if somebody still holds its shard's messenger.
                Some(next) = sessions.recv() => {
                    while let Some(event) = current.next_now() {
                        self.take(event).await;
                    }
                    current = next;
                    self.catch_up().await;
                }
                () = gap.notified() => self.catch_up().await,
                () = tokio::time::sleep(TRY_AGAIN), if is_behind => self.catch_up_behind().await,
            }
        }
    }

    async fn take(&self, event: Inbound) {
        match event {
            Inbound::Message(message) => self.take_live(&message).await,
            Inbound::Channel(channel) => self.places.note(&channel),
        }
    }

    async fn take_live(&self, message: &sn::Message) {
        let (channel, id) = (ids::channel(message.channel_id), ids::message(message.id));
        if !inbound::concerns_us(message, Origin::Gateway, self.me) {
            self.pass(channel, id).await;
            return;
        }
        if self.behind.lock().contains_key(&channel) {
            return;
        }
        tracing::debug!(%channel, message = %id, "a message has arrived");
        let person = inbound::person(message);
        let people = People::new(self.me.guild, Arc::clone(&self.http));
        if let Err(error) = self.hear(message, person, &people).await {
            tracing::error!(%error, %channel, message = %id, "a message could not be taken; trying again");
            self.behind.lock().insert(channel, Some(id));
        }
    }

    /// Moves the mark past a message that needs no decision.
    async fn pass(&self, channel: ChannelId, message: MessageId) {
        let moves =
            self.watched.lock().contains(&channel) && !self.behind.lock().contains_key(&channel);
        if moves && let Err(error) = self.house.decided(channel, message).await {
            tracing::warn!(%error, %channel, "a channel's mark could not be moved");
        }
    }

    /// Takes a message of a person to the house, once.
    pub(super) async fn hear(
        &self,
        message: &sn::Message,
        person: Option<crate::words::Person>,
        people: &People,
    ) -> Result<(), NotTaken> {
        let (channel, id) = (ids::channel(message.channel_id), ids::message(message.id));
        if self.recent.lock().contains(id) {
            return Ok(());
        }
        let place = self
            .places
            .resolve(channel, &self.cache, &*self.house)
            .await?;
        if let Some(place) = place {
            let person = match person {
                Some(person) => person,
                None => people.writer(message).await?,
            };
            let heard = inbound::heard(message, place, person, self.me, &self.cache);
            self.house.hear(heard).await?;
        }
        self.recent.lock().note(id);
        Ok(())
    }
}
