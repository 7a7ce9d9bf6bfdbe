//! Things by name or id: control requests may use either.

use serde::Deserialize;

use crate::ids::{ChannelId, MessageId, UserId};
use crate::shared::Core;
use crate::world::{UserKind, World};

use super::reply::Refusal;

/// A message in a control request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageAt {
    pub(super) user: String,
    pub(super) channel: String,
    pub(super) message: MessageId,
    /// The new text, the emoji or the `custom_id`.
    #[serde(default)]
    pub(super) with: String,
    /// What is chosen from a select.
    #[serde(default)]
    pub(super) values: Vec<String>,
}

/// A channel or thread by id or name.
pub(super) fn channel(world: &World, named: &str) -> Result<ChannelId, Refusal> {
    let id = named
        .parse::<ChannelId>()
        .ok()
        .filter(|id| world.channels.contains_key(id));
    id.or_else(|| world.channel_named(named.trim_start_matches('#')))
        .ok_or_else(|| Refusal::Unknown {
            kind: "channel",
            name: named.to_owned(),
        })
}

/// A user by id or name; an unknown name joins the guild.
pub(super) fn user(core: &mut Core, named: &str) -> UserId {
    let id = named
        .parse::<UserId>()
        .ok()
        .filter(|id| core.world.users.contains_key(id));
    id.unwrap_or_else(|| core.world.user_or_new(named, UserKind::Person))
}
