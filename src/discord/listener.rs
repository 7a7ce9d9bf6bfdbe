//! Takes what the gateway says, one event after the other, to the house.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serenity::all::{self as sn, Cache};
use thiserror::Error;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, MissedTickBehavior},
};

use super::{
    Connection,
    checked::Checked,
    house::House,
    ids,
    inbound::{self, Me, Origin},
    namesake::Namesake,
    people::People,
    places::Places,
    recent::Recent,
    relay::passed,
    rest::Rest,
    spots::Look,
    tap::{Inbound, Tapped},
};
use crate::{
    clock::{Clock, Millis},
    config::CatchUp,
    delivery::ChatError,
    session::SessionError,
    words::{ChannelId, MessageId, Person, Place},
};

/// Messages that are remembered as handled; a RESUME replays far fewer.
const REMEMBERED: usize = 4_096;

/// How often it is looked whether there is something that no event told of.
const LOOK: Duration = Duration::from_mins(10);

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
    pub(super) http: Rest,
    pub(super) cache: Arc<Cache>,
    pub(super) places: Arc<Places>,
    pub(super) me: Me,
    pub(super) people: Arc<People>,
    pub(super) clock: Clock,
    pub(super) bounds: CatchUp,
    channels: Vec<ChannelId>,
    /// Whether a project has every channel that no other one has.
    pub(super) has_others: bool,
    recent: Mutex<Recent>,
    namesake: Namesake,
    pub(super) checked: Mutex<Checked>,
    /// The last that Baton decided on before this start. A channel that came to be later holds nothing from
    /// before Baton's time.
    pub(super) left_at: Mutex<MessageId>,
    pub(super) watched: Mutex<HashSet<ChannelId>>,
    /// The channels of a project that has all those that nobody named.
    pub(super) others: Mutex<HashSet<ChannelId>>,
    /// Channels with a message that could not be taken, and that message. What comes later in such
    /// a channel waits: if it were handled first, its mark would hide the earlier one.
    pub(super) behind: Mutex<HashMap<ChannelId, Option<MessageId>>>,
    /// A look that found Discord or the database away, and is to be made again.
    pub(super) unfinished: Mutex<Option<Look>>,
    /// How long what could not be read back is left alone.
    again: Duration,
}

impl Listener {
    pub(super) fn new(
        house: Arc<dyn House>,
        connection: &Connection,
        cache: Arc<Cache>,
        places: Arc<Places>,
        clock: Clock,
        again: Duration,
    ) -> Self {
        let settings = &connection.settings;
        let start = MessageId::at(clock.now());
        Self {
            house,
            http: connection.http.clone(),
            cache,
            places,
            me: connection.me,
            people: Arc::clone(&connection.people),
            checked: Mutex::new(Checked::new(start)),
            left_at: Mutex::new(start),
            clock,
            bounds: settings.catch_up,
            channels: settings
                .channels
                .iter()
                .map(|bound| bound.channel)
                .collect(),
            recent: Mutex::new(Recent::new(REMEMBERED)),
            namesake: Namesake::default(),
            watched: Mutex::default(),
            others: Mutex::default(),
            has_others: settings.default_project.is_some(),
            behind: Mutex::default(),
            unfinished: Mutex::default(),
            again,
        }
    }

    /// The channels of projects.
    pub(super) fn bound(&self) -> impl Iterator<Item = ChannelId> {
        self.channels.iter().copied()
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
        self.catch_up(Look::Thorough).await;
        let mut look = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut retry = None;
        let mut looked = Instant::now();
        loop {
            // Kept over the events that come meanwhile: where much is written, it must come too.
            retry = self
                .is_behind()
                .then(|| retry.unwrap_or_else(|| Instant::now() + self.again));
            tokio::select! {
                event = current.next() => match event {
                    Some(event) => {
                        self.take(event).await;
                        if current.has_gap() {
                            self.look_for_gap(&mut looked).await;
                        }
                    }
                    None => match sessions.recv().await {
                        Some(next) => {
                            current = next;
                            self.catch_up(Look::Thorough).await;
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
                    self.catch_up(Look::Thorough).await;
                }
                () = gap.notified() => self.look_for_gap(&mut looked).await,
                _ = look.tick() => self.catch_up(Look::Quick).await,
                () = passed(retry) => {
                    retry = None;
                    self.catch_up_again().await;
                }
            }
        }
    }

    /// Looks for what was left out; a moment after the last time it waits, so that nobody can keep Baton
    /// looking.
    async fn look_for_gap(&self, looked: &mut Instant) {
        if looked.elapsed() < self.again {
            let mut unfinished = self.unfinished.lock();
            *unfinished = (*unfinished).max(Some(Look::Quick));
        } else {
            self.catch_up(Look::Quick).await;
            *looked = Instant::now();
        }
    }

    fn is_behind(&self) -> bool {
        !self.behind.lock().is_empty() || self.unfinished.lock().is_some()
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
            self.namesake.look(&*self.house, message, self.me).await;
            self.pass(channel, id).await;
            return;
        }
        if self.behind.lock().contains_key(&channel) {
            return;
        }
        tracing::debug!(%channel, message = %id, "a message has arrived");
        // Behind a long catch-up or a RESUME an event may be older than roles are believed.
        let person =
            inbound::person(message).and_then(|person| self.people.note(person, self.age(id)));
        if let Err(error) = self.hear(message, person).await {
            tracing::error!(%error, %channel, message = %id, "a message could not be taken; trying again");
            self.behind.lock().insert(channel, Some(id));
        }
    }

    /// How long ago a message was written: after a RESUME events come late.
    fn age(&self, message: MessageId) -> Duration {
        self.clock.now().since(Millis::new(message.created_ms()))
    }

    /// Moves the mark past a message that needs no decision.
    async fn pass(&self, channel: ChannelId, message: MessageId) {
        let moves = self.is_read_back(channel) && !self.behind.lock().contains_key(&channel);
        if moves {
            self.house.passed(channel, message).await;
        }
    }

    /// Whether somebody reads a channel back, so that a mark is of use there.
    fn is_read_back(&self, channel: ChannelId) -> bool {
        self.watched.lock().contains(&channel) || self.others.lock().contains(&channel)
    }

    /// Whether a message can be for Baton: it speaks to it, or stands in the thread of a session.
    async fn may_be_for_us(&self, message: &sn::Message, place: Place) -> Result<bool, NotTaken> {
        if inbound::speaks_to_us(message, self.me, &self.cache) {
            return Ok(true);
        }
        match place.thread {
            Some(thread) => Ok(self.house.session_place(thread).await?.is_some()),
            None => Ok(false),
        }
    }

    /// Takes a message of a person to the house, once.
    pub(super) async fn hear(
        &self,
        message: &sn::Message,
        person: Option<Person>,
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
            // Discord is asked for one after the other who wrote something; talk is not worth that.
            if person.is_none() && !self.may_be_for_us(message, place).await? {
                if self.is_read_back(place.channel) || self.is_read_back(channel) {
                    self.house.passed(channel, id).await;
                }
                self.recent.lock().note(id);
                return Ok(());
            }
            let writer = ids::user(message.author.id);
            let person = match person {
                Some(person) => Some(person),
                None => self.people.member(writer).await?,
            };
            match person {
                Some(person) => {
                    let heard = inbound::heard(message, place, person, self.me, &self.cache);
                    self.house.hear(heard).await?;
                }
                // Who has left is nobody here: what he wrote before is not answered any more.
                None => self.house.decided(channel, id).await?,
            }
        }
        self.recent.lock().note(id);
        Ok(())
    }
}
