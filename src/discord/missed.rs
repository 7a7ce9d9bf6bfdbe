//! Where something was written that nobody has decided on: two or three questions to Discord instead
//! of one for every channel and thread.

use std::collections::{BTreeMap, HashSet};

use serenity::all as sn;

use super::{chat::within, ids, listener::Listener};
use crate::words::{ChannelId, MessageId};

/// Archived threads that are asked for in one channel (Discord: channel/resource#list-public-archived-threads).
const ARCHIVED: u64 = 100;

/// How thorough a look is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// After a gateway session has begun: threads may have been archived meanwhile.
    Thorough,
    /// In between.
    Quick,
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
    /// The watched channels, and the threads under them.
    pub(super) async fn spots(&self, watched: &[ChannelId], look: Look) -> Spots {
        let mut spots: Spots = watched.iter().map(|it| (*it, Spot::UNKNOWN)).collect();
        let guild = ids::to_guild(self.me.guild);
        match within(self.http.get_channels(guild)).await {
            Ok(channels) => {
                for channel in channels {
                    spots
                        .entry(ids::channel(channel.id))
                        .and_modify(|spot| spot.last = last(&channel));
                }
            }
            // Then each is asked for itself.
            Err(error) => tracing::warn!(%error, "the server's channels cannot be listed"),
        }
        let parents: HashSet<ChannelId> = watched.iter().copied().chain(self.bound()).collect();
        match within(self.http.get_guild_active_threads(guild)).await {
            Ok(found) => note(&mut spots, &parents, found.threads),
            Err(error) => tracing::warn!(%error, "the server's threads cannot be listed"),
        }
        if look == Look::Thorough {
            for channel in self.bound() {
                let archived = self.http.get_channel_archived_public_threads(
                    ids::to_channel(channel),
                    None,
                    Some(ARCHIVED),
                );
                match within(archived).await {
                    Ok(found) => note(&mut spots, &parents, found.threads),
                    Err(error) => {
                        tracing::warn!(%error, %channel, "archived threads cannot be listed");
                    }
                }
            }
        }
        // Now: while channels are read back, their marks move.
        for spot in spots.values_mut() {
            if let Some(parent) = spot.parent {
                spot.since = self.house.mark(parent).await.unwrap_or_default();
            }
        }
        spots
    }
}

/// Takes in threads, if they are watched or hang under what is.
fn note(spots: &mut Spots, parents: &HashSet<ChannelId>, threads: Vec<sn::GuildChannel>) {
    for thread in threads {
        let id = ids::channel(thread.id);
        let parent = thread.parent_id.map(ids::channel);
        if spots.contains_key(&id) || parent.is_some_and(|parent| parents.contains(&parent)) {
            let spot = Spot {
                parent,
                last: last(&thread),
                since: None,
            };
            spots.insert(id, spot);
        }
    }
}

/// The newest message; a place without one is as old as its own id.
fn last(channel: &sn::GuildChannel) -> Option<MessageId> {
    let newest = channel.last_message_id.map(ids::message);
    Some(newest.unwrap_or(MessageId::new(channel.id.get())))
}
