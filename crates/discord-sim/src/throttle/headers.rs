//! What the bot is told about its limits (Discord: topics/rate-limits, "Header Format").

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Whose limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The bot's own, of one bucket.
    User,
    /// The bot's own, of all requests.
    Global,
    /// That of a resource that others use too. It does not count as an invalid request.
    Shared,
}

/// How full a bucket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) resets_ms: i64,
    pub(super) reset_after_ms: i64,
    pub(super) bucket: String,
}

impl Shown {
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", seconds(self.resets_ms)),
            ("x-ratelimit-reset-after", seconds(self.reset_after_ms)),
            ("x-ratelimit-bucket", self.bucket.clone()),
        ]
    }
}

/// A 429.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) scope: Scope,
    pub(crate) retry_after_ms: i64,
    shown: Option<Shown>,
}

impl Refusal {
    pub(super) const fn bucket(retry_after_ms: i64, shown: Shown) -> Self {
        Self {
            scope: Scope::User,
            retry_after_ms,
            shown: Some(shown),
        }
    }

    pub(super) const fn global(retry_after_ms: i64) -> Self {
        Self::of(Scope::Global, retry_after_ms)
    }

    /// One that no bucket has caused.
    pub(crate) const fn of(scope: Scope, retry_after_ms: i64) -> Self {
        Self {
            scope,
            retry_after_ms,
            shown: None,
        }
    }

    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers: Vec<_> = self.shown.iter().flat_map(Shown::headers).collect();
        // The header has whole seconds; the body says it exactly.
        let whole =
            self.retry_after_ms.div_euclid(1_000) + i64::from(self.retry_after_ms % 1_000 > 0);
        headers.push(("retry-after", whole.to_string()));
        let scope = match self.scope {
            Scope::User => "user",
            Scope::Global => "global",
            Scope::Shared => "shared",
        };
        headers.push(("x-ratelimit-scope", scope.to_owned()));
        if self.scope == Scope::Global {
            headers.push(("x-ratelimit-global", "true".to_owned()));
        }
        headers
    }

    pub(crate) fn body(&self) -> Value {
        let message = match self.scope {
            Scope::User | Scope::Global => "You are being rate limited.",
            Scope::Shared => "The resource is being rate limited.",
        };
        #[expect(clippy::cast_precision_loss, reason = "waits are far below 2^52 ms")]
        let retry_after = self.retry_after_ms as f64 / 1_000.0;
        json!({
            "message": message,
            "code": 0,
            "retry_after": retry_after,
            "global": self.scope == Scope::Global,
        })
    }
}

/// Milliseconds as Discord writes seconds: with three decimals.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms.div_euclid(1_000), ms.rem_euclid(1_000))
}
