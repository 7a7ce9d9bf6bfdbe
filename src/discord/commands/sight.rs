//! What somebody can see of the guild. Titles of conversations are for those who could read them.

use futures::future::join_all;
use serenity::all::ChannelType;

use super::Context;
use crate::{discord::ids, session::SessionView};

/// Those of the sessions that the caller could find by himself.
pub(super) async fn seen(context: Context<'_>, sessions: Vec<SessionView>) -> Vec<SessionView> {
    let looks = sessions.into_iter().map(async |session| {
        let is_seen = can_see(context, &session).await;
        is_seen.then_some(session)
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// Whether the caller can see where a session is to be found, by the permissions that Discord gives
/// him there. Who is in a private thread is not known, so nobody sees one from elsewhere.
async fn can_see(context: Context<'_>, session: &SessionView) -> bool {
    let interaction = context.interaction;
    if ids::channel(interaction.channel_id) == session.at {
        return true;
    }
    let in_thread = session.at != session.place.channel;
    can_see_channel(context, session) && (!in_thread || is_public(context, session).await)
}

fn can_see_channel(context: Context<'_>, session: &SessionView) -> bool {
    let place = session.place;
    let Some(member) = context.interaction.member.as_deref() else {
        return false;
    };
    let cache = &context.serenity_context().cache;
    let Some(guild) = cache.guild(ids::to_guild(place.guild)) else {
        return false;
    };
    let Some(channel) = guild.channels.get(&ids::to_channel(place.channel)) else {
        return false;
    };
    guild.user_permissions_in(channel, member).view_channel()
}

/// Whether a session's thread is one that everybody sees who sees its channel. One whose type cannot
/// be had is taken for private.
async fn is_public(context: Context<'_>, session: &SessionView) -> bool {
    let cache = &context.serenity_context().cache;
    match context.data().places.kind(session.at, cache).await {
        Ok(kind) => kind.is_some_and(|kind| kind != ChannelType::PrivateThread),
        Err(error) => {
            tracing::debug!(%error, thread = %session.at, "a thread's type cannot be had");
            false
        }
    }
}
