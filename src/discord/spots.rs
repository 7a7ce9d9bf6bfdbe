//! Where something was written that nobody has decided on: a few lists of Discord's instead of a
//! question for every channel and thread.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    catch_up::AT_ONCE,
    checked::before_all_in,
    ids,
    listener::Listener,
    others::is_voice,
    pages::{self, Listed},
};
use crate::{
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// How thorough a look is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// In between: a watched thread that no list has is archived, and nobody writes there.
    Quick,
    /// After a gateway session has begun: any thread may have been archived meanwhile, so that lists of those
    /// are read on, and what no list has is asked for one by one.
    Thorough,
}

/// A channel or thread as Discord describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The channel that a thread hangs under.
    pub(super) parent: Option<ChannelId>,
    /// The newest message, as far as that is known.
    pub(super) last: Option<MessageId>,
    /// Since when Baton looks after what is around it: where a thread begins that was never looked at.
    pub(super) since: Option<MessageId>,
}

impl Spot {
    /// One that nothing is known of.
    pub(super) const UNKNOWN: Self = Self {
        parent: None,
        last: None,
        since: None,
    };
}

/// Channels and threads where messages may be for Baton. Ordered by id: a thread is always after
/// the channel that it hangs under.
pub(super) type Spots = BTreeMap<ChannelId, Spot>;

impl Listener {
    /// The watched channels, and the threads under them. An error means that Discord does not answer now.
    pub(super) async fn spots(
        &self,
        watched: &[ChannelId],
        look: Look,
    ) -> Result<Spots, ChatError> {
        let mut spots: Spots = watched.iter().map(|it| (*it, Spot::UNKNOWN)).collect();
        let guild = ids::to_guild(self.me.guild);
        let channels: Option<Vec<Listed>> = listed(pages::channels(&self.http, guild).await)?;
        for channel in channels.iter().flatten() {
            spots
                .entry(ids::channel(channel.id))
                .and_modify(|spot| spot.last = Some(last(channel)));
        }
        let parents: HashSet<ChannelId> = watched.iter().copied().chain(self.bound()).collect();
        let active = listed(pages::active_threads(&self.http, guild).await)?;
        let are_all_listed = channels.is_some() && active.is_some();
        if let Some(active) = active {
            note(&mut spots, &parents, active);
        }
        let mut missing = self.missing(&spots, look).await;
        for voice in channels.iter().flatten().filter(|it| is_voice(it.kind)) {
            missing.remove(&ids::channel(voice.id));
        }
        // A guild may have hundreds of channels, and no event is heard meanwhile.
        let mut archives = stream::iter(missing)
            .map(|(parent, missing)| async move {
                let threads = self.archived(parent, look, missing).await?;
                Ok::<_, ChatError>((parent, threads))
            })
            .buffered(AT_ONCE);
        while let Some((parent, threads)) = archives.try_next().await? {
            note(&mut spots, &[parent].into(), threads);
        }
        if look == Look::Quick && are_all_listed {
            let behind = self.behind.lock();
            spots.retain(|channel, spot| spot.last.is_some() || behind.contains_key(channel));
        }
        // Now: while channels are read back, their marks move.
        for spot in spots.values_mut() {
            if let Some(parent) = spot.parent {
                spot.since = self.house.mark(parent).await.unwrap_or_default();
            }
        }
        Ok(spots)
    }
}

impl Listener {
    /// The channels whose archived threads are asked for, each with the watched ones that no list had so far
    /// and that may be there.
    async fn missing(&self, spots: &Spots, look: Look) -> BTreeMap<ChannelId, BTreeSet<ChannelId>> {
        let mut all: BTreeMap<_, BTreeSet<_>> =
            self.bound().map(|it| (it, BTreeSet::new())).collect();
        if look == Look::Quick {
            return all;
        }
        // Of the channels that nobody named there may be hundreds; what is written in a thread of theirs
        // opens it again, so that they are asked for only now.
        let others = self.others.lock().clone();
        all.extend(others.into_iter().map(|it| (it, BTreeSet::new())));
        let unlisted = spots.iter().filter(|(_, spot)| spot.last.is_none());
        for (thread, _) in unlisted {
            let place = self.house.session_place(*thread).await.unwrap_or_default();
            match place {
                Some(place) if place.thread.is_some() => {
                    all.entry(place.channel).or_default().insert(*thread);
                }
                Some(_) => {}
                None => all.iter_mut().for_each(|(channel, missing)| {
                    if channel != thread {
                        missing.insert(*thread);
                    }
                }),
            }
        }
        all
    }
}

/// A list; `None` if Discord refuses it, and each place is asked for itself.
pub(super) fn listed<T>(answer: Result<T, ChatError>) -> Result<Option<T>, ChatError> {
    match answer {
        Ok(list) => Ok(Some(list)),
        Err(error @ ChatError::Refused { .. }) => {
            tracing::warn!(%error, "where something was written cannot be listed");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Takes in threads, if they are watched or hang under what is.
pub(super) fn note(spots: &mut Spots, parents: &HashSet<ChannelId>, threads: Vec<Listed>) {
    for thread in threads {
        let id = ids::channel(thread.id);
        let parent = thread.parent_id.map(ids::channel);
        if spots.contains_key(&id) || parent.is_some_and(|parent| parents.contains(&parent)) {
            let spot = Spot {
                parent,
                last: Some(last(&thread)),
                since: None,
            };
            spots.insert(id, spot);
        }
    }
}

/// The newest message; in a place without one, what comes before all of them.
fn last(channel: &Listed) -> MessageId {
    let newest = channel.last_message_id.map(ids::message);
    newest.unwrap_or_else(|| before_all_in(ids::channel(channel.id)))
}
