//! What was written while nobody listened: read back from Discord, oldest first, within bounds.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    chat::within,
    ids,
    inbound::{self, Origin},
    listener::{Listener, NotTaken},
    missed::{Look, Spot, Spots},
    pages::{self, Line, Part},
};
use crate::{
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// Messages of one page, the most that Discord gives (resources/channel#get-channel-messages).
const PAGE: u8 = 100;

/// Channels that are read at the same time; if so many in a row cannot be read, something is away.
const AT_ONCE: usize = 4;

/// Pages that are looked through for a word of people among what is left out.
const LOOK_ON: usize = 5;

/// What is to be heard of one place.
#[derive(Debug, Default)]
struct Missed {
    /// Oldest first.
    lines: Vec<Line>,
    /// What came before and is left out.
    left_out: Option<LeftOut>,
}

/// Messages that are too old or too many.
#[derive(Clone, Copy, Debug)]
struct LeftOut {
    /// The newest of them.
    newest: MessageId,
    /// Whether somebody wrote one, and not Baton itself, another machine or Discord.
    by_people: ByPeople,
}

/// Whether messages are worth a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByPeople {
    /// People wrote some of them, or they were too many to be looked at.
    Some,
    /// People wrote none.
    None,
}

impl Listener {
    /// Reads back all places from where they were decided on; what Discord or the database does not give
    /// now is left for later.
    pub(super) async fn catch_up(&self, look: Look) {
        if let Err(error) = self.look(look).await {
            tracing::error!(%error, "what was written meanwhile cannot be read back; trying again");
            let mut unfinished = self.unfinished.lock();
            *unfinished = (*unfinished).max(Some(look));
        }
    }

