//! What somebody can see of the guild. Titles of conversations are for those who could read them.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use serenity::all::ChannelType;
use tokio::time::{Instant, timeout_at};

use super::{Caller, Context};
use crate::{
    access::Action,
    discord::ids,
    session::{Audience, SessionView},
    words::{ChannelId, Place, Tier},
};

/// Threads that Discord is asked for at the same time.
const AT_ONCE: usize = 8;

/// Those of the sessions whose places the caller can see, in their order. A thread of which that cannot
/// be found out in time he cannot see.
pub(super) async fn visible(
    context: Context<'_>,
    caller: &Caller,
    sessions: Vec<SessionView>,
    patience: Duration,
) -> Vec<SessionView> {
    let until = Instant::now() + patience;
    let looks: Vec<_> = sessions
        .into_iter()
        .map(|session| async move {
            let sees = timeout_at(until, can_see(context, caller, &session)).await;
            (sees == Ok(true)).then_some(session)
        })
        .collect();
    let seen: Vec<Option<SessionView>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    seen.into_iter().flatten().collect()
}

async fn can_see(context: Context<'_>, caller: &Caller, session: &SessionView) -> bool {
    if ids::channel(context.interaction.channel_id) == session.at {
        return true;
    }
    if !sees_channel(context, session.place) {
        return false;
    }
    match session.audience {
        Audience::Channel => true,
        Audience::Thread => {
            is_public(context, session.at).await || is_left_over(context, caller, session).await
        }
    }
}

/// By the permissions that Discord gives him there.
fn sees_channel(context: Context<'_>, place: Place) -> bool {
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

/// Whether everybody sees a thread who sees its channel, or did while it was there. One whose type cannot be
/// had is taken for private. Who is in a private thread is not known, so nobody sees one from elsewhere.
async fn is_public(context: Context<'_>, thread: ChannelId) -> bool {
    let cache = &context.serenity_context().cache;
    match context.data().places.kind(thread, cache).await {
        Ok(kind) => kind.is_some_and(|kind| kind != ChannelType::PrivateThread),
        Err(error) => {
            tracing::debug!(%error, %thread, "a thread's type cannot be had");
            false
        }
    }
}

/// Whether somebody has to see a session because its thread is gone, and nobody could end it otherwise. As
/// the thread may have been private, that is an owner.
async fn is_left_over(context: Context<'_>, caller: &Caller, session: &SessionView) -> bool {
    let permit = caller.permit_at(context, session.place, Action::ListSessions);
    if !permit.await.is_ok_and(|it| it.tier() == Tier::Owner) {
        return false;
    }
    let cache = &context.serenity_context().cache;
    context.data().places.is_gone(session.at, cache).await
}
