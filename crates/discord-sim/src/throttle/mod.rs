//! Rate limits: buckets by route and channel, the global limit, the budget of invalid requests, and
//! whether the bot honours what it was told. It knows routes, paths and the time that it is given;
//! neither sockets nor what the requests do.

mod bucket;
mod budget;
mod headers;
mod told;

use std::collections::HashMap;

use serde_json::Value;

use crate::config::RateLimits;
use crate::limits;
use crate::rest::RouteKind;

use bucket::{Bucket, Window};
use budget::Budget;
pub use headers::Scope;
pub(crate) use headers::{Refusal, Shown};
use told::Told;

/// The limits of one simulator.
#[derive(Debug)]
pub(crate) struct Throttle {
    mode: RateLimits,
    windows: HashMap<Key, Window>,
    global: Window,
    told: Told,
    budget: Budget,
}

/// A bucket of one channel, guild or webhook.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    bucket: Bucket,
    /// The major parameter: `channels/1`.
    major: String,
}

/// A request, as limits see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) route: RouteKind,
    /// Percent-decoded.
    pub(crate) path: &'a str,
    pub(crate) body: &'a Value,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It is carried out; its answer says how full its bucket is.
    Go(Option<Shown>),
    /// It is refused with 429.
    Wait(Refusal),
}

impl Throttle {
    pub(crate) fn new(mode: RateLimits, invalid_bound: usize) -> Self {
        Self {
            mode,
            windows: HashMap::new(),
            global: Window::new(bucket::GLOBAL),
            told: Told::default(),
            budget: Budget::new(invalid_bound),
        }
    }

    /// The bucket of a request; `None` for what Discord does not count (files, unknown routes).
    pub(crate) fn key(asked: &Asked<'_>) -> Option<Key> {
        Some(Key {
            bucket: Bucket::of(asked)?,
            major: major(asked.path),
        })
    }

    /// Takes one request from its bucket and from the global limit.
    pub(crate) fn take(&mut self, key: &Key, now: i64) -> Verdict {
        match self.mode {
            RateLimits::None => return Verdict::Go(None),
            RateLimits::Realistic => {}
        }
        self.forget(now);
        if key.bucket.counts_globally()
            && let Err(wait_ms) = self.global.take(now)
        {
            return Verdict::Wait(Refusal::global(wait_ms));
        }
        let limit = key.bucket.limit();
        let window = self.windows.entry(key.clone());
        let window = window.or_insert_with(|| Window::new(limit));
        let taken = window.take(now);
        let shown = window.shown(key.bucket, now);
        match taken {
            Ok(()) => Verdict::Go(Some(shown)),
            Err(wait_ms) => Verdict::Wait(Refusal::bucket(wait_ms, shown)),
        }
    }

    /// Whether the bot was told to wait, for this bucket or with all it asks, and does not.
    pub(crate) fn ignores(&self, key: &Key, now: i64) -> bool {
        self.told.ignored(key, now)
    }

    /// The bot was told to wait by a refusal of a request for this bucket.
    pub(crate) fn tell(&mut self, key: Key, refusal: &Refusal, now: i64) {
        self.told
            .tell(key, refusal.scope, refusal.retry_after_ms, now);
    }

    /// Counts an answer. `true` when it is the first one over the bound of invalid requests.
    pub(crate) fn answered(&mut self, status: u16, scope: Option<Scope>, now: i64) -> bool {
        let invalid = match status {
            401 | 403 => true,
            429 => scope != Some(Scope::Shared),
            _ => false,
        };
        invalid && self.budget.spend(now)
    }

    /// Invalid requests of the last 10 minutes.
    pub(crate) fn invalid_requests(&self, now: i64) -> usize {
        self.budget.spent(now)
    }

    /// Windows that have ended say nothing; a bot that runs for long asks for many channels.
    fn forget(&mut self, now: i64) {
        if self.windows.len() >= limits::BUCKETS_KEPT {
            self.windows.retain(|_, window| window.is_open(now));
        }
    }
}

/// The top-level resource of a path, by which limits are counted apart: a channel, a guild, or a
/// webhook with its token (Discord: topics/rate-limits).
fn major(path: &str) -> String {
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    let from = steps
        .iter()
        .position(|step| matches!(*step, "channels" | "guilds" | "webhooks" | "interactions"));
    let Some(from) = from else {
        return String::new();
    };
    let length = match steps[from] {
        "channels" | "guilds" => 2,
        _ => 3,
    };
    steps[from..]
        .iter()
        .take(length)
        .copied()
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(route: RouteKind, path: &str) -> Key {
        let body = json!({});
        let asked = Asked {
            route,
            path,
            body: &body,
        };
        Throttle::key(&asked).unwrap()
    }

    fn post(channel: u64) -> Key {
        key(
            RouteKind::PostMessage,
            &format!("/api/v10/channels/{channel}/messages"),
        )
    }

    #[test]
    fn buckets_are_counted_apart_by_route_and_channel() {
        let mut throttle = Throttle::new(RateLimits::Realistic, 1);
        for _ in 0..5 {
            assert!(matches!(throttle.take(&post(1), 0), Verdict::Go(Some(_))));
        }
        assert!(matches!(throttle.take(&post(1), 4_999), Verdict::Wait(_)));
        assert!(matches!(throttle.take(&post(2), 4_999), Verdict::Go(_)));
        let edit = key(RouteKind::EditMessage, "/api/v10/channels/1/messages/3");
        assert!(matches!(throttle.take(&edit, 4_999), Verdict::Go(_)));
        assert!(matches!(throttle.take(&post(1), 5_000), Verdict::Go(_)));
    }

    #[test]
    fn the_fifty_first_request_of_a_second_is_too_many_unless_it_answers_an_interaction() {
        let mut throttle = Throttle::new(RateLimits::Realistic, 1);
        for channel in 0..50 {
            assert!(matches!(throttle.take(&post(channel), 0), Verdict::Go(_)));
        }
        let refused = throttle.take(&post(50), 400);
        assert_eq!(refused, Verdict::Wait(Refusal::global(600)));
        let callback = key(
            RouteKind::Callback,
            "/api/v10/interactions/1/token/callback",
        );
        assert!(matches!(throttle.take(&callback, 400), Verdict::Go(_)));
        assert!(matches!(throttle.take(&post(50), 1_000), Verdict::Go(_)));
    }

    #[test]
    fn the_major_parameter_of_a_webhook_has_its_token() {
        assert_eq!(
            major("/api/v10/webhooks/1/tok/messages/@original"),
            "webhooks/1/tok"
        );
        assert_eq!(major("/api/v10/guilds/1/members/2"), "guilds/1");
        assert_eq!(major("/api/v10/users/@me"), "");
    }
}
