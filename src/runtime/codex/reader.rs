//! What the lines of a session mean: the hub's own words, and what Codex tells of its thread.
//!
//! Lenient: what is not JSON, of an unknown kind or without an expected field is skipped. Nothing here may depend
//! on having seen a session from its first line, because after a restart of the server reading begins in the middle
//! of the journal.

mod items;

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{
    asks,
    outcome::{class_of, refusal, turn_end},
    wire::{Refusal, Word},
};
use crate::{
    clock::Millis,
    runtime::{
        BlockId, ErrorClass, Limit, LimitState, Reader, RunEvent, ToolEnd, TurnEnd, TurnOutcome,
        Usage,
    },
};

/// From which part of a limit on it is near. The program itself says nothing of that.
const NEAR: f64 = 0.9;

/// Reads one session.
#[derive(Debug, Default)]
pub(super) struct CodexReader {
    /// The last message of the agent in this turn.
    words: String,
    /// What it proposes to do, which Codex takes out of its message.
    plan: String,
    /// Why the turn fails, as it said before its end.
    failed: Option<Value>,
    /// How long the service was out of reach when the turn was stopped for that, in seconds.
    out_of_reach: Option<u64>,
    /// The message that is being written, if something of it was handed on.
    open: Option<BlockId>,
    /// How often the service was asked anew in this turn.
    attempts: u32,
    usage: Usage,
    /// What the system said to each command that the sandbox has stopped at once.
    stopped: Vec<String>,
}

impl Reader for CodexReader {
    fn read(&mut self, line: &[u8]) -> Vec<RunEvent> {
        let Ok(line) = serde_json::from_slice::<Value>(line) else {
            return vec![RunEvent::NotUnderstood];
        };
        if line["baton"].is_string() {
            return match serde_json::from_value::<Word>(line) {
                Ok(word) => self.word(word),
                Err(_) => vec![RunEvent::NotUnderstood],
            };
        }
        self.told(line["method"].as_str().unwrap_or(""), &line["params"])
    }
}

impl CodexReader {
    /// What the hub itself says.
    fn word(&mut self, word: Word) -> Vec<RunEvent> {
        match word {
            Word::Ready { thread } => vec![RunEvent::SessionNamed(thread), RunEvent::Ready],
            Word::Refused { why, detail } => {
                let class = match why {
                    Refusal::LoginNeeded => ErrorClass::LoginNeeded,
                    Refusal::UnknownThread => ErrorClass::UnknownConversation,
                    Refusal::Other => ErrorClass::BadStart,
                };
                vec![RunEvent::StartFailed { class, detail }]
            }
            Word::Tuned { request, refusal } => vec![RunEvent::Tuned { request, refusal }],
            Word::NotBegun { detail } => {
                let error = serde_json::json!({"message": detail});
                let turn = serde_json::json!({"status": "failed", "error": error});
                vec![RunEvent::TurnEnded(self.end(&turn))]
            }
            Word::Failed { call, said } => {
                self.stopped.extend(said);
                let end = ToolEnd::Failed;
                vec![RunEvent::ToolEnded { id: call, end }]
            }
            Word::Ends { why } => {
                let mut end = self.end(&Value::Null);
                end.outcome = TurnOutcome::Failed {
                    class: ErrorClass::EndedForAnother,
                    detail: why,
                };
                vec![RunEvent::TurnEnded(end)]
            }
            Word::Limits { limits } => limits_of(&limits),
            Word::OutOfReach { seconds } => {
                self.out_of_reach = Some(seconds);
                Vec::new()
            }
            // Of the account, on other connections.
            Word::Models { .. }
            | Word::Code { .. }
            | Word::LoggedIn { .. }
            | Word::InVain { .. } => Vec::new(),
            Word::Ask {
                ask,
                method,
                params,
                item,
                unconfined,
            } => vec![RunEvent::Asked(asks::read(
                ask,
                &method,
                &params,
                item.as_ref(),
                unconfined,
            ))],
        }
    }

    /// What Codex tells.
    fn told(&mut self, method: &str, params: &Value) -> Vec<RunEvent> {
        match method {
            "item/started" => {
                let mut events = self.cut_off();
                events.extend(items::started(&params["item"]));
                events
            }
            "item/completed" => self.completed(&params["item"]),
            "item/agentMessage/delta" => {
                let block = items::block(&params["itemId"]);
                self.open = Some(block.clone());
                let text = params["delta"].as_str().unwrap_or("").to_owned();
                vec![RunEvent::TextDelta { block, text }]
            }
            "error" => self.troubled(params),
            "thread/tokenUsage/updated" => {
                self.count(&params["tokenUsage"]["last"]);
                Vec::new()
            }
            "serverRequest/resolved" => {
                vec![RunEvent::AskWithdrawn(params["requestId"].to_string())]
            }
            "turn/completed" => vec![RunEvent::TurnEnded(self.end(&params["turn"]))],
            _ => vec![RunEvent::NotUnderstood],
        }
    }

