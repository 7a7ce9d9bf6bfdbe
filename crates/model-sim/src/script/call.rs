//! The tool calls of a reply.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One tool call of a reply with several: `tool`, `custom` or `do`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolCall {
    /// The name of a tool whose arguments are JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The name of a tool that takes any text, which is `input` (Codex: `apply_patch`, `exec`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<String>,
    /// What is to be done, by whatever tool the program that asks has for it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub deed: Option<Deed>,
    /// The namespace of the tool, where an API has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The arguments. Default: an empty object. A text given to a `tool` is sent as it stands where the
    /// API takes arguments as text, so that a script can send broken JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}

/// What every agent program has a tool for; each API knows that of the program that speaks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Runs a line of the shell.
    Run(String),
    /// Reads a file.
    Read(String),
    /// Writes a file, whether it is there or not.
    Write {
        /// Which file.
        file: String,
        /// All that is to stand in it, without the end of its last line.
        text: String,
    },
    /// Asks the person, who may answer with one of several things or in words of his own. Codex has that in its plan mode
    /// only.
    Ask {
        /// The question.
        question: String,
        /// What may be chosen, each with what it means.
        options: Vec<(String, String)>,
    },
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

impl Call {
    /// A call with JSON arguments.
    pub(crate) fn json(name: &str, input: Value) -> Self {
        Self {
            name: name.to_owned(),
            namespace: None,
            input: Input::Json(input),
        }
    }
}

impl ToolCall {
    /// The call, by the tool of `its` API if it is only said what is to be done; or a sentence about what is wrong with it.
    pub(super) fn call(&self, its: impl Fn(&Deed) -> Call) -> Result<Call, String> {
        let (name, input) = match (&self.tool, &self.custom, &self.deed) {
            (None, None, Some(deed)) => return Ok(its(deed)),
            (Some(tool), None, None) => {
                let input = self.input.clone().unwrap_or(Value::Object(Map::new()));
                (tool, Input::Json(input))
            }
            (None, Some(custom), None) => match &self.input {
                Some(Value::String(text)) => (custom, Input::Text(text.clone())),
                _ => return Err(format!("the input of the tool {custom} has to be a text")),
            },
            (None, None, None) => {
                return Err("a tool call needs `tool`, `custom` or `do`".to_owned());
            }
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                return Err("a tool call is one of `tool`, `custom` and `do`".to_owned());
            }
        };
        Ok(Call {
            name: name.clone(),
            namespace: self.namespace.clone(),
            input,
        })
    }
}
