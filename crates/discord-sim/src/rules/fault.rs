//! Broken answers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

    /// A status with a body of Discord's error shape.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        Self::Answer {
            status,
            body: Some(json!({"message": message, "code": code})),
        }
    }
}
