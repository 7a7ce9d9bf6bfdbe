//! Which place a channel is.

use std::collections::HashMap;

use parking_lot::Mutex;
use serenity::all::{self as sn, Cache, ChannelType};

use super::{failure::UNKNOWN_CHANNEL, house::House, ids, rest::Rest};
use crate::{
    delivery::ChatError,
    words::{ChannelId, GuildId, Place},
};

/// Answers of Discord that are kept. Threads that are open are in serenity's cache; this is for the
/// others, and a guild that has more of them in use than this only asks again.
const KEPT: usize = 4_096;

/// Finds out places, and remembers them: a thread never changes its parent.
#[derive(Debug)]
pub(super) struct Places {
    guild: GuildId,
    http: Rest,
    known: Mutex<HashMap<ChannelId, Place>>,
    /// Types of threads, also of such as are in no cache or gone.
    kinds: Mutex<HashMap<ChannelId, ChannelType>>,
}

impl Places {
    pub(super) fn new(guild: GuildId, http: Rest) -> Self {
        Self {
            guild,
            http,
            known: Mutex::default(),
            kinds: Mutex::default(),
        }
    }

    /// Takes in a channel that an event told of.
    pub(super) fn note(&self, channel: &sn::GuildChannel) {
        let id = ids::channel(channel.id);
        if let Some(place) = self.place(id, channel.kind, channel.parent_id) {
            self.keep(id, place);
            if place.thread.is_some() {
                keep(&self.kinds, id, channel.kind);
            }
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
                self.keep(channel, place);
                return Ok(Some(place));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, %channel, "cannot look up a session's place"),
        }
        let answer = self
            .http
            .within(self.http.get_channel(ids::to_channel(channel)))
            .await?;
        let Some(found) = answer.guild() else {
            return Ok(None);
        };
        if ids::guild(found.guild_id) != self.guild {
            return Ok(None);
        }
        let place = self.place(channel, found.kind, found.parent_id);
        if let Some(place) = place {
            self.keep(channel, place);
        }
        Ok(place)
    }

    /// What kind of channel of the guild a thread is, or was while it was there; `None` for another
    /// guild's, or for none. Asks the cache, then what was learned, then Discord: an archived thread is
    /// in no cache.
    pub(super) async fn kind(
        &self,
        channel: ChannelId,
        cache: &Cache,
    ) -> Result<Option<ChannelType>, ChatError> {
        if let Some(kind) = self.in_cache(channel, cache, |found| found.kind) {
            keep(&self.kinds, channel, kind);
            return Ok(Some(kind));
        }
        let known = self.kinds.lock().get(&channel).copied();
        if known.is_some() {
            return Ok(known);
        }
        let answer = self
            .http
            .within(self.http.get_channel(ids::to_channel(channel)))
            .await?;
        let found = answer
            .guild()
            .filter(|found| ids::guild(found.guild_id) == self.guild);
        Ok(found.map(|found| {
            keep(&self.kinds, channel, found.kind);
            found.kind
        }))
    }

    /// Whether Discord says that a channel is there no more. Where it says nothing, that is not known.
    pub(super) async fn is_gone(&self, channel: ChannelId, cache: &Cache) -> bool {
        if self.in_cache(channel, cache, |_| ()).is_some() {
            return false;
        }
        let answer = self
            .http
            .within(self.http.get_channel(ids::to_channel(channel)))
            .await;
        answer.is_err_and(|error| error.is_code(UNKNOWN_CHANNEL))
    }

    /// The place of a channel of a known type. A channel has a parent too, its category: only the
    /// type tells a thread (Discord: resources/channel#channel-object-channel-types, 10 to 12).
    pub(super) fn place(
        &self,
        channel: ChannelId,
        kind: ChannelType,
        parent: Option<sn::ChannelId>,
    ) -> Option<Place> {
        let (channel, thread) = match kind {
            // A post of a forum is a public thread too.
            ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread => {
                (ids::channel(parent?), Some(channel))
            }
            ChannelType::Text
            | ChannelType::News
            | ChannelType::Voice
            | ChannelType::Stage
            | ChannelType::Forum
            | ChannelType::Category
            | ChannelType::Directory => (channel, None),
            // No place of a server; or of a kind that Baton does not know, which may be a thread
            // whose channel would be forgotten.
            ChannelType::Private | ChannelType::GroupDm | ChannelType::Unknown(_) | _ => {
                return None;
            }
        };
        Some(Place {
            guild: self.guild,
            channel,
            thread,
        })
    }

    fn cached(&self, channel: ChannelId, cache: &Cache) -> Option<Place> {
        self.in_cache(channel, cache, |found| {
            self.place(channel, found.kind, found.parent_id)
        })?
    }

    fn in_cache<T>(
        &self,
        channel: ChannelId,
        cache: &Cache,
        read: impl FnOnce(&sn::GuildChannel) -> T,
    ) -> Option<T> {
        let guild = cache.guild(ids::to_guild(self.guild))?;
        let id = ids::to_channel(channel);
        let found = guild
            .channels
            .get(&id)
            .or_else(|| guild.threads.iter().find(|thread| thread.id == id))?;
        Some(read(found))
    }

    fn keep(&self, channel: ChannelId, place: Place) {
        keep(&self.known, channel, place);
    }
}

fn keep<T>(known: &Mutex<HashMap<ChannelId, T>>, channel: ChannelId, what: T) {
    let mut known = known.lock();
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(channel, what);
}
