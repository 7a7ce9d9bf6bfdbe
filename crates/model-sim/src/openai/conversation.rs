//! A Responses API request as turns.

use serde_json::Value;

use crate::script::Turn;

/// A request as turns. What one reply consisted of comes back as several items in a row, so those count once.
pub(crate) fn turns(body: &Value) -> Vec<Turn> {
    let mut turns = match &body["input"] {
        Value::String(text) => vec![Turn::User(vec![text.clone()])],
        Value::Array(items) => items.iter().filter_map(turn).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    turns.dedup_by(|one, before| *one == Turn::Model && *before == Turn::Model);
    turns
}

/// Messages of a developer or the system are the client's own instructions, whose examples must not run.
fn turn(item: &Value) -> Option<Turn> {
    match (item["type"].as_str(), item["role"].as_str()) {
        (Some("message") | None, Some("user")) => Some(Turn::User(texts(&item["content"]))),
        (Some("message") | None, Some("assistant"))
        | (Some("reasoning" | "function_call" | "custom_tool_call"), _) => Some(Turn::Model),
        (Some("function_call_output" | "custom_tool_call_output"), _) => {
            Some(Turn::Tool(texts(&item["output"]).join("\n")))
        }
        _ => None,
    }
}

/// The texts of a content, which is a string or a list of parts; pictures are described.
fn texts(content: &Value) -> Vec<String> {
    match content {
        Value::String(text) => vec![text.clone()],
        Value::Array(parts) => parts.iter().filter_map(text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn text(part: &Value) -> Option<String> {
    if part["type"] == "input_image" {
        return Some(picture(part["image_url"].as_str().unwrap_or_default()));
    }
    part["text"].as_str().map(str::to_owned)
}

fn picture(url: &str) -> String {
    let inline = url.strip_prefix("data:");
    match inline.and_then(|inline| inline.split_once(";base64,")) {
        Some((media, data)) => format!("[image {media} {} base64 characters]", data.len()),
        None => format!("[image {url}]"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(texts: &[&str]) -> Turn {
        Turn::User(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn every_kind_of_item_becomes_its_turn_and_the_items_of_one_reply_one() {
        let body = json!({ "input": [
            { "type": "additional_tools", "role": "developer", "tools": [] },
            { "type": "message", "role": "developer", "content": [{ "type": "input_text", "text": "STUB:{}" }] },
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "words" },
                { "type": "input_image", "image_url": "data:image/png;base64,AAAA" },
                { "type": "input_image", "image_url": "https://example.invalid/a.png" },
            ] },
            { "type": "reasoning", "summary": [] },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "ok" }] },
            { "type": "function_call", "name": "exec_command", "arguments": "{}", "call_id": "a" },
            { "type": "custom_tool_call", "name": "apply_patch", "input": "x", "call_id": "b" },
            { "type": "function_call_output", "call_id": "a", "output": "one" },
            { "type": "custom_tool_call_output", "call_id": "b", "output": [
                { "type": "input_text", "text": "two" }, { "type": "input_text", "text": "three" },
            ] },
            { "type": "message", "role": "assistant", "content": [] },
            { "role": "user", "content": "short form" },
        ] });
        assert_eq!(
            turns(&body),
            [
                user(&[
                    "words",
                    "[image image/png 4 base64 characters]",
                    "[image https://example.invalid/a.png]"
                ]),
                Turn::Model,
                Turn::Tool("one".into()),
                Turn::Tool("two\nthree".into()),
                Turn::Model,
                user(&["short form"]),
            ]
        );
    }

    #[test]
    fn the_input_may_be_a_text_or_missing() {
        assert_eq!(turns(&json!({ "input": "hello" })), [user(&["hello"])]);
        assert_eq!(turns(&json!({})), []);
    }
}
