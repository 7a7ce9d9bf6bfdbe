//! What Discord is asked to list, item by item: one that cannot be read must not hide the others, and
//! what a stranger posts must not make a channel unreadable.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use serenity::{
    all::{self as sn, GuildId},
    http::{LightMethod, Request, Route},
};

use super::{ids, rest::Rest};
use crate::{
    clock::Millis,
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// Archived threads of one page, the most that Discord gives
/// (Discord: resources/channel#list-public-archived-threads).
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
    #[serde(rename = "type")]
    pub(super) kind: sn::ChannelType,
    /// For a thread, the channel that it hangs under.
    pub(super) parent_id: Option<sn::ChannelId>,
    pub(super) last_message_id: Option<sn::MessageId>,
    thread_metadata: Option<Metadata>,
}

#[derive(Clone, Debug, Deserialize)]
struct Metadata {
    /// When a thread was last archived or opened, in Discord's own spelling.
    archive_timestamp: String,
}

impl Listed {
    /// When a thread was archived.
    pub(super) fn archived_at(&self) -> Option<Millis> {
        let spelt = &self.thread_metadata.as_ref()?.archive_timestamp;
        let moment = sn::Timestamp::parse(spelt).ok()?;
        Some(Millis::new(moment.timestamp_millis()))
    }
}

#[derive(Deserialize)]
struct Threads {
    threads: Vec<Listed>,
    /// Discord says it of archived threads only.
    #[serde(default)]
    has_more: bool,
}

/// Where a page of archived threads begins.
#[derive(Clone, Debug)]
pub(super) enum Before {
    /// With those that come first.
    Nothing,
    /// With those that were archived before this moment, or those that are older than this thread, as the
    /// list is sorted.
    This(String),
}

/// A page of archived threads.
pub(super) struct Archived {
    pub(super) threads: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub(super) next: Option<Before>,
}

/// A page of messages, newest first, whichever way it is asked for.
pub(super) async fn messages(
    http: &Rest,
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
pub(super) async fn channels<T: DeserializeOwned>(
    http: &Rest,
    guild: GuildId,
) -> Result<Vec<T>, ChatError> {
    let route = Route::GuildChannels { guild_id: guild };
    let all: Vec<Value> = get(http, route, Vec::new()).await?;
    let read = all.into_iter().map(serde_json::from_value);
    Ok(read.filter_map(Result::ok).collect())
}

/// The threads of a guild that are not archived.
pub(super) async fn active_threads(http: &Rest, guild: GuildId) -> Result<Vec<Listed>, ChatError> {
    let route = Route::GuildThreadsActive { guild_id: guild };
    let found: Threads = get(http, route, Vec::new()).await?;
    Ok(found.threads)
}

/// Archived threads of a channel that everybody there sees, those that were archived last first.
pub(super) async fn archived_threads(
    http: &Rest,
    channel: ChannelId,
    before: &Before,
) -> Result<Archived, ChatError> {
    let route = Route::ChannelArchivedPublicThreads {
        channel_id: ids::to_channel(channel),
    };
    archived(http, route, before, |last| {
        let moment = &last.thread_metadata.as_ref()?.archive_timestamp;
        // As it stands in an address, where a plus is a blank.
        Some(moment.replace('+', "%2B"))
    })
    .await
}

/// Archived private threads of a channel that the bot is in, the newest first.
pub(super) async fn joined_archived_threads(
    http: &Rest,
    channel: ChannelId,
    before: &Before,
) -> Result<Archived, ChatError> {
    let route = Route::ChannelJoinedPrivateThreads {
        channel_id: ids::to_channel(channel),
    };
    archived(http, route, before, |last| Some(last.id.to_string())).await
}

async fn archived(
    http: &Rest,
    route: Route<'_>,
    before: &Before,
    next: impl Fn(&Listed) -> Option<String>,
) -> Result<Archived, ChatError> {
    let mut params = vec![("limit", ARCHIVED.to_string())];
    if let Before::This(place) = before {
        params.push(("before", place.clone()));
    }
    let Threads { threads, has_more } = get(http, route, params).await?;
    let next = threads.last().filter(|_| has_more).and_then(next);
    Ok(Archived {
        threads,
        next: next.map(Before::This),
    })
}

async fn get<T: DeserializeOwned>(
    http: &Rest,
    route: Route<'_>,
    params: Vec<(&'static str, String)>,
) -> Result<T, ChatError> {
    let request = Request::new(route, LightMethod::Get).params(Some(params));
    http.within(http.aside().fire(request)).await
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
