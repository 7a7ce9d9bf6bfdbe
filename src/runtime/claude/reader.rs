//! What the lines of Claude Code mean.
//!
//! Lenient: what is not JSON, of an unknown type or without an expected field is skipped. Nothing
//! here may depend on having seen a process from its first line, because after a restart of the
//! server reading begins in the middle of the journal.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{
    outcome::{retry_class, start_failure, turn_end},
    say,
};
use crate::{
    clock::Millis,
    runtime::{Ask, AskKind, BlockId, ErrorClass, Limit, Reader, RunEvent, ToolEnd},
};

/// The model name of lines that the program wrote itself.
const SYNTHETIC: &str = "<synthetic>";

/// Reads one process.
#[derive(Debug, Default)]
pub(super) struct ClaudeReader {
    /// The conversation's id as last heard.
    session: Option<Uuid>,
    /// The message that is being written.
    message: Message,
    /// The kind of error that the last assistant line named, until its turn ends.
    said: Option<String>,
}

/// Where the message stands that is being written. A finished block comes as a line without its
/// place, before the stream says that the block is over.
#[derive(Debug, Default)]
struct Message {
    id: String,
    /// The place of the next block, if the stream does not say.
    next: u32,
    /// The block that the stream has begun.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    index: u32,
    /// Whether text of it was handed on.
    shown: bool,
}

impl Reader for ClaudeReader {
    fn read(&mut self, line: &[u8]) -> Vec<RunEvent> {
        let mut events = Vec::new();
        if let Ok(line) = serde_json::from_slice::<Value>(line) {
            self.line(&line, &mut events);
        }
        events
    }
}

impl ClaudeReader {
    fn line(&mut self, line: &Value, events: &mut Vec<RunEvent>) {
        let ours = line["parent_tool_use_id"].is_null();
        match text(line, "type") {
            "control_response" => events.extend(handshake_answer(&line["response"])),
            "control_request" => events.extend(asked(line).map(RunEvent::Asked)),
            "control_cancel_request" => {
                let id = text(line, "request_id").to_owned();
                events.push(RunEvent::AskWithdrawn(id));
            }
            "system" => self.system(line, events),
            "stream_event" if ours => self.stream(&line["event"], events),
            "assistant" => self.assistant(line, ours, events),
            "user" => user(line, events),
            "rate_limit_event" => events.push(RunEvent::Limit(limit(&line["rate_limit_info"]))),
            "result" => self.result(line, events),
            _ => {}
        }
    }

    fn system(&mut self, line: &Value, events: &mut Vec<RunEvent>) {
        match text(line, "subtype") {
            "init" => {
                let named = Uuid::try_parse(text(line, "session_id")).ok();
                if let Some(named) = named.filter(|named| self.session != Some(*named)) {
                    self.session = Some(named);
                    events.push(RunEvent::SessionNamed(named));
                }
            }
            "api_retry" => events.push(RunEvent::Retrying {
                attempt: number(line, "attempt"),
                class: retry_class(line["error"].as_str(), line["error_status"].as_u64()),
            }),
            _ => {}
        }
    }

    fn stream(&mut self, event: &Value, events: &mut Vec<RunEvent>) {
        match text(event, "type") {
            "message_start" => self.turn_to(text(&event["message"], "id"), events),
            "content_block_start" => {
                self.message.open = Some(Open {
                    index: number(event, "index"),
                    shown: false,
                });
                if event["content_block"]["type"] == "thinking" {
                    events.push(RunEvent::Thinking);
                }
            }
            // Reading may have begun in the middle of a message; its finished blocks still come.
            "content_block_delta" if self.message.id.is_empty() => {}
            "content_block_delta" if event["delta"]["type"] == "text_delta" => {
                let index = number(event, "index");
                let open = Open { index, shown: true };
                self.message.open = Some(open);
                events.push(RunEvent::TextDelta {
                    block: self.block(index),
                    text: text(&event["delta"], "text").to_owned(),
                });
            }
            _ => {}
        }
    }

