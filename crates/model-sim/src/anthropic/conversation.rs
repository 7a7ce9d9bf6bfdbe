//! A Messages API request as turns.

use serde_json::Value;

use crate::script::Turn;

/// How Claude Code hands a message that was sent during a turn to the model: inside a `system` message,
/// after this line and before an admonition.
const STEERED: &str = "The user sent a new message while you were working:\n";
const ADMONITION: &str = "\n\nIMPORTANT:";

/// A request as turns.
pub(crate) fn turns(body: &Value) -> Vec<Turn> {
    body["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(message)
        .collect()
}

fn message(message: &Value) -> Vec<Turn> {
    let content = &message["content"];
    match message["role"].as_str() {
        Some("assistant") => vec![Turn::Model],
        Some("system") => steered(&text_of(content)).into_iter().collect(),
        _ => user(content),
    }
}

/// Only two kinds of `system` messages matter: one that carries a person's words, and one with a script.
fn steered(text: &str) -> Option<Turn> {
    let words = match text.split_once(STEERED) {
        Some((_, words)) => words.split(ADMONITION).next().unwrap_or(words),
        None if text.contains("STUB:") => text,
        None => return None,
    };
    Some(Turn::User(vec![words.to_owned()]))
}

/// The results of tools come before the words of the same message, as the API demands it.
fn user(content: &Value) -> Vec<Turn> {
    let Some(blocks) = content.as_array() else {
        return vec![Turn::User(vec![text_of(content)])];
    };
    let mut turns = Vec::new();
    let mut texts = Vec::new();
    for block in blocks {
        let source = &block["source"];
        let media = source["media_type"]
            .as_str()
            .or(source["type"].as_str())
            .unwrap_or("unknown");
        match block["type"].as_str() {
            Some("tool_result") => turns.push(Turn::Tool(text_of(&block["content"]))),
            Some("text") => texts.push(text_of(&block["text"])),
            Some("image") => {
                let length = source["data"].as_str().map_or(0, str::len);
                texts.push(format!("[image {media} {length} base64 characters]"));
            }
            Some("document") => texts.push(format!("[document {media}]")),
            _ => {}
        }
    }
    if !texts.is_empty() {
        turns.push(Turn::User(texts));
    }
    turns
}

/// The words of a content, which is a string or a list of blocks.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks
                .iter()
                .filter_map(|block| block["text"].as_str())
                .collect();
            texts.join("\n")
        }
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => content.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_message_becomes_its_turn() {
        let body = json!({ "messages": [
            { "role": "user", "content": "plain" },
            { "role": "assistant", "content": [{ "type": "text", "text": "ok" }] },
            { "role": "user", "content": [
                { "type": "tool_result", "content": [{ "type": "text", "text": "one" }, { "type": "text", "text": "two" }] },
                { "type": "text", "text": "words" },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
            ] },
            { "role": "system", "content": "background only" },
            { "role": "system", "content": "The user sent a new message while you were working:\nturn left\n\nIMPORTANT: do it." },
            { "role": "system", "content": [{ "type": "text", "text": "STUB:{}" }] },
        ] });
        let user =
            |texts: &[&str]| Turn::User(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(
            turns(&body),
            [
                user(&["plain"]),
                Turn::Model,
                Turn::Tool("one\ntwo".into()),
                user(&["words", "[image image/png 4 base64 characters]"]),
                user(&["turn left"]),
                user(&["STUB:{}"]),
            ]
        );
    }

    #[test]
    fn a_body_without_messages_is_an_empty_conversation() {
        assert_eq!(turns(&json!({})), []);
    }
}
