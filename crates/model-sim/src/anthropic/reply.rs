//! A step as a Messages API reply.

use serde_json::{Map, Value, json};

use super::block::Block;
use super::tool;
use crate::ids::new_id;
use crate::pace;
use crate::play::Act;
use crate::script::Step;

/// The reply as one JSON object.
pub(crate) fn whole(model: &str, step: &Step) -> Value {
    let mut message = envelope(model, &usage(step));
    message["content"] = blocks(step).iter().map(Block::whole).collect();
    message["stop_reason"] = json!(stop_reason(step));
    message
}

/// The reply as a stream of events.
pub(crate) fn acts(model: &str, step: &Step) -> Vec<Act> {
    let mut usage_so_far = usage(step);
    usage_so_far.insert("output_tokens".to_owned(), json!(1));
    let mut acts = vec![
        Act::Event(json!({ "type": "message_start", "message": envelope(model, &usage_so_far) })),
        Act::Event(json!({ "type": "ping" })),
    ];
    if let Some(error) = &step.sse_error {
        acts.push(Act::Event(json!({ "type": "error", "error": error })));
        return acts;
    }
    let blocks = blocks(step);
    if !blocks.iter().any(|block| matches!(block, Block::Text(_))) {
        // There will be no text delta after which these could come.
        acts.extend(pace::no_text(step));
    }
    for (index, block) in blocks.iter().enumerate() {
        let start = json!({ "type": "content_block_start", "index": index, "content_block": block.opening() });
        acts.push(Act::Event(start));
        acts.extend(filling(step, index, block));
        acts.push(Act::Event(
            json!({ "type": "content_block_stop", "index": index }),
        ));
    }
    let delta = json!({ "stop_reason": stop_reason(step), "stop_sequence": null });
    acts.push(Act::Event(
        json!({ "type": "message_delta", "delta": delta, "usage": usage(step) }),
    ));
    acts.push(Act::Event(json!({ "type": "message_stop" })));
    acts
}

/// The deltas of a block; those of a text when the step wants them.
fn filling(step: &Step, index: usize, block: &Block) -> Vec<Act> {
    let event = |delta| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let deltas = block.deltas(step).into_iter().map(event);
    match block {
        Block::Text(_) => pace::text(step, deltas.collect()),
        Block::Thinking(_) | Block::ToolUse { .. } => deltas.map(Act::Event).collect(),
    }
}

fn blocks(step: &Step) -> Vec<Block> {
    let thinking = step.thinking.clone().map(Block::Thinking);
    let text = step
        .text
        .clone()
        .filter(|text| !text.is_empty())
        .map(Block::Text);
    let calls = step.calls(tool::of).into_iter().map(Block::tool_use);
    let blocks: Vec<Block> = thinking.into_iter().chain(text).chain(calls).collect();
    // The CLIs take a reply without content for a broken one.
    if blocks.is_empty() {
        vec![Block::Text("(empty)".to_owned())]
    } else {
        blocks
    }
}

fn stop_reason(step: &Step) -> &str {
    let usual = if step.calls(tool::of).is_empty() {
        "end_turn"
    } else {
        "tool_use"
    };
    step.stop_reason.as_deref().unwrap_or(usual)
}

fn usage(step: &Step) -> Map<String, Value> {
    let small = [
        ("input_tokens", json!(11)),
        ("cache_creation_input_tokens", json!(0)),
        ("cache_read_input_tokens", json!(0)),
        ("output_tokens", json!(7)),
        ("service_tier", json!("standard")),
    ];
    let mut usage: Map<String, Value> = small
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect();
    usage.extend(step.usage.clone());
    usage
}

fn envelope(model: &str, usage: &Map<String, Value>) -> Value {
    json!({
        "id": new_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage,
    })
}
