//! The tool calls of a reply.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One tool call of a reply with several: either `tool` or `custom`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolCall {
    /// The name of a tool whose arguments are JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The name of a tool that takes any text, which is `input` (Codex: `apply_patch`, `exec`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<String>,
    /// The namespace of the tool, where an API has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The arguments. Default: an empty object. A text given to a `tool` is sent as it stands where the
    /// API takes arguments as text, so that a script can send broken JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}

/// A tool call as an API has to write it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) input: Input,
}

/// What a tool is called with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Json(Value),
    Text(String),
}

impl ToolCall {
    /// The call, or a sentence about what is wrong with it.
    pub(super) fn call(&self) -> Result<Call, String> {
        let (name, input) = match (&self.tool, &self.custom) {
            (Some(tool), None) => {
                let input = self.input.clone().unwrap_or(Value::Object(Map::new()));
                (tool, Input::Json(input))
            }
            (None, Some(custom)) => match &self.input {
                Some(Value::String(text)) => (custom, Input::Text(text.clone())),
                _ => return Err(format!("the input of the tool {custom} has to be a text")),
            },
            (None, None) => return Err("a tool call needs `tool` or `custom`".to_owned()),
            (Some(tool), Some(custom)) => {
                return Err(format!(
                    "a tool call is either {tool} or {custom}, not both"
                ));
            }
        };
        Ok(Call {
            name: name.clone(),
            namespace: self.namespace.clone(),
            input,
        })
    }
}
