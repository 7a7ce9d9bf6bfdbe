//! What the lines of Claude Code mean.
//!
//! Lenient: what is not JSON, of an unknown type or without an expected field is skipped. Nothing
//! here may depend on having seen a process from its first line, because after a restart of the
//! server reading begins in the middle of the journal.

mod lenient;

use std::{collections::HashSet, path::PathBuf, time::Duration};

use serde_json::Value;
use uuid::Uuid;

use super::{
    outcome::{LogsIn, retry_class, start_failure, turn_end},
    say,
};
use crate::{
    clock::Millis,
    runtime::{Ask, AskKind, BlockId, ErrorClass, Limit, LimitState, Reader, RunEvent, ToolEnd},
};

/// The model name of lines that the program wrote itself.
const SYNTHETIC: &str = "<synthetic>";

/// What the program tells of itself that nobody here needs. Its states (`session_state_changed`) say nothing that is
/// not told in another line: that it works by the prompt that it takes up, that it is idle by the result before, and
/// that it waits for somebody by what it asks.
const UNTOLD: &[&str] = &[
    "compact_boundary",
    "hook_response",
    "hook_started",
    "model_fallback",
    "model_refusal_no_fallback",
    "session_state_changed",
    "status",
    "task_progress",
    "task_updated",
    "thinking_tokens",
];

/// What a task may be told to be without being over; "" is no news of that.
const ENDS_NOT: &[&str] = &["", "pending", "running"];

/// Tools that set a time at which the program begins a turn by itself.
const SETS_A_TIME: &[&str] = &["CronCreate", "ScheduleWakeup"];

/// Reads one process.
#[derive(Debug, Default)]
pub(super) struct ClaudeReader {
    /// The conversation's id as last heard.
    session: Option<Uuid>,
    /// The message that is being written.
    message: Message,
    /// The kind of error that the last assistant line named, until its turn ends.
    said: Option<String>,
    /// Calls that set a time, if they are let.
    sets_a_time: HashSet<String>,
    /// How it logs in, as the beginning of a turn tells.
    logs_in: LogsIn,
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
        match serde_json::from_slice::<Value>(line) {
            Ok(line) => self.line(&line, &mut events),
            Err(_) => self.odd_line(line, &mut events),
        }
        events
    }
}

impl ClaudeReader {
    /// A line that is not strictly JSON. A question must be answered all the same, or the agent waits for ever;
    /// its repaired input would not be what runs, so all that is handed on of it is that it was asked.
    fn odd_line(&mut self, line: &[u8], events: &mut Vec<RunEvent>) {
        if let Some(envelope) = lenient::envelope(line) {
            events.push(match kind_of(&envelope.request.subtype) {
                Some(kind) => RunEvent::AskedUnreadably(unreadable(kind, envelope.request_id)),
                None => RunEvent::NotUnderstood,
            });
        } else if let Some(line) = lenient::repaired(line) {
            self.line(&line, events);
        } else {
            events.push(RunEvent::NotUnderstood);
        }
    }

    fn line(&mut self, line: &Value, events: &mut Vec<RunEvent>) {
        let ours = line["parent_tool_use_id"].is_null();
        match text(line, "type") {
            "control_response" => events.extend(control_answer(&line["response"])),
            "control_request" => {
                events.push(asked(line).map_or(RunEvent::NotUnderstood, RunEvent::Asked));
            }
            "control_cancel_request" => {
                let id = text(line, "request_id").to_owned();
                events.push(RunEvent::AskWithdrawn(id));
            }
            "system" => self.system(line, events),
            "stream_event" if ours => self.stream(&line["event"], events),
            // A sub-agent's words are its caller's business.
            "stream_event" => {}
            "assistant" => self.assistant(line, ours, events),
            "user" => {
                user(line, events);
                self.times_set(events);
            }
            "rate_limit_event" => events.push(RunEvent::Limit(limit(&line["rate_limit_info"]))),
            "result" => self.result(line, events),
            _ => events.push(RunEvent::NotUnderstood),
        }
    }

