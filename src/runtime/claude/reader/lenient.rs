//! Lines that are JSON to the agent program and none to a strict reader: with half of a surrogate pair in a
//! text, or nested deeper than is safe to read. Both can come of what a model wrote, in a call of a tool.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// As much of a question as it takes to answer it. What else is in it is passed over, however it is.
#[derive(Deserialize)]
pub(super) struct Envelope {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) request_id: String,
    pub(super) request: Request,
}

/// What is asked.
#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) subtype: String,
}

/// The question that a line asks, if it is one.
pub(super) fn envelope(line: &[u8]) -> Option<Envelope> {
    let envelope: Envelope = serde_json::from_slice(line).ok()?;
    (envelope.kind == "control_request").then_some(envelope)
}

/// A line with its halves of surrogate pairs replaced, and without those of its fields that cannot be read even
/// then.
pub(super) fn repaired(line: &[u8]) -> Option<Value> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(line).ok()?;
    let read = fields.into_iter().map(|(name, raw)| {
        let text = raw.get();
        let value = serde_json::from_str(text).or_else(|_| serde_json::from_str(&whole(text)));
        (name, value.unwrap_or(Value::Null))
    });
    Some(Value::Object(read.collect()))
}

/// JSON in which every half of a surrogate pair is the character for what cannot be shown.
fn whole(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (half(rest), rest.get(6..).and_then(half)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(_), _) => {
                clean.push('\u{fffd}');
                rest = &rest[6..];
                continue;
            }
            // A backslash and whatever it is for.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        clean.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    clean.push_str(rest);
    clean
}

enum Half {
    High,
    Low,
}

/// The half of a surrogate pair that a text begins with (RFC 8259, 7).
fn half(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_pairs_are_replaced_and_nothing_else() {
        for (json, clean) in [
            (r#""\ud800x""#, "\"\u{fffd}x\""),
            (r#""x\udc00""#, "\"x\u{fffd}\""),
            (r#""\ud83e\udd80""#, r#""\ud83e\udd80""#),
            (r#""\ud83e\ud83e\udd80""#, "\"\u{fffd}\\ud83e\\udd80\""),
            (r#""\\ud800 \n \" é""#, r#""\\ud800 \n \" é""#),
            (r#""\ud8"#, r#""\ud8"#),
        ] {
            assert_eq!(whole(json), clean, "{json}");
        }
    }

    #[test]
    fn what_is_too_deep_is_left_out_and_the_rest_is_read() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let line = format!(r#"{{"type":"result","result":"a\ud800","permission_denials":{deep}}}"#);
        let read = json!({"type": "result", "result": "a\u{fffd}", "permission_denials": null});
        assert_eq!(repaired(line.as_bytes()), Some(read));
        assert_eq!(repaired(b"[]"), None);
        assert_eq!(repaired(b"{\"type\":"), None);
    }
}
