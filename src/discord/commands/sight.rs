//! What somebody can see of the guild. Titles of conversations are for those who could read them.

use serenity::all as sn;

use super::Context;
use crate::{discord::ids, words::Place};

/// Whether the caller can see a place, by the permissions that Discord gives him there. Who is in a
/// private thread is not known, so nobody sees one from elsewhere.
pub(super) fn can_see(context: Context<'_>, place: Place) -> bool {
    let interaction = context.interaction;
    let Some(member) = interaction.member.as_deref() else {
        return false;
    };
    let shown = place.post_channel();
    if ids::channel(interaction.channel_id) == shown {
        return true;
    }
    let cache = &context.serenity_context().cache;
    let Some(guild) = cache.guild(ids::to_guild(place.guild)) else {
        return false;
    };
    let thread = guild
        .threads
        .iter()
        .find(|thread| ids::channel(thread.id) == shown);
    if thread.is_some_and(|thread| thread.kind == sn::ChannelType::PrivateThread) {
        return false;
    }
    let Some(channel) = guild.channels.get(&ids::to_channel(place.channel)) else {
        return false;
    };
    guild.user_permissions_in(channel, member).view_channel()
}
