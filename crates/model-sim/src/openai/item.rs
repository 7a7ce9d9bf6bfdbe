//! One item of a response's output, whole and in pieces.

use serde_json::{Value, json};

use crate::ids::new_id;
use crate::pace;
use crate::play::Act;
use crate::script::{Call, Input, Step};

/// What reasoning is sealed with. Clients only hand it back.
const SEAL: &str = "c2ltdWxhdGVk";

/// An item with its id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    id: String,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Reasoning(String),
    Search(String),
    Message {
        text: String,
        phase: Option<String>,
    },
    Call {
        call_id: String,
        name: String,
        namespace: Option<String>,
        arguments: Arguments,
    },
}

/// Both kinds are a text on the wire.
#[derive(Debug, Clone, PartialEq)]
enum Arguments {
    Json(String),
    Text(String),
}

impl Item {
    pub(super) fn reasoning(words: String) -> Self {
        Self {
            id: new_id("rs_"),
            content: Content::Reasoning(words),
        }
    }

    /// A search of the web by the service.
    pub(super) fn search(query: String) -> Self {
        Self {
            id: new_id("ws_"),
            content: Content::Search(query),
        }
    }

    pub(super) fn message(text: String, phase: Option<String>) -> Self {
        Self {
            id: new_id("msg_"),
            content: Content::Message { text, phase },
        }
    }

    pub(super) fn call(call: Call) -> Self {
        let (prefix, arguments) = match call.input {
            Input::Json(Value::String(raw)) => ("fc_", Arguments::Json(raw)),
            Input::Json(input) => ("fc_", Arguments::Json(input.to_string())),
            Input::Text(text) => ("ctc_", Arguments::Text(text)),
        };
        Self {
            id: new_id(prefix),
            content: Content::Call {
                call_id: new_id("call_"),
                name: call.name,
                namespace: call.namespace,
                arguments,
            },
        }
    }

    pub(super) fn is_message(&self) -> bool {
        matches!(self.content, Content::Message { .. })
    }

    /// The item as it stands in the response and in the event that ends it, which is the one that counts.
    pub(super) fn whole(&self) -> Value {
        let id = &self.id;
        match &self.content {
            Content::Reasoning(words) => json!({
                "type": "reasoning", "id": id, "summary": [{ "type": "summary_text", "text": words }],
                "encrypted_content": SEAL,
            }),
            Content::Search(_) => self.written("completed", &Value::Null),
            Content::Message { text, .. } => self.written(
                "completed",
                &json!([{ "type": "output_text", "text": text, "annotations": [] }]),
            ),
            Content::Call { arguments, .. } => {
                let (Arguments::Json(text) | Arguments::Text(text)) = arguments;
                self.written("completed", &json!(text))
            }
        }
    }

    /// The empty item that opens it in a stream.
    fn opening(&self) -> Value {
        match &self.content {
            Content::Reasoning(_) => {
                json!({ "type": "reasoning", "id": self.id, "summary": [], "encrypted_content": null })
            }
            Content::Search(_) => self.written("in_progress", &Value::Null),
            Content::Message { .. } => self.written("in_progress", &json!([])),
            Content::Call { .. } => self.written("in_progress", &json!("")),
        }
    }

    /// A message or a call with this status and content.
    fn written(&self, status: &str, content: &Value) -> Value {
        let mut item = json!({ "id": self.id, "status": status });
        let optional = |value: &Option<String>| value.as_ref().map(|value| json!(value));
        let members = match &self.content {
            Content::Reasoning(_) => Vec::new(),
            Content::Search(query) => vec![
                ("type", Some(json!("web_search_call"))),
                ("action", Some(json!({ "type": "search", "query": query }))),
            ],
            Content::Message { phase, .. } => vec![
                ("type", Some(json!("message"))),
                ("role", Some(json!("assistant"))),
                ("phase", optional(phase)),
                ("content", Some(content.clone())),
            ],
            Content::Call {
                call_id,
                name,
                namespace,
                arguments,
            } => {
                let (kind, member) = match arguments {
                    Arguments::Json(_) => ("function_call", "arguments"),
                    Arguments::Text(_) => ("custom_tool_call", "input"),
                };
                vec![
                    ("type", Some(json!(kind))),
                    ("call_id", Some(json!(call_id))),
                    ("name", Some(json!(name))),
                    ("namespace", optional(namespace)),
                    (member, Some(content.clone())),
                ]
            }
        };
        for (name, value) in members {
            if let Some(value) = value {
                item[name] = value;
            }
        }
        item
    }

    /// All that a stream says of the item; a text when the step wants it.
    pub(super) fn acts(&self, index: usize, step: &Step) -> Vec<Act> {
        let mut acts = vec![Act::Event(json!({
            "type": "response.output_item.added", "output_index": index, "item": self.opening(),
        }))];
        acts.extend(match &self.content {
            Content::Reasoning(words) => self.summary(index, words),
            Content::Search(_) => Vec::new(),
            Content::Message { text, .. } => self.text(index, text, step),
            Content::Call { arguments, .. } => self.arguments(index, arguments),
        });
        acts.push(Act::Event(json!({
            "type": "response.output_item.done", "output_index": index, "item": self.whole(),
        })));
        acts
    }

    fn summary(&self, index: usize, words: &str) -> Vec<Act> {
        let event = |kind: &str, member: &str, value: Value| {
            Act::Event(json!({
                "type": format!("response.reasoning_summary_{kind}"), "item_id": self.id, "output_index": index,
                "summary_index": 0, member: value,
            }))
        };
        let part = |text: &str| json!({ "type": "summary_text", "text": text });
        vec![
            event("part.added", "part", part("")),
            event("text.delta", "delta", json!(words)),
            event("text.done", "text", json!(words)),
            event("part.done", "part", part(words)),
        ]
    }

    fn text(&self, index: usize, text: &str, step: &Step) -> Vec<Act> {
        let event = |kind: &str, member: &str, value: Value| {
            json!({
                "type": format!("response.{kind}"), "item_id": self.id, "output_index": index,
                "content_index": 0, member: value,
            })
        };
        let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
        let deltas = step.pieces(text).into_iter();
        let deltas = deltas.map(|piece| event("output_text.delta", "delta", json!(piece)));
        let mut acts = vec![Act::Event(event("content_part.added", "part", part("")))];
        acts.extend(pace::text(step, deltas.collect()));
        acts.push(Act::Event(event("output_text.done", "text", json!(text))));
        acts.push(Act::Event(event("content_part.done", "part", part(text))));
        acts
    }

    /// In two pieces, so that a reader that parses the first one alone is found out.
    fn arguments(&self, index: usize, arguments: &Arguments) -> Vec<Act> {
        let (kind, member, text) = match arguments {
            Arguments::Json(text) => ("function_call_arguments", "arguments", text),
            Arguments::Text(text) => ("custom_tool_call_input", "input", text),
        };
        let event = |moment: &str, member: &str, piece: &str| {
            Act::Event(json!({
                "type": format!("response.{kind}.{moment}"), "item_id": self.id, "output_index": index,
                member: piece,
            }))
        };
        let (first, second) = text.split_at(text.floor_char_boundary(text.len() / 2));
        vec![
            event("delta", "delta", first),
            event("delta", "delta", second),
            event("done", member, text),
        ]
    }
}
