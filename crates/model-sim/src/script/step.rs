use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::call::{Call, Deed, ToolCall};

/// One reply of the model, as a script writes it. Every key is optional; `{}` says `(empty)`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// What the assistant says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// In how many deltas the text is streamed. Default: 3 when it is longer than 30 characters, else 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<usize>,
    /// The pause between two deltas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Seconds>,
    /// A thinking block before everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// OpenAI: what the service itself searches the web for, before the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The name of one tool to call; its arguments are `input`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// In place of `tool`: the name of a tool that takes any text, which is `input`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<String>,
    /// In place of `tool`: what is to be done, by whatever tool the program that asks has for it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub deed: Option<Deed>,
    /// The namespace of `tool` or `custom`, where an API has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The arguments of `tool` or `custom`, as in [`ToolCall::input`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// Several tool calls in one reply; they come before the single one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolCall>,
    /// Members that replace or extend the reply's usage object.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub usage: Map<String, Value>,
    /// What kind of message the text is (OpenAI: `commentary`, `final_answer`). Default: nothing is said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Overrides the stop reason (`end_turn`, `tool_use`). OpenAI has none for a reply that is whole; there every other
    /// one makes it an incomplete response for that reason, `max_tokens` and `refusal` in OpenAI's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// An HTTP status other than 200 turns the step into an error reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error's type. Default: `api_error` (Anthropic), what belongs to the status (OpenAI).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The error's code, for OpenAI. Default: its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Stands in an OpenAI error of the type `usage_limit_reached`: whose limit it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_type: Option<String>,
    /// Stands in an OpenAI error of the type `usage_limit_reached`: when it ends, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<u64>,
    /// The error's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The whole JSON body of the error reply, in place of the API's usual shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Extra headers of the reply, for example rate-limit headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Value>,
    /// Only so many requests of this step fail (`status`, `sse_error`, `cut`) or stall; the next one succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// `{"type":…,"message":…}` sent as an error event in the stream (OpenAI: as `response.failed` with the type as its
    /// code). No effect on an unstreamed reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sse_error: Option<Value>,
    /// Drops the connection after the first delta. No effect on an unstreamed reply.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// How long nothing is sent, not even the status line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall: Option<Seconds>,
    /// Nothing is sent before the hold of this name is released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// Moves `hold` into the stream: so many text deltas are sent first. An unstreamed reply waits whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_after: Option<usize>,
    /// Says all earlier user texts of the conversation, a line each, which proves that it was remembered.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recall: bool,
}

/// A duration that is written as a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seconds(pub Duration);

impl Step {
    /// A step that only says something.
    pub(crate) fn say(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// All tool calls of the reply, in their order, with what is to be done by the tools of `its` API; one that is not valid
    /// is left out, which [`Self::check`] has said before.
    pub(crate) fn calls(&self, its: impl Fn(&Deed) -> Call) -> Vec<Call> {
        self.tool_calls()
            .filter_map(|call| call.call(&its).ok())
            .collect()
    }

    fn tool_calls(&self) -> impl Iterator<Item = ToolCall> {
        let single = ToolCall {
            tool: self.tool.clone(),
            custom: self.custom.clone(),
            deed: self.deed.clone(),
            namespace: self.namespace.clone(),
            input: self.input.clone(),
        };
        let called = self.tool.is_some() || self.custom.is_some() || self.deed.is_some();
        self.tools.iter().cloned().chain(called.then_some(single))
    }

    /// The text in the pieces in which it is streamed; cut between characters, never inside one.
    pub(crate) fn pieces(&self, text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let wanted = self.chunks.unwrap_or(if chars.len() > 30 { 3 } else { 1 });
        let size = chars.len().div_ceil(wanted.max(1)).max(1);
        chars
            .chunks(size)
            .map(|piece| piece.iter().collect())
            .collect()
    }

    /// The status of the error reply, or nothing when the step is not one.
    pub(crate) fn failure(&self) -> Option<StatusCode> {
        let status = StatusCode::from_u16(self.status?).ok()?;
        (status != StatusCode::OK).then_some(status)
    }

    /// The same step once its counted failures are used up.
    pub(crate) fn recovered(mut self, failures: u32) -> Self {
        self.status = None;
        self.sse_error = None;
        self.cut = false;
        self.stall = None;
        self.text
            .get_or_insert_with(|| format!("recovered after {failures} failures"));
        self
    }

    /// What no type can say about a step that was read: a sentence about the first thing wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(status) = self.status
            && StatusCode::from_u16(status).is_err()
        {
            return Err(format!("{status} is not an HTTP status"));
        }
        self.tool_calls()
            .try_for_each(|call| call.call(|_| Call::json("", Value::Null)).map(drop))?;
        header_map(&self.headers).map(drop)
    }

    /// The extra headers; empty if they are not valid, which [`Self::check`] has said before.
    pub(crate) fn header_map(&self) -> HeaderMap {
        header_map(&self.headers).unwrap_or_default()
    }
}

/// Headers as JSON writes them: numbers and booleans are as welcome as strings.
pub(crate) fn header_map(headers: &BTreeMap<String, Value>) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let wrong = |_| format!("{name}: {text} is not an HTTP header");
        map.insert(
            HeaderName::try_from(name).map_err(|error| wrong(error.to_string()))?,
            HeaderValue::try_from(&text).map_err(|error| wrong(error.to_string()))?,
        );
    }
    Ok(map)
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}