    fn system(&mut self, line: &Value, events: &mut Vec<RunEvent>) {
        match text(line, "subtype") {
            "init" => {
                self.logs_in = match text(line, "apiKeySource") {
                    "" | "none" => LogsIn::ByLogin,
                    _ => LogsIn::ByKey,
                };
                let named = Uuid::try_parse(text(line, "session_id")).ok();
                if let Some(named) = named.filter(|named| self.session != Some(*named)) {
                    self.session = Some(named);
                    events.push(RunEvent::SessionNamed(named));
                }
            }
            "api_retry" => events.push(RunEvent::Retrying {
                attempt: number(line, "attempt"),
                class: retry_class(
                    line["error"].as_str(),
                    line["error_status"].as_u64(),
                    self.logs_in,
                ),
            }),
            "task_started" => events.push(RunEvent::TaskBegan(text(line, "task_id").to_owned())),
            // The second comes only where it brings the agent to go on.
            "task_updated" if !ENDS_NOT.contains(&text(&line["patch"], "status")) => {
                events.push(task_ended(line));
            }
            "task_notification" => events.push(task_ended(line)),
            subtype if UNTOLD.contains(&subtype) => {}
            _ => events.push(RunEvent::NotUnderstood),
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
                "tool_use" => {
                    let id = text(block, "id").to_owned();
                    if SETS_A_TIME.contains(&text(block, "name")) {
                        self.sets_a_time.insert(id.clone());
                    }
                    events.push(RunEvent::ToolStarted {
                        id,
                        parent: line["parent_tool_use_id"].as_str().map(str::to_owned),
                        tool: text(block, "name").to_owned(),
                        input: block["input"].clone(),
                    });
                }
                _ => {}
            }
        }
    }

    /// Notes the times that calls have set.
    fn times_set(&mut self, events: &mut Vec<RunEvent>) {
        let mut set = Vec::new();
        for event in events.iter() {
            if let RunEvent::ToolEnded { id, end } = event
                && self.sets_a_time.remove(id)
                && *end == ToolEnd::Done
            {
                set.push(RunEvent::TaskBegan(id.clone()));
            }
        }
        events.extend(set);
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

/// The answer to something that was asked of the program. Interrupts are answered by the end of their
/// turn too, and nobody waits for this one.
fn control_answer(response: &Value) -> Option<RunEvent> {
    let request = response["request_id"].as_str()?;
    if request != say::HANDSHAKE {
        let refusal =
            (response["subtype"] != "success").then(|| text(response, "error").to_owned());
        return Some(RunEvent::Tuned {
            request: request.to_owned(),
            refusal,
        });
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

/// At which gate a question of this kind stands.
fn kind_of(subtype: &str) -> Option<AskKind> {
    match subtype {
        "hook_callback" => Some(AskKind::Gate),
        "can_use_tool" => Some(AskKind::Permission),
        _ => None,
    }
}

/// A question of which nothing is known but that it was asked.
fn unreadable(kind: AskKind, id: String) -> Ask {
    Ask {
        id,
        kind,
        call: String::new(),
        sub_agent: None,
        tool: String::new(),
        input: Value::Null,
        directory: None,
        reason: None,
        unconfined: false,
    }
}

fn asked(line: &Value) -> Option<Ask> {
    let request = &line["request"];
    let kind = kind_of(text(request, "subtype"))?;
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let (input, call) = match kind {
        AskKind::Gate => (&request["input"], &request["input"]["tool_input"]),
        AskKind::Permission => (request, &request["input"]),
    };
    Some(Ask {
        id: text(line, "request_id").to_owned(),
        kind,
        call: text(input, "tool_use_id").to_owned(),
        sub_agent: word(&input["agent_type"]).or_else(|| word(&input["agent_id"])),
        tool: text(input, "tool_name").to_owned(),
        input: call.clone(),
        directory: word(&input["cwd"]).map(PathBuf::from),
        // That it stands behind the gate, or is asked for by rule, is Baton's own doing.
        reason: word(&input["decision_reason"]).filter(|_| {
            let by = text(input, "decision_reason_type");
            !matches!(by, "hook" | "rule")
        }),
        // It runs its tools in no sandbox that Baton uses.
        unconfined: false,
    })
}

fn task_ended(line: &Value) -> RunEvent {
    RunEvent::TaskEnded {
        task: text(line, "task_id").to_owned(),
        call: line["tool_use_id"].as_str().map(str::to_owned),
    }
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
                end: end_of_call(block),
            });
        }
    }
}

/// How the results of calls begin that the program has refused by itself, before any hook (seen with 2.1.197): what
/// it knows no tool for, or cannot take, and what its settings deny.
const REFUSED: &[&str] = &["<tool_use_error>", "Permission to "];

fn end_of_call(result: &Value) -> ToolEnd {
    if result["is_error"] != true {
        return ToolEnd::Done;
    }
    let content = &result["content"];
    let said = content.as_str().or_else(|| content[0]["text"].as_str());
    let is_refused = said.is_some_and(|said| REFUSED.iter().any(|by| said.starts_with(by)));
    if is_refused {
        ToolEnd::Refused
    } else {
        ToolEnd::Failed
    }
}

fn limit(info: &Value) -> Limit {
    Limit {
        state: match text(info, "status") {
            "rejected" => LimitState::Reached,
            "allowed_warning" => LimitState::Near,
            _ => LimitState::Open,
        },
        window: info["rateLimitType"].as_str().map(str::to_owned),
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