    async fn look(&self, look: Look) -> Result<(), NotTaken> {
        let watched = self.house.watched().await?;
        *self.watched.lock() = watched.iter().copied().collect();
        let mut places = watched;
        places.extend(self.behind.lock().keys().copied());
        let spots = self.spots(&places, look).await?;
        self.catch_up_all(spots).await
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
                if let Err(error) = self.begin_at(channel, Spot::UNKNOWN).await {
                    tracing::warn!(%error, %channel, "a channel cannot be marked before the start");
                }
            })
            .await;
    }

    /// Tries again what could not be read.
    pub(super) async fn catch_up_again(&self) {
        let unfinished = self.unfinished.lock().take();
        if let Some(look) = unfinished {
            return self.catch_up(look).await;
        }
        let spots = {
            let behind = self.behind.lock();
            behind.keys().map(|it| (*it, Spot::UNKNOWN)).collect()
        };
        // Each failure was logged, and what failed stays behind.
        let _ = self.catch_up_all(spots).await;
    }

    /// Channels before their threads: what begins a conversation stands in the channel. Ends early if one
    /// after the other fails: events are not listened to meanwhile.
    async fn catch_up_all(&self, spots: Spots) -> Result<(), NotTaken> {
        let channels: HashSet<ChannelId> = self.bound().collect();
        let (threads, channels): (Spots, Spots) = spots
            .into_iter()
            .partition(|(place, spot)| spot.parent.is_some() || !channels.contains(place));
        let failed = AtomicUsize::new(0);
        for group in [channels, threads] {
            stream::iter(group)
                .map(Ok)
                .try_for_each_concurrent(AT_ONCE, async |(channel, spot)| {
                    match self.catch_up_one(channel, spot).await {
                        Ok(()) => failed.store(0, Ordering::Relaxed),
                        Err(error) if failed.fetch_add(1, Ordering::Relaxed) + 1 >= AT_ONCE => {
                            return Err(error);
                        }
                        Err(_) => {}
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }

    /// An error means that it stays behind.
    async fn catch_up_one(&self, channel: ChannelId, spot: Spot) -> Result<(), NotTaken> {
        match self.read_back(channel, spot).await {
            Ok(()) => {}
            Err(NotTaken::Chat(error @ ChatError::Refused { .. })) => {
                tracing::warn!(%error, %channel, "a channel cannot be read; leaving it out");
            }
            Err(error) => {
                tracing::error!(%error, %channel, "a channel cannot be read back; trying again");
                let begin = spot.since.map(|since| MessageId::new(since.get() + 1));
                self.behind.lock().entry(channel).or_insert(begin);
                return Err(error);
            }
        }
        self.behind.lock().remove(&channel);
        Ok(())
    }

    async fn read_back(&self, channel: ChannelId, spot: Spot) -> Result<(), NotTaken> {
        let Some(mark) = self.begin_at(channel, spot).await? else {
            return Ok(());
        };
        let begin = self.checked.lock().begin(channel, mark);
        if spot.last.is_some_and(|last| last <= begin) {
            self.checked.lock().note(channel, begin);
            return Ok(());
        }
        let missed = self.missed(channel, begin, mark).await?;
        // What was decided on already is not left out, however much it was.
        if let Some(left_out) = missed.left_out.filter(|out| out.newest > mark) {
            // Where Baton has no part in the conversation it need not explain itself.
            let is_watched = self.watched.lock().contains(&channel);
            match left_out.by_people {
                ByPeople::Some if is_watched => {
                    tracing::warn!(%channel, "some of what was written is too old or too much to be heard");
                    self.house.left_out(channel, left_out.newest).await?;
                }
                ByPeople::None if is_watched => {
                    self.house.decided(channel, left_out.newest).await?;
                }
                ByPeople::Some | ByPeople::None => {}
            }
        }
        for line in &missed.lines {
            let concerning = line
                .message
                .as_ref()
                .filter(|message| inbound::concerns_us(message, Origin::History, self.me));
            match concerning {
                Some(message) => self.hear(message, None).await?,
                None if line.id > mark => self.house.decided(channel, line.id).await?,
                None => {}
            }
        }
        let up_to = match (missed.lines.last(), missed.left_out) {
            (Some(line), _) => line.id,
            (None, Some(left_out)) => left_out.newest,
            (None, None) => begin,
        };
        self.checked.lock().note(channel, up_to);
        Ok(())
    }

    /// The message after which nothing was decided on. `None` for a channel that was never looked
    /// at: what stands there is from before Baton's time, and is only marked.
    async fn begin_at(
        &self,
        channel: ChannelId,
        spot: Spot,
    ) -> Result<Option<MessageId>, NotTaken> {
        if let Some(mark) = self.house.mark(channel).await? {
            return Ok(Some(mark));
        }
        let missed = self.behind.lock().get(&channel).copied().flatten();
        if let Some(missed) = missed {
            return Ok(Some(MessageId::new(missed.get() - 1)));
        }
        // A thread has the id of the message that it was started from: what is in it came later.
        let own = MessageId::new(channel.get());
        if self.house.session_place(channel).await?.is_some() {
            return Ok(Some(own));
        }
        // In a thread that nobody has listened to, what came since Baton looks after the channel.
        if spot.parent.is_some() {
            return Ok(spot.since.map(|since| since.max(own)));
        }
        let answer = within(self.http.get_channel(ids::to_channel(channel))).await?;
        let last = answer.guild().and_then(|channel| channel.last_message_id);
        // An empty channel is marked with its own id, which is smaller than that of any message.
        let last = last.map_or(own, ids::message);
        self.house.decided(channel, last).await?;
        Ok(None)
    }

    /// What came after `begin`, from the newest back to the bounds. What came before `mark` was decided
    /// on, and is not left out.
    async fn missed(
        &self,
        channel: ChannelId,
        begin: MessageId,
        mark: MessageId,
    ) -> Result<Missed, ChatError> {
        let oldest = MessageId::at(self.clock.now().before(self.bounds.max_age)).max(begin);
        let mut missed = Missed::default();
        let mut before = None;
        let mut looked_on = 0;
        loop {
            let part = before.map_or(Part::Newest, Part::Before);
            let page = pages::messages(&self.http, channel, part, PAGE).await?;
            let is_last = page.len() < usize::from(PAGE);
            for line in page {
                let end = missed.left_out.map_or(begin, |_| mark);
                if line.id <= end {
                    return Ok(missed.in_order());
                }
                before = Some(line.id);
                let has_room = line.id > oldest && missed.lines.len() < self.bounds.max_messages;
                if missed.left_out.is_none() && has_room {
                    missed.lines.push(line);
                    continue;
                }
                let left_out = missed.left_out.get_or_insert(LeftOut {
                    newest: line.id,
                    by_people: ByPeople::None,
                });
                // What cannot be read may be somebody's.
                let is_machines = line.message.is_some_and(|message| {
                    !inbound::concerns_us(&message, Origin::History, self.me)
                });
                if !is_machines {
                    left_out.by_people = ByPeople::Some;
                    return Ok(missed.in_order());
                }
            }
            if is_last {
                return Ok(missed.in_order());
            }
            if let Some(left_out) = &mut missed.left_out {
                looked_on += 1;
                if looked_on == LOOK_ON {
                    left_out.by_people = ByPeople::Some;
                    return Ok(missed.in_order());
                }
            }
        }
    }
}

impl Missed {
    fn in_order(mut self) -> Self {
        self.lines.reverse();
        self
    }
}
