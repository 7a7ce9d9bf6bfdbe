//! Against lines that Claude Code 2.1.197 printed, shortened to the fields that say something.

use std::fmt::Write as _;

use super::*;
use crate::runtime::{TurnEnd, TurnOutcome, Usage};

fn told(lines: &str) -> String {
    let mut reader = ClaudeReader::default();
    let mut told = String::new();
    for line in lines.lines() {
        for event in reader.read(line.as_bytes()) {
            writeln!(told, "{event:?}").expect("a string takes all");
        }
    }
    told
}

fn read(lines: &[&str]) -> Vec<RunEvent> {
    let mut reader = ClaudeReader::default();
    lines
        .iter()
        .flat_map(|line| reader.read(line.as_bytes()))
        .collect()
}

#[test]
fn a_turn_with_thinking_a_tool_and_an_answer_is_told() {
    insta::assert_snapshot!(told(include_str!("fixtures/turn.ndjson")));
}

#[test]
fn both_gates_of_a_tool_call_ask() {
    insta::assert_snapshot!(told(include_str!("fixtures/asks.ndjson")));
}

#[test]
fn an_interrupt_in_the_text_stops_the_turn_and_keeps_what_was_said() {
    insta::assert_snapshot!(told(include_str!("fixtures/interrupt_text.ndjson")));
}

#[test]
fn an_interrupt_at_a_question_withdraws_it() {
    insta::assert_snapshot!(told(include_str!("fixtures/interrupt_ask.ndjson")));
}

#[test]
fn text_of_a_broken_stream_is_dropped_for_the_message_that_replaces_it() {
    insta::assert_snapshot!(told(include_str!("fixtures/cut_stream.ndjson")));
}

#[test]
fn a_sub_agent_uses_tools_but_says_nothing() {
    insta::assert_snapshot!(told(include_str!("fixtures/sub_agent.ndjson")));
}

#[test]
fn an_overloaded_service_is_retried_and_fails_the_turn_without_a_text() {
    insta::assert_snapshot!(told(include_str!("fixtures/failure.ndjson")));
}

#[test]
fn a_reader_that_begins_in_the_middle_understands_the_rest() {
    // Deltas of a message whose beginning was not seen are lost, the place of its next block may be
    // counted anew, and the conversation is named once more; all else is told as ever.
    let lasting = |events: &[RunEvent]| -> Vec<RunEvent> {
        let passing = |event: &RunEvent| {
            matches!(
                event,
                RunEvent::Text { .. } | RunEvent::TextDelta { .. } | RunEvent::SessionNamed(_)
            )
        };
        events
            .iter()
            .filter(|event| !passing(event))
            .cloned()
            .collect()
    };
    let lines: Vec<&str> = include_str!("fixtures/turn.ndjson").lines().collect();
    let whole = read(&lines);
    for skipped in 1..lines.len() {
        let before = read(&lines[..skipped]).len();
        let rest = read(&lines[skipped..]);
        assert_eq!(
            lasting(&rest),
            lasting(&whole[before..]),
            "after {skipped} lines"
        );
    }
}

#[test]
fn what_is_not_understood_is_skipped() {
    let nothing: Vec<RunEvent> = Vec::new();
    assert_eq!(
        read(&[
            "",
            "Warning: no stdin data received in 3s",
            "\u{0}\u{1}{",
            "[]",
            "null",
            "{\"type\":7}",
            "{\"type\":\"keep_alive\"}",
            "{\"type\":\"system\",\"subtype\":\"informational\"}",
            "{\"type\":\"assistant\"}",
            "{\"type\":\"assistant\",\"message\":{\"content\":\"text\"}}",
            "{\"type\":\"user\",\"isReplay\":true,\"uuid\":\"not-one\"}",
            "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\"}}",
            "{\"type\":\"control_request\",\"request_id\":\"1\",\"request\":{\"subtype\":\"mcp_message\"}}",
            "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"i-1\"}}",
        ]),
        nothing
    );
}

#[test]
fn a_refused_handshake_is_a_failed_start() {
    assert_eq!(
        read(&[
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"baton-handshake","error":"Already initialized"}}"#
        ]),
        [RunEvent::StartFailed {
            class: ErrorClass::BadStart,
            detail: "Already initialized".into(),
        }]
    );
}

#[test]
fn an_unknown_conversation_is_a_failed_start() {
    assert_eq!(
        read(&[
            r#"{"type":"result","subtype":"error_during_execution","duration_ms":0,"is_error":true,"num_turns":0,"stop_reason":null,"total_cost_usd":0,"errors":["No conversation found with session ID: 99999999-2222-4333-8444-555555555555"]}"#
        ]),
        [RunEvent::StartFailed {
            class: ErrorClass::UnknownConversation,
            detail: "No conversation found with session ID: 99999999-2222-4333-8444-555555555555"
                .into(),
        }]
    );
}

#[test]
fn limits_are_told_with_their_time() {
    assert_eq!(
        read(&[
            r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795258214,"rateLimitType":"seven_day"}}"#,
            r#"{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":1795258214,"utilization":0.93}}"#,
        ]),
        [
            RunEvent::Limit(Limit {
                refused: true,
                resets_at: Some(Millis::new(1_795_258_214_000)),
                used: None,
            }),
            RunEvent::Limit(Limit {
                refused: false,
                resets_at: Some(Millis::new(1_795_258_214_000)),
                used: Some(0.93),
            }),
        ]
    );
}

#[test]
fn a_turn_that_nobody_asked_for_ends_as_its_own() {
    assert_eq!(
        read(&[
            r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":18,"num_turns":1,"result":"noticed","total_cost_usd":0.00069,"usage":{"input_tokens":11,"output_tokens":7},"terminal_reason":"completed","origin":{"kind":"task-notification"}}"#
        ]),
        [RunEvent::OwnTurnEnded(TurnEnd {
            outcome: TurnOutcome::Answered("noticed".into()),
            usage: Usage {
                input: 11,
                output: 7
            },
            cost_total_microusd: 690,
            took: Duration::from_millis(18),
        })]
    );
}

#[test]
fn a_changed_conversation_is_named_once() {
    let init = |id: &str| format!(r#"{{"type":"system","subtype":"init","session_id":"{id}"}}"#);
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let lines = [one, one, two].map(|id| init(&id.to_string()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(
        read(&lines),
        [RunEvent::SessionNamed(one), RunEvent::SessionNamed(two)]
    );
}
