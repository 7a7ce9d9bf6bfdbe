//! Where something was written that nobody has decided on: a few lists of Discord's instead of a
//! question for every channel and thread.

use std::collections::{BTreeMap, HashSet};

use super::{
    ids,
    listener::Listener,
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
    /// After a gateway session has begun: any thread may have been archived meanwhile, so that those that
    /// no list has are asked for one by one.
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
        let channels = listed(pages::channels(&self.http, guild).await)?;
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
        for channel in self.bound() {
            let archived = pages::archived_threads(&self.http, channel).await;
            if let Some(archived) = listed(archived)? {
                note(&mut spots, &parents, archived);
            }
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

/// A list; `None` if Discord refuses it, and each place is asked for itself.
fn listed<T>(answer: Result<T, ChatError>) -> Result<Option<T>, ChatError> {
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
fn note(spots: &mut Spots, parents: &HashSet<ChannelId>, threads: Vec<Listed>) {
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

/// The newest message; a place without one is as old as its own id.
fn last(channel: &Listed) -> MessageId {
    let newest = channel.last_message_id.map(ids::message);
    newest.unwrap_or(MessageId::new(channel.id.get()))
}
