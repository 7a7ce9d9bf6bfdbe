//! Which place a channel is.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use serenity::{
    all::{self as sn, Cache, ChannelType},
    http::Http,
};

use super::{chat::within, house::House, ids};
use crate::{
    delivery::ChatError,
    words::{ChannelId, GuildId, Place},
};

/// Answers of Discord that are kept. Threads that are open are in serenity's cache; this is for the
/// others, and a guild that has more of them in use than this only asks again.
const KEPT: usize = 4_096;

/// Who can see a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privacy {
    /// Whoever sees the channel that it hangs under.
    Public,
    /// Whoever was invited.
    Private,
}

/// Finds out places, and remembers them: a thread never changes its parent, nor its type.
#[derive(Debug)]
pub(super) struct Places {
    guild: GuildId,
    http: Arc<Http>,
    known: Mutex<HashMap<ChannelId, Place>>,
    privacy: Mutex<HashMap<ChannelId, Privacy>>,
}

impl Places {
    pub(super) fn new(guild: GuildId, http: Arc<Http>) -> Self {
        Self {
            guild,
            http,
            known: Mutex::default(),
            privacy: Mutex::default(),
        }
    }

    /// Takes in a channel that an event told of.
    pub(super) fn note(&self, channel: &sn::GuildChannel) {
        keep(
            &self.privacy,
            ids::channel(channel.id),
            privacy(channel.kind),
        );
        if let Some(place) = self.place(ids::channel(channel.id), channel.kind, channel.parent_id) {
            keep(&self.known, ids::channel(channel.id), place);
        }
    }

    /// The place of a channel of the guild; `None` for a channel of another guild or of none.
    /// Asks the cache, then what was learned, then the sessions, then Discord.
    pub(super) async fn resolve(
        &self,
        channel: ChannelId,
        cache: &Cache,
        house: &dyn House,
    ) -> Result<Option<Place>, ChatError> {
        if let Some(place) = self.cached(channel, cache) {
            return Ok(Some(place));
        }
        let known = self.known.lock().get(&channel).copied();
        if known.is_some() {
            return Ok(known);
        }
        match house.session_place(channel).await {
            Ok(Some(place)) => {
                keep(&self.known, channel, place);
                return Ok(Some(place));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, %channel, "cannot look up a session's place"),
        }
        let answer = within(self.http.get_channel(ids::to_channel(channel))).await?;
        let Some(found) = answer.guild() else {
            return Ok(None);
        };
        if ids::guild(found.guild_id) != self.guild {
            return Ok(None);
        }
        let place = self.place(channel, found.kind, found.parent_id);
        if let Some(place) = place {
            keep(&self.known, channel, place);
        }
        Ok(place)
    }

    /// Who can see a thread. Asks the cache, then what was learned, then Discord. One that Discord does
    /// not show counts as private.
    pub(super) async fn privacy(
        &self,
        thread: ChannelId,
        cache: &Cache,
    ) -> Result<Privacy, ChatError> {
        let cached = cache.guild(ids::to_guild(self.guild)).and_then(|guild| {
            let id = ids::to_channel(thread);
            let found = guild.threads.iter().find(|thread| thread.id == id)?;
            Some(privacy(found.kind))
        });
        if let Some(known) = cached.or_else(|| self.privacy.lock().get(&thread).copied()) {
            return Ok(known);
        }
        let told = match within(self.http.get_channel(ids::to_channel(thread))).await {
            Ok(found) => found
                .guild()
                .map_or(Privacy::Private, |found| privacy(found.kind)),
            Err(ChatError::Refused { .. }) => Privacy::Private,
            Err(error) => return Err(error),
        };
        keep(&self.privacy, thread, told);
        Ok(told)
    }

    /// The place of a channel of a known type. A channel has a parent too, its category: only the
    /// type tells a thread (Discord: resources/channel#channel-object-channel-types, 10 to 12).
    pub(super) fn place(
        &self,
        channel: ChannelId,
        kind: ChannelType,
        parent: Option<sn::ChannelId>,
    ) -> Option<Place> {
        let is_thread = matches!(
            kind,
            ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread
        );
        Some(if is_thread {
            Place {
                guild: self.guild,
                channel: ids::channel(parent?),
                thread: Some(channel),
            }
        } else {
            Place {
                guild: self.guild,
                channel,
                thread: None,
            }
        })
    }

    fn cached(&self, channel: ChannelId, cache: &Cache) -> Option<Place> {
        let guild = cache.guild(ids::to_guild(self.guild))?;
        let id = ids::to_channel(channel);
        let found = guild
            .channels
            .get(&id)
            .or_else(|| guild.threads.iter().find(|thread| thread.id == id))?;
        self.place(channel, found.kind, found.parent_id)
    }
}

/// Whatever is not known to be public is private.
fn privacy(kind: ChannelType) -> Privacy {
    if matches!(kind, ChannelType::PublicThread | ChannelType::NewsThread) {
        Privacy::Public
    } else {
        Privacy::Private
    }
}

fn keep<T>(learned: &Mutex<HashMap<ChannelId, T>>, channel: ChannelId, what: T) {
    let mut learned = learned.lock();
    if learned.len() >= KEPT {
        learned.clear();
    }
    learned.insert(channel, what);
}
