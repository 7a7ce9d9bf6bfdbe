//! A step as a response.

use serde_json::{Map, Value, json};

use super::item::Item;
use super::tool;
use crate::ids::new_id;
use crate::pace;
use crate::play::Act;
use crate::script::Step;

/// How a response ends.
enum End {
    Completed,
    Incomplete(String),
}

/// The reply as one JSON object.
pub(crate) fn whole(model: &str, step: &Step) -> Value {
    ended(&envelope(model), step, &items(step))
}

/// The reply as a stream of events.
pub(crate) fn acts(model: &str, step: &Step) -> Vec<Act> {
    let begun = envelope(model);
    let mut acts = vec![
        Act::Event(json!({ "type": "response.created", "response": begun })),
        Act::Event(json!({ "type": "response.in_progress", "response": begun })),
    ];
    if let Some(error) = &step.sse_error {
        let mut failed = begun;
        failed["status"] = json!("failed");
        failed["error"] = json!({ "code": error["type"], "message": error["message"] });
        acts.push(Act::Event(
            json!({ "type": "response.failed", "response": failed }),
        ));
        return numbered(acts);
    }
    let items = items(step);
    if !items.iter().any(Item::is_message) {
        acts.extend(pace::no_text(step));
    }
    for (index, item) in items.iter().enumerate() {
        acts.extend(item.acts(index, step));
    }
    let response = ended(&begun, step, &items);
    let kind = match end(step) {
        End::Completed => "response.completed",
        End::Incomplete(_) => "response.incomplete",
    };
    acts.push(Act::Event(json!({ "type": kind, "response": response })));
    numbered(acts)
}

/// The events with their numbers.
fn numbered(mut acts: Vec<Act>) -> Vec<Act> {
    let events = acts.iter_mut().filter_map(|act| match act {
        Act::Event(event) => Some(event),
        Act::Pause(_) | Act::Hold(_) | Act::Cut => None,
    });
    for (number, event) in events.enumerate() {
        event["sequence_number"] = json!(number);
    }
    acts
}

fn items(step: &Step) -> Vec<Item> {
    let reasoning = step.thinking.clone().map(Item::reasoning);
    let message = step
        .text
        .clone()
        .filter(|text| !text.is_empty())
        .map(|text| Item::message(text, step.phase.clone()));
    let calls = step.calls(tool::of).into_iter().map(Item::call);
    let search = step.search.clone().map(Item::search);
    let before = reasoning.into_iter().chain(search);
    let items: Vec<Item> = before.chain(message).chain(calls).collect();
    if items.is_empty() {
        vec![Item::message("(empty)".to_owned(), step.phase.clone())]
    } else {
        items
    }
}

fn envelope(model: &str) -> Value {
    json!({
        "id": new_id("resp_"),
        "object": "response",
        "status": "in_progress",
        "model": model,
        "output": [],
        "error": null,
        "incomplete_details": null,
        "usage": null,
    })
}

fn ended(begun: &Value, step: &Step, items: &[Item]) -> Value {
    let mut response = begun.clone();
    response["output"] = items.iter().map(Item::whole).collect();
    response["usage"] = usage(step);
    match end(step) {
        End::Completed => response["status"] = json!("completed"),
        End::Incomplete(reason) => {
            response["status"] = json!("incomplete");
            response["incomplete_details"] = json!({ "reason": reason });
        }
    }
    response
}

fn end(step: &Step) -> End {
    match step.stop_reason.as_deref() {
        None | Some("end_turn" | "tool_use") => End::Completed,
        Some("max_tokens") => End::Incomplete("max_output_tokens".to_owned()),
        Some("refusal") => End::Incomplete("content_filter".to_owned()),
        Some(other) => End::Incomplete(other.to_owned()),
    }
}

fn usage(step: &Step) -> Value {
    let small = [
        ("input_tokens", json!(11)),
        ("input_tokens_details", json!({ "cached_tokens": 0 })),
        ("output_tokens", json!(7)),
        ("output_tokens_details", json!({ "reasoning_tokens": 0 })),
    ];
    let mut usage: Map<String, Value> = small
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect();
    usage.extend(step.usage.clone());
    let count = |key: &str| usage.get(key).and_then(Value::as_u64).unwrap_or_default();
    let total = count("input_tokens") + count("output_tokens");
    usage.entry("total_tokens").or_insert_with(|| json!(total));
    Value::Object(usage)
}
