//! Against lines that Claude Code 2.1.197 printed, shortened to the fields that say something.

mod fuzz;

use std::fmt::Write as _;

use serde_json::json;

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
fn what_is_not_understood_is_counted_and_otherwise_skipped() {
    let unknown = [
        "",
        "Warning: no stdin data received in 3s",
        "\u{0}\u{1}{",
        "[]",
        "null",
        "{\"type\":7}",
        "{\"type\":\"keep_alive\"}",
        "{\"type\":\"system\",\"subtype\":\"informational\"}",
        "{\"type\":\"control_request\",\"request_id\":\"1\",\"request\":{\"subtype\":\"mcp_message\"}}",
    ];
    for line in unknown {
        assert_eq!(read(&[line]), [RunEvent::NotUnderstood], "{line}");
    }
    let nothing: Vec<RunEvent> = Vec::new();
    assert_eq!(
        read(&[
            "{\"type\":\"system\",\"subtype\":\"task_progress\"}",
            "{\"type\":\"assistant\"}",
            "{\"type\":\"assistant\",\"message\":{\"content\":\"text\"}}",
            "{\"type\":\"user\",\"isReplay\":true,\"uuid\":\"not-one\"}",
            "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\"}}",
            "{\"type\":\"stream_event\",\"parent_tool_use_id\":\"t\",\"event\":{\"type\":\"message_stop\"}}",
        ]),
        nothing
    );
}

#[test]
fn a_question_that_cannot_be_read_is_one_and_what_only_tells_is_read_as_far_as_it_can_be() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let half = r#""echo \ud800""#;
    for input in [half, deep.as_str()] {
        for (kind, request) in [
            (
                AskKind::Gate,
                format!(
                    r#"{{"subtype":"hook_callback","input":{{"tool_input":{{"command":{input}}}}}}}"#
                ),
            ),
            (
                AskKind::Permission,
                format!(r#"{{"input":{{"command":{input}}},"subtype":"can_use_tool"}}"#),
            ),
        ] {
            let line =
                format!(r#"{{"type":"control_request","request_id":"r-1","request":{request}}}"#);
            let [RunEvent::AskedUnreadably(ask)] = &read(&[&line])[..] else {
                panic!("{line}");
            };
            assert_eq!((ask.id.as_str(), ask.kind), ("r-1", kind));
            assert_eq!(
                (ask.tool.as_str(), &ask.input),
                ("", &serde_json::Value::Null)
            );
        }
        // What was denied stands at the end of the turn once more.
        let line = format!(
            r#"{{"type":"result","subtype":"success","result":"the \ud800 end","permission_denials":[{input}]}}"#
        );
        let [RunEvent::TurnEnded(end)] = &read(&[&line])[..] else {
            panic!("{line}");
        };
        assert_eq!(
            end.outcome,
            TurnOutcome::Answered("the \u{fffd} end".into())
        );
    }
    let other =
        r#"{"type":"control_request","request_id":"1","request":{"subtype":"x","y":"\ud800"}}"#;
    assert_eq!(read(&[other]), [RunEvent::NotUnderstood]);
}

#[test]
fn a_change_of_the_agent_is_answered_under_its_id() {
    let tuned = |request: &str, refusal: Option<&str>| RunEvent::Tuned {
        request: request.into(),
        refusal: refusal.map(str::to_owned),
    };
    assert_eq!(
        read(&[
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"t-1"}}"#,
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"t-2","error":"Cannot"}}"#,
        ]),
        [tuned("t-1", None), tuned("t-2", Some("Cannot"))]
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
                state: LimitState::Reached,
                window: Some("seven_day".to_owned()),
                resets_at: Some(Millis::new(1_795_258_214_000)),
                used: None,
            }),
            RunEvent::Limit(Limit {
                state: LimitState::Near,
                window: None,
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
            stopped: Vec::new(),
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

#[test]
fn what_goes_on_beside_the_turn_is_told_from_its_beginning_to_its_end() {
    let ended = |call: Option<&str>| RunEvent::TaskEnded {
        task: "b1".into(),
        call: call.map(str::to_owned),
    };
    assert_eq!(
        read(&[
            r#"{"type":"system","subtype":"task_started","task_id":"b1","tool_use_id":"t1","task_type":"local_bash"}"#,
            r#"{"type":"system","subtype":"task_updated","task_id":"b1","patch":{"status":"running"}}"#,
            r#"{"type":"system","subtype":"task_updated","task_id":"b1","patch":{"description":"x"}}"#,
            r#"{"type":"system","subtype":"task_updated","task_id":"b1","patch":{"status":"completed","end_time":1}}"#,
            r#"{"type":"system","subtype":"task_notification","task_id":"b1","tool_use_id":"t1","status":"completed"}"#,
        ]),
        [
            RunEvent::TaskBegan("b1".into()),
            ended(None),
            ended(Some("t1"))
        ]
    );
}

#[test]
fn a_time_that_was_set_goes_on_beside_the_turn_and_one_that_was_not_let_does_not() {
    let call = |id: &str, tool: &str| {
        format!(
            r#"{{"type":"assistant","message":{{"id":"m","content":[{{"type":"tool_use","id":"{id}","name":"{tool}","input":{{}}}}]}}}}"#
        )
    };
    let result = |id: &str, error: bool| {
        format!(
            r#"{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"{id}","is_error":{error}}}]}}}}"#
        )
    };
    let lines = [
        call("set", "CronCreate"),
        call("refused", "ScheduleWakeup"),
        call("other", "Bash"),
        result("set", false),
        result("refused", true),
        result("other", false),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut tasks = read(&lines);
    tasks.retain(|event| matches!(event, RunEvent::TaskBegan(_)));
    assert_eq!(tasks, [RunEvent::TaskBegan("set".into())]);
}

#[test]
fn a_call_that_the_program_refused_by_itself_is_told_from_one_that_failed() {
    let ends = |content: serde_json::Value, is_error: bool| {
        let line = json!({"type": "user", "message": {"content": [{"type": "tool_result",
            "tool_use_id": "t", "is_error": is_error, "content": content}]}});
        match read(&[&line.to_string()]).as_slice() {
            [RunEvent::ToolEnded { end, .. }] => *end,
            other => panic!("{other:?}"),
        }
    };
    for (content, end) in [
        (
            json!("<tool_use_error>Error: No such tool available: X</tool_use_error>"),
            ToolEnd::Refused,
        ),
        (
            json!("Permission to use Bash with command ls has been denied."),
            ToolEnd::Refused,
        ),
        (
            json!([{"type": "text", "text": "<tool_use_error>no</tool_use_error>"}]),
            ToolEnd::Refused,
        ),
        (
            json!("Exit code 1\nPermission to do that was denied"),
            ToolEnd::Failed,
        ),
        (json!(null), ToolEnd::Failed),
    ] {
        assert_eq!(ends(content.clone(), true), end, "{content}");
        assert_eq!(ends(content, false), ToolEnd::Done);
    }
}
