//! What was written while nobody listened: read back from Discord, oldest first, within bounds.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    checked::before_all_in,
    ids,
    inbound::{self, Origin},
    listener::{Listener, NotTaken},
    pages::{self, Line, Part},
    spots::{Look, Spot, Spots, listed},
};
use crate::{
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// Messages of one page, the most that Discord gives (resources/channel#get-channel-messages).
const PAGE: u8 = 100;

/// Channels that are read at the same time; if so many in a row cannot be read, something is away.
pub(super) const AT_ONCE: usize = 4;

/// Messages of one place that are looked through for such as are for Baton, or as many as may be heard, if
/// that is more. Whoever writes more than that hides what was written before.
const LOOKED_AT: usize = 5_000;

/// Pages that are looked through for a word of people among what is left out.
const LOOK_ON: usize = 5;

/// Which messages of a place are for Baton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Those that speak to it.
    Channel,
    /// All: the thread belongs to a session.
    Thread,
}

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
        tracing::debug!("the look at what was written meanwhile is over");
    }

    async fn look(&self, look: Look) -> Result<(), NotTaken> {
        let watched = self.house.watched().await?;
        *self.watched.lock() = watched.iter().copied().collect();
        if let Some(others) = listed(self.others().await)? {
            *self.others.lock() = others.iter().map(|other| other.channel).collect();
        }
        let mut places = watched;
        places.extend(self.others.lock().iter());
        places.extend(self.behind.lock().keys().copied());
        let spots = self.spots(&places, look).await?;
        self.catch_up_all(spots).await
    }

    /// Marks the channels that were never looked at. Before the first event: a message that comes
    /// while the connection is made is newer than the mark, and is read back.
    pub(super) async fn mark_unseen(&self) {
        // Before any mark moves. On the very first start there is none, and everything is from before.
        match self.house.newest_mark().await {
            Ok(Some(mark)) => *self.left_at.lock() = mark,
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "it is not known how far channels were listened to");
            }
        }
        let watched = self.house.watched().await.unwrap_or_else(|error| {
            tracing::error!(%error, "channels cannot be marked before the start");
            Vec::new()
        });
        let others = self.others().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the channels of the default project cannot be marked before the start");
            Vec::new()
        });
        let others = others.into_iter().map(|other| {
            let last = Some(other.last);
            (
                other.channel,
                Spot {
                    last,
                    ..Spot::UNKNOWN
                },
            )
        });
        let watched = watched.into_iter().map(|it| (it, Spot::UNKNOWN));
        stream::iter(watched.chain(others))
            .for_each_concurrent(AT_ONCE, |(channel, spot)| async move {
                if let Err(error) = self.begin_at(channel, spot).await {
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
        let mut channels: HashSet<ChannelId> = self.bound().collect();
        channels.extend(self.others.lock().iter());
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
        let kind = match self.house.session_place(channel).await? {
            Some(place) if place.thread.is_some() => Kind::Thread,
            Some(_) | None => Kind::Channel,
        };
        let missed = self.missed(channel, kind, begin, mark).await?;
        // What was decided on already is not left out, however much it was.
        if let Some(left_out) = missed.left_out.filter(|out| out.newest > mark) {
            // Where Baton has no part in the conversation it need not explain itself.
            let is_watched = self.watched.lock().contains(&channel);
            let is_other = self.others.lock().contains(&channel);
            match left_out.by_people {
                ByPeople::Some if is_watched => {
                    tracing::warn!(%channel, "some of what was written is too old or too much to be heard");
                    self.house.left_out(channel, left_out.newest).await?;
                }
                ByPeople::Some | ByPeople::None if is_watched || is_other => {
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
                None if line.id > mark => self.house.passed(channel, line.id).await,
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
    /// at: what stands there is from before Baton's time, and is only marked. One that came to be while
    /// Baton was away is read from its beginning.
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
        let beginning = before_all_in(channel);
        if self.house.session_place(channel).await?.is_some() {
            return Ok(Some(beginning));
        }
        // In a thread that nobody has listened to, what came since Baton looks after the channel.
        if spot.parent.is_some() {
            return Ok(spot.since.map(|since| since.max(beginning)));
        }
        let is_new = MessageId::new(channel.get()) > *self.left_at.lock();
        if is_new {
            // Stored: what cannot be read now is read from here later, and so are its threads.
            self.house.decided(channel, beginning).await?;
            return Ok(Some(beginning));
        }
        let last = if let Some(last) = spot.last {
            last
        } else {
            let answer = self
                .http
                .within(self.http.get_channel(ids::to_channel(channel)))
                .await?;
            let last = answer.guild().and_then(|channel| channel.last_message_id);
            // An empty channel is marked with its own id, which is smaller than that of any message.
            last.map_or(MessageId::new(channel.get()), ids::message)
        };
        self.house.decided(channel, last).await?;
        Ok(None)
    }

    /// What came after `begin`, from the newest back to the bounds. What came before `mark` was decided
    /// on, and is not left out. What is for Baton is bounded by itself: nobody pushes it out with chatter.
    async fn missed(
        &self,
        channel: ChannelId,
        kind: Kind,
        begin: MessageId,
        mark: MessageId,
    ) -> Result<Missed, ChatError> {
        let oldest = MessageId::at(self.clock.now().before(self.bounds.max_age)).max(begin);
        let mut missed = Missed::default();
        let mut before = None;
        let mut looked_on = 0;
        let most = self.bounds.max_messages;
        let (mut looked_at, mut ours, mut others) = (0, 0, 0);
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
                looked_at += 1;
                let is_ours = kind == Kind::Thread || self.speaks_to_us(&line);
                let has_room = line.id > oldest
                    && looked_at <= most.max(LOOKED_AT)
                    && (!is_ours || ours < most);
                if missed.left_out.is_none() && has_room {
                    let count = if is_ours { &mut ours } else { &mut others };
                    // Of the others no more are kept in memory; nothing is done with them.
                    if *count < most {
                        *count += 1;
                        missed.lines.push(line);
                    }
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

    fn speaks_to_us(&self, line: &Line) -> bool {
        let message = line.message.as_ref();
        message.is_some_and(|message| inbound::speaks_to_us(message, self.me, &self.cache))
    }
}

impl Missed {
    fn in_order(mut self) -> Self {
        self.lines.reverse();
        self
    }
}
