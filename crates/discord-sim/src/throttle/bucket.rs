//! Buckets: how many requests in how long.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::rest::RouteKind;

use super::Asked;
use super::headers::Shown;

/// So many requests in so many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    requests: u32,
    window_ms: i64,
}

const fn limit(requests: u32, window_ms: i64) -> Limit {
    Limit {
        requests,
        window_ms,
    }
}

/// All requests of a bot together (topics/rate-limits).
pub(super) const GLOBAL: Limit = limit(50, 1_000);

/// What is counted together. Discord documents none of these numbers and tells bots to read the
/// headers; they are what bots have seen for years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    CreateMessage,
    EditMessage,
    Reactions,
    Typing,
    /// The name or topic of a channel or thread (discord-api-docs, issue 2208).
    ChannelName,
    /// The first answer to an interaction.
    FirstAnswer,
    /// Further answers to an interaction.
    Webhook,
    /// Everything else, by route.
    Other(RouteKind),
}

impl Bucket {
    pub(super) fn of(asked: &Asked<'_>) -> Option<Self> {
        use RouteKind as Kind;
        let named = || {
            ["name", "topic"]
                .iter()
                .any(|key| asked.body.get(*key).is_some())
        };
        let route = asked.route;
        let is = |kinds: &[Kind]| kinds.contains(&route);
        Some(if is(&[Kind::Unknown, Kind::File]) {
            return None;
        } else if is(&[Kind::PostMessage]) {
            Self::CreateMessage
        } else if is(&[Kind::EditMessage]) {
            Self::EditMessage
        } else if is(&[
            Kind::AddReaction,
            Kind::RemoveReaction,
            Kind::ClearReactions,
        ]) {
            Self::Reactions
        } else if is(&[Kind::Typing]) {
            Self::Typing
        } else if is(&[Kind::EditChannel]) && named() {
            Self::ChannelName
        } else if is(&[Kind::Callback]) {
            Self::FirstAnswer
        } else if is(&[
            Kind::FollowUp,
            Kind::GetAnswer,
            Kind::EditAnswer,
            Kind::DeleteAnswer,
        ]) {
            Self::Webhook
        } else {
            Self::Other(route)
        })
    }

    pub(super) const fn limit(self) -> Limit {
        match self {
            Self::CreateMessage | Self::EditMessage | Self::Typing => limit(5, 5_000),
            Self::Reactions => limit(1, 250),
            Self::ChannelName => limit(2, 10 * 60 * 1_000),
            Self::FirstAnswer | Self::Webhook | Self::Other(_) => limit(10, 10_000),
        }
    }

    /// "Interaction endpoints are not bound to the bot's Global Rate Limit"
    /// (interactions/receiving-and-responding).
    pub(super) const fn counts_globally(self) -> bool {
        !matches!(self, Self::FirstAnswer | Self::Webhook)
    }

    /// The opaque name that Discord gives in X-RateLimit-Bucket.
    fn name(self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

/// A window that begins with its first request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    limit: Limit,
    resets_ms: i64,
    used: u32,
}

impl Window {
    pub(super) const fn new(limit: Limit) -> Self {
        Self {
            limit,
            resets_ms: i64::MIN,
            used: 0,
        }
    }

    /// Takes one; `Err` says how many milliseconds to wait.
    pub(super) const fn take(&mut self, now: i64) -> Result<(), i64> {
        if !self.is_open(now) {
            self.resets_ms = now + self.limit.window_ms;
            self.used = 0;
        }
        if self.used == self.limit.requests {
            return Err(self.resets_ms - now);
        }
        self.used += 1;
        Ok(())
    }

    /// Whether it has begun and not ended.
    pub(super) const fn is_open(&self, now: i64) -> bool {
        now < self.resets_ms
    }

    pub(super) fn shown(&self, bucket: Bucket, now: i64) -> Shown {
        Shown {
            limit: self.limit.requests,
            remaining: self.limit.requests - self.used,
            resets_ms: self.resets_ms,
            reset_after_ms: self.resets_ms - now,
            bucket: bucket.name(),
        }
    }
}