    /// Another message begins; what was shown of an unfinished block of the last one is void.
    fn turn_to(&mut self, id: &str, events: &mut Vec<RunEvent>) {
        if self.message.id == id {
            return;
        }
        if let Some(Open { index, shown: true }) = self.message.open {
            events.push(RunEvent::TextDropped(self.block(index)));
        }
        self.message = Message {
            id: id.to_owned(),
            ..Message::default()
        };
    }

    fn block(&self, index: u32) -> BlockId {
        BlockId {
            message: self.message.id.clone(),
            index,
        }
    }

    fn assistant(&mut self, line: &Value, ours: bool, events: &mut Vec<RunEvent>) {
        let message = &line["message"];
        if let Some(kind) = line["error"].as_str() {
            self.said = Some(kind.to_owned());
        }
        // An error in the guise of an answer; its words come with the result.
        if message["model"] == SYNTHETIC {
            return;
        }
        if ours {
            self.turn_to(text(message, "id"), events);
        }
        for block in message["content"].as_array().into_iter().flatten() {
            let index = if ours { self.finished() } else { 0 };
            match text(block, "type") {
                "text" if ours => events.push(RunEvent::Text {
                    block: self.block(index),
                    text: text(block, "text").to_owned(),
                }),
                "tool_use" => events.push(RunEvent::ToolStarted {
                    id: text(block, "id").to_owned(),
                    tool: text(block, "name").to_owned(),
                    input: block["input"].clone(),
                }),
                _ => {}
            }
        }
    }

    /// The place of the block that a line has just brought.
    fn finished(&mut self) -> u32 {
        let open = self.message.open.take();
        let index = open.map_or(self.message.next, |open| open.index);
        self.message.next = index.saturating_add(1);
        index
    }

    fn result(&mut self, line: &Value, events: &mut Vec<RunEvent>) {
        let said = self.said.take();
        // What an interrupt cut off has had its line before; what a failure cut off has not.
        self.turn_to("", events);
        if let Some((class, detail)) = start_failure(line) {
            events.push(RunEvent::StartFailed { class, detail });
            return;
        }
        let end = turn_end(line, said.as_deref());
        events.push(if line["origin"].is_null() {
            RunEvent::TurnEnded(end)
        } else {
            RunEvent::OwnTurnEnded(end)
        });
    }
}

/// Only the handshake's answer says something; interrupts are answered by the end of their turn.
fn handshake_answer(response: &Value) -> Option<RunEvent> {
    if response["request_id"] != say::HANDSHAKE {
        return None;
    }
    Some(if response["subtype"] == "success" {
        RunEvent::Ready
    } else {
        RunEvent::StartFailed {
            class: ErrorClass::BadStart,
            detail: text(response, "error").to_owned(),
        }
    })
}

fn asked(line: &Value) -> Option<Ask> {
    let request = &line["request"];
    let (kind, tool, input) = match text(request, "subtype") {
        "hook_callback" => (
            AskKind::Gate,
            &request["input"]["tool_name"],
            &request["input"]["tool_input"],
        ),
        "can_use_tool" => (
            AskKind::Permission,
            &request["tool_name"],
            &request["input"],
        ),
        _ => return None,
    };
    Some(Ask {
        id: text(line, "request_id").to_owned(),
        kind,
        tool: tool.as_str().unwrap_or("").to_owned(),
        input: input.clone(),
    })
}

fn user(line: &Value, events: &mut Vec<RunEvent>) {
    if line["isReplay"] == true {
        let prompt = Uuid::try_parse(text(line, "uuid")).ok();
        events.extend(prompt.map(RunEvent::Acknowledged));
        return;
    }
    for block in line["message"]["content"].as_array().into_iter().flatten() {
        if block["type"] == "tool_result" {
            events.push(RunEvent::ToolEnded {
                id: text(block, "tool_use_id").to_owned(),
                end: if block["is_error"] == true {
                    ToolEnd::Failed
                } else {
                    ToolEnd::Done
                },
            });
        }
    }
}

fn limit(info: &Value) -> Limit {
    Limit {
        refused: info["status"] == "rejected",
        resets_at: info["resetsAt"]
            .as_u64()
            .map(|seconds| Millis::new(0).after(Duration::from_secs(seconds))),
        used: info["utilization"].as_f64(),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

fn number(value: &Value, key: &str) -> u32 {
    let number = value[key].as_u64().unwrap_or(0);
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
