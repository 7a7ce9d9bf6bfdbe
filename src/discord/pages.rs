//! What Discord is asked to list, item by item: one that cannot be read must not hide the others, and
//! what a stranger posts must not make a channel unreadable.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use serenity::{
    all::{self as sn, GuildId},
    http::{Http, LightMethod, Request, Route},
};

use super::{chat::within, ids};
use crate::{
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// Archived threads that are asked for in one channel: those that were archived last
/// (Discord: channel/resource#list-public-archived-threads).
const ARCHIVED: u32 = 100;

/// Which page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// The newest messages.
    Newest,
    /// Those just before this one.
    Before(MessageId),
    /// Those just after this one.
    After(MessageId),
}

/// One message of a page.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: MessageId,
    /// `None` if it cannot be read.
    pub(super) message: Option<Box<sn::Message>>,
}

/// A channel or thread, as far as it matters where something was written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) id: sn::ChannelId,
    /// For a thread, the channel that it hangs under.
    pub(super) parent_id: Option<sn::ChannelId>,
    pub(super) last_message_id: Option<sn::MessageId>,
}

#[derive(Deserialize)]
struct Threads {
    threads: Vec<Listed>,
}

/// A page of messages, newest first, whichever way it is asked for.
pub(super) async fn messages(
    http: &Http,
    channel: ChannelId,
    part: Part,
    limit: u8,
) -> Result<Vec<Line>, ChatError> {
    let mut params = vec![("limit", limit.to_string())];
    match part {
        Part::Newest => {}
        Part::Before(id) => params.push(("before", id.to_string())),
        Part::After(id) => params.push(("after", id.to_string())),
    }
    let route = Route::ChannelMessages {
        channel_id: ids::to_channel(channel),
    };
    let page: Vec<Value> = get(http, route, params).await?;
    let mut page: Vec<Line> = page.into_iter().filter_map(line).collect();
    page.sort_by_key(|line| std::cmp::Reverse(line.id));
    Ok(page)
}

/// All channels of a guild that are no threads.
pub(super) async fn channels(http: &Http, guild: GuildId) -> Result<Vec<Listed>, ChatError> {
    get(http, Route::GuildChannels { guild_id: guild }, Vec::new()).await
}

/// The threads of a guild that are not archived.
pub(super) async fn active_threads(http: &Http, guild: GuildId) -> Result<Vec<Listed>, ChatError> {
    let route = Route::GuildThreadsActive { guild_id: guild };
    let found: Threads = get(http, route, Vec::new()).await?;
    Ok(found.threads)
}

/// The public threads of a channel that were archived last.
pub(super) async fn archived_threads(
    http: &Http,
    channel: ChannelId,
) -> Result<Vec<Listed>, ChatError> {
    let route = Route::ChannelArchivedPublicThreads {
        channel_id: ids::to_channel(channel),
    };
    let found: Threads = get(http, route, vec![("limit", ARCHIVED.to_string())]).await?;
    Ok(found.threads)
}

async fn get<T: DeserializeOwned>(
    http: &Http,
    route: Route<'_>,
    params: Vec<(&'static str, String)>,
) -> Result<T, ChatError> {
    let request = Request::new(route, LightMethod::Get).params(Some(params));
    within(http.fire(request)).await
}

/// `None` for what has no id: it is no message.
fn line(value: Value) -> Option<Line> {
    let id: sn::MessageId = serde_json::from_value(value.get("id")?.clone()).ok()?;
    let message = serde_json::from_value(value).ok().map(Box::new);
    if message.is_none() {
        // Without the error, which may repeat people's words.
        tracing::error!(message = %id, "a message cannot be read; it is passed over");
    }
    Some(Line {
        id: ids::message(id),
        message,
    })
}
