//! Broken answers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::throttle::Scope;

/// What a request gets instead of its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// This status with this body.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body; `None` for an empty one.
        #[serde(default)]
        body: Option<Value>,
    },
    /// The TCP connection ends without an answer.
    DropConnection,
    /// The TCP connection is reset without an answer.
    ResetConnection,
    /// There is never an answer, and the connection stays.
    Hang,
    /// The request, or its answer, waits so long on the simulator's clock and then goes on.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// 429 with Discord's headers and body. What the bot then may not do is checked.
    RateLimited {
        /// Whose limit it is.
        scope: Scope,
        /// When to try again, in milliseconds of the simulator's clock.
        retry_after_ms: u32,
    },
    /// The request is carried out, and half of its answer is sent.
    Truncate(Truncation),
}

/// How half of an answer looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncation {
    /// The connection ends in the middle.
    Cut,
    /// Nothing comes after the middle, and the connection stays.
    Stall,
    /// `Content-Length` says that the half is all.
    Short,
}

impl Fault {
    /// A status with Discord's usual body for it.
    pub fn status(status: u16) -> Self {
        let body = json!({"message": format!("{status}: simulated"), "code": 0});
        Self::Answer {
            status,
            body: Some(body),
        }
    }

    /// 429 of a scope.
    pub const fn rate_limited(scope: Scope, retry_after_ms: u32) -> Self {
        Self::RateLimited {
            scope,
            retry_after_ms,
        }
    }

    /// Waits on the simulator's clock.
    pub const fn delay(ms: u64) -> Self {
        Self::Delay { ms }
    }

    /// A status with a body of Discord's error shape.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        Self::Answer {
            status,
            body: Some(json!({"message": message, "code": code})),
        }
    }
}
