//! What the items of a turn mean.

use serde_json::{Value, json};

use super::{super::asks, prompt_of};
use crate::runtime::{BlockId, RunEvent, ToolEnd};

pub(super) fn block(item: &Value) -> BlockId {
    BlockId {
        message: item.as_str().unwrap_or("").to_owned(),
        index: 0,
    }
}

pub(super) fn started(item: &Value) -> Vec<RunEvent> {
    match kind(item) {
        "userMessage" => prompt_of(item)
            .map(RunEvent::Acknowledged)
            .into_iter()
            .collect(),
        "reasoning" => vec![RunEvent::Thinking],
        // What is searched for is known at the end of a search.
        "agentMessage" | "plan" | "contextCompaction" | "webSearch" => Vec::new(),
        _ => begins(item).into_iter().collect(),
    }
}

pub(super) fn completed(item: &Value) -> Vec<RunEvent> {
    match kind(item) {
        "agentMessage" | "plan" => vec![RunEvent::Text {
            block: block(&item["id"]),
            text: item["text"].as_str().unwrap_or("").to_owned(),
        }],
        "userMessage" | "reasoning" | "contextCompaction" => Vec::new(),
        "webSearch" => begins(item).into_iter().chain([ends(item)]).collect(),
        _ if call(item).is_some() => vec![ends(item)],
        _ => Vec::new(),
    }
}

fn begins(item: &Value) -> Option<RunEvent> {
    let (tool, input) = call(item)?;
    Some(RunEvent::ToolStarted {
        id: id(item),
        parent: None,
        tool,
        input,
    })
}

fn ends(item: &Value) -> RunEvent {
    RunEvent::ToolEnded {
        id: id(item),
        end: end(item),
    }
}

fn kind(item: &Value) -> &str {
    item["type"].as_str().unwrap_or("")
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap_or("").to_owned()
}

/// The tool and the input of an item that is a call, in the words in which rules name them.
fn call(item: &Value) -> Option<(String, Value)> {
    let text = |key: &str| item[key].as_str().unwrap_or("");
    Some(match kind(item) {
        "commandExecution" => ("Bash".to_owned(), asks::command(item)),
        "fileChange" => ("Patch".to_owned(), asks::patch(item)),
        "mcpToolCall" => (
            format!("mcp__{}__{}", text("server"), text("tool")),
            item["arguments"].clone(),
        ),
        "dynamicToolCall" => (text("tool").to_owned(), item["arguments"].clone()),
        "webSearch" => ("WebSearch".to_owned(), json!({"query": item["query"]})),
        "imageView" => ("Read".to_owned(), json!({"file_path": item["path"]})),
        "imageGeneration" => ("ImageGeneration".to_owned(), Value::Null),
        "collabAgentToolCall" => ("Agent".to_owned(), json!({"prompt": item["prompt"]})),
        _ => return None,
    })
}

fn end(item: &Value) -> ToolEnd {
    match item["status"].as_str() {
        Some("failed" | "declined") => ToolEnd::Failed,
        _ => ToolEnd::Done,
    }
}