    fn completed(&mut self, item: &Value) -> Vec<RunEvent> {
        let text = item["text"].as_str().unwrap_or("");
        if item["type"] == "agentMessage" {
            text.clone_into(&mut self.words);
            self.open = None;
        }
        if item["type"] == "plan" {
            text.clone_into(&mut self.plan);
        }
        // One that has taken a moment to fail is told of like any other.
        if item["type"] == "commandExecution" && item["status"] == "failed" {
            let said = item["aggregatedOutput"].as_str().and_then(refusal);
            self.stopped.extend(said.map(str::to_owned));
        }
        items::completed(item)
    }

    fn troubled(&mut self, params: &Value) -> Vec<RunEvent> {
        let error = &params["error"];
        if params["willRetry"] != true {
            self.failed = Some(error.clone());
            return Vec::new();
        }
        self.attempts += 1;
        let mut events = self.cut_off();
        events.push(RunEvent::Retrying {
            attempt: self.attempts,
            class: class_of(error),
        });
        events
    }

    /// What was handed on of a message that will not be finished is void: its stream broke off, or another message
    /// has joined the turn.
    fn cut_off(&mut self) -> Vec<RunEvent> {
        self.open
            .take()
            .map(RunEvent::TextDropped)
            .into_iter()
            .collect()
    }

    fn count(&mut self, last: &Value) {
        let count = |name: &str| last[name].as_u64().unwrap_or(0);
        self.usage.input = self.usage.input.saturating_add(count("inputTokens"));
        self.usage.output = self.usage.output.saturating_add(count("outputTokens"));
    }

    /// A turn has ended, and what is known of it is the next one's no more.
    fn end(&mut self, turn: &Value) -> TurnEnd {
        let over = std::mem::take(self);
        let told = |kind: &str| {
            let items = turn["items"].as_array()?;
            let last = items.iter().rev().find(|item| item["type"] == kind)?;
            last["text"].as_str()
        };
        let words = told("agentMessage").unwrap_or(&over.words).trim_end();
        let plan = told("plan").unwrap_or(&over.plan).trim();
        let all = [words, plan].into_iter().filter(|text| !text.is_empty());
        let all = all.collect::<Vec<_>>().join("\n\n");
        let mut end = turn_end(turn, &all, over.failed.as_ref(), over.usage);
        end.stopped = over.stopped;
        if let (TurnOutcome::Stopped, Some(seconds)) = (&end.outcome, over.out_of_reach) {
            let span = humantime::format_duration(Duration::from_secs(seconds));
            end.outcome = TurnOutcome::Failed {
                class: ErrorClass::Unreachable,
                detail: format!("its service was not reached for {span}"),
            };
        }
        end
    }
}

/// The limits of an account: a primary one of hours and a secondary one of days.
fn limits_of(limits: &Value) -> Vec<RunEvent> {
    let reached = !limits["rateLimitReachedType"].is_null();
    let windows: Vec<&Value> = ["primary", "secondary"]
        .iter()
        .map(|name| &limits[*name])
        .filter(|window| window.is_object())
        .collect();
    let fullest = windows
        .iter()
        .map(|window| used(window))
        .fold(0.0, f64::max);
    windows
        .iter()
        .map(|window| RunEvent::Limit(limit(window, reached && used(window) >= fullest)))
        .collect()
}

/// How much of a limit is used, 0 to 1.
fn used(window: &Value) -> f64 {
    window["usedPercent"].as_f64().unwrap_or(0.0) / 100.0
}

fn limit(window: &Value, is_named: bool) -> Limit {
    let used = used(window);
    let minutes = window["windowDurationMins"].as_u64();
    Limit {
        state: if is_named || used >= 1.0 {
            LimitState::Reached
        } else if used >= NEAR {
            LimitState::Near
        } else {
            LimitState::Open
        },
        window: minutes.map(|minutes| match minutes {
            300 => "five_hour".to_owned(),
            10_080 => "seven_day".to_owned(),
            0..60 => format!("{minutes}m"),
            60..1440 => format!("{}h", minutes / 60),
            _ => format!("{}d", minutes / 1440),
        }),
        resets_at: window["resetsAt"]
            .as_u64()
            .map(|seconds| Millis::new(0).after(Duration::from_secs(seconds))),
        used: Some(used),
    }
}

/// The id of a prompt, if an item is the message that gave it.
fn prompt_of(item: &Value) -> Option<Uuid> {
    Uuid::try_parse(item["clientId"].as_str()?).ok()
}

#[cfg(test)]
mod tests;
