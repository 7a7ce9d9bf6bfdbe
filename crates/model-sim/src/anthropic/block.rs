//! One block of a reply's content, whole and in pieces.

use serde_json::{Value, json};

use crate::ids::new_id;
use crate::script::{Call, Input, Step};

/// What a thinking block is signed with. The CLIs only hand it back.
const SIGNATURE: &str = "c2ltdWxhdGVk";

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Thinking(String),
    Text(String),
    ToolUse {
        id: String,
        name: String,
        input: Value,
    },
}

impl Block {
    /// Tools that take any text are not among this API's own; here such a text is the argument `input`.
    pub(super) fn tool_use(call: Call) -> Self {
        Self::ToolUse {
            id: new_id("toolu_"),
            name: call.name,
            input: match call.input {
                Input::Json(input) => input,
                Input::Text(text) => json!({ "input": text }),
            },
        }
    }

    /// The block as it stands in an unstreamed reply.
    pub(super) fn whole(&self) -> Value {
        match self {
            Self::Thinking(words) => {
                json!({ "type": "thinking", "thinking": words, "signature": SIGNATURE })
            }
            Self::Text(text) => json!({ "type": "text", "text": text }),
            Self::ToolUse { id, name, input } => {
                json!({ "type": "tool_use", "id": id, "name": name, "input": input })
            }
        }
    }

    /// The empty block that opens it in a stream.
    pub(super) fn opening(&self) -> Value {
        match self {
            Self::Thinking(_) => json!({ "type": "thinking", "thinking": "", "signature": "" }),
            Self::Text(_) => json!({ "type": "text", "text": "" }),
            Self::ToolUse { id, name, .. } => {
                json!({ "type": "tool_use", "id": id, "name": name, "input": {} })
            }
        }
    }

    /// What fills it in a stream.
    pub(super) fn deltas(&self, step: &Step) -> Vec<Value> {
        match self {
            Self::Thinking(words) => vec![
                json!({ "type": "thinking_delta", "thinking": words }),
                json!({ "type": "signature_delta", "signature": SIGNATURE }),
            ],
            Self::Text(text) => {
                let delta = |piece| json!({ "type": "text_delta", "text": piece });
                step.pieces(text).into_iter().map(delta).collect()
            }
            // In two pieces, so that a reader that parses the first one alone is found out.
            Self::ToolUse { input, .. } => {
                let text = input.to_string();
                let middle = text.floor_char_boundary(text.len() / 2);
                let (first, second) = text.split_at(middle);
                let delta =
                    |piece: &str| json!({ "type": "input_json_delta", "partial_json": piece });
                vec![delta(first), delta(second)]
            }
        }
    }
}
