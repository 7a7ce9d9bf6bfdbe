//! The channels of a project that has all those that no other one has: the ones that Baton can read.

use serenity::all::{ChannelType, GuildChannel, Member, PartialGuild, Permissions};

use super::{ids, listener::Listener, pages, rest::Rest};
use crate::{
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// What it takes to take part in a channel at all.
const TO_READ: Permissions = Permissions::VIEW_CHANNEL.union(Permissions::READ_MESSAGE_HISTORY);

/// A channel that can be read.
#[derive(Clone, Debug)]
pub(super) struct Other {
    /// The channel.
    pub(super) channel: ChannelId,
    /// What it is called.
    pub(super) name: String,
    /// What Baton may do there.
    pub(super) permissions: Permissions,
    /// Its newest message; one without any is as old as its own id.
    pub(super) last: MessageId,
}

/// All channels of a guild in which people write or open threads, and which Baton can read.
pub(super) async fn channels(
    http: &Rest,
    guild: &PartialGuild,
    me: &Member,
) -> Result<Vec<Other>, ChatError> {
    let all: Vec<GuildChannel> = pages::channels(http, guild.id).await?;
    let others = all.into_iter().filter_map(|channel| {
        let permissions = guild.user_permissions_in(&channel, me);
        let needed = needed(channel.kind)?;
        permissions.contains(needed).then(|| Other {
            channel: ids::channel(channel.id),
            permissions,
            last: channel
                .last_message_id
                .map_or(MessageId::new(channel.id.get()), ids::message),
            name: channel.name,
        })
    });
    Ok(others.collect())
}

/// What it takes to read in such a channel; `None` where nobody talks. Without `CONNECT` a voice channel is as
/// good as hidden (Discord: topics/permissions#implicit-permissions).
fn needed(kind: ChannelType) -> Option<Permissions> {
    let is_written = matches!(
        kind,
        ChannelType::Text | ChannelType::News | ChannelType::Forum
    );
    if is_voice(kind) {
        Some(TO_READ.union(Permissions::CONNECT))
    } else {
        is_written.then_some(TO_READ)
    }
}

/// Whether people speak there: what they write has no threads.
pub(super) fn is_voice(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::Voice | ChannelType::Stage)
}

impl Listener {
    /// The channels of the project that has all the others, if there is one.
    pub(super) async fn others(&self) -> Result<Vec<Other>, ChatError> {
        if !self.has_others {
            return Ok(Vec::new());
        }
        let id = ids::to_guild(self.me.guild);
        let guild = self.http.within(self.http.get_guild(id)).await?;
        let me = self
            .http
            .within(self.http.get_member(id, ids::to_user(self.me.user)))
            .await?;
        let mut others = channels(&self.http, &guild, &me).await?;
        others.retain(|other| !self.bound().any(|bound| bound == other.channel));
        Ok(others)
    }
}
