//! Whatever a process writes, reading it ends, and what is not known is counted.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::ClaudeReader;
use crate::runtime::{Reader as _, RunEvent};

/// Lines as the program writes them, of every kind that is read, and of some that are not.
fn lines() -> Vec<Value> {
    let usage = json!({"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 5});
    vec![
        json!({"type": "control_response", "response": {"subtype": "success",
            "request_id": "baton-handshake", "response": {"commands": [], "pid": 7}}}),
        json!({"type": "control_response", "response": {"subtype": "error", "request_id": "t-1",
            "error": "Cannot set permission mode"}}),
        json!({"type": "control_request", "request_id": "r-1", "request": {"subtype": "hook_callback",
            "input": {"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "toolu_1"}}}),
        json!({"type": "control_request", "request_id": "r-2", "request": {"subtype": "can_use_tool",
            "tool_name": "Write", "input": {"file_path": "/a"}, "decision_reason_type": "workingDir"}}),
        json!({"type": "control_cancel_request", "request_id": "r-2"}),
        json!({"type": "system", "subtype": "init", "session_id": "8f14e45f-ceea-467f-a0e6-1b1cbeefcafe",
            "tools": ["Bash"], "model": "opus"}),
        json!({"type": "system", "subtype": "api_retry", "attempt": 2, "error": "overloaded",
            "error_status": 529}),
        json!({"type": "stream_event", "parent_tool_use_id": null,
            "event": {"type": "message_start", "message": {"id": "msg_1", "usage": usage}}}),
        json!({"type": "stream_event", "parent_tool_use_id": null, "event": {"type": "content_block_start",
            "index": 0, "content_block": {"type": "text", "text": ""}}}),
        json!({"type": "stream_event", "parent_tool_use_id": null, "event": {"type": "content_block_delta",
            "index": 0, "delta": {"type": "text_delta", "text": "Hel"}}}),
        json!({"type": "stream_event", "parent_tool_use_id": null,
            "event": {"type": "content_block_stop", "index": 0}}),
        json!({"type": "user", "isReplay": true, "uuid": "00000000-0000-0000-0000-000000000007",
            "message": {"role": "user", "content": "hello"}}),
        json!({"type": "assistant", "parent_tool_use_id": null, "message": {"id": "msg_1",
            "content": [{"type": "text", "text": "Hello"}]}}),
        json!({"type": "assistant", "parent_tool_use_id": "toolu_1", "subagent_type": "explore",
            "message": {"id": "msg_2", "content": [{"type": "tool_use", "id": "toolu_2", "name": "Read",
            "input": {"file_path": "/a"}}]}}),
        json!({"type": "assistant", "error": "rate_limit", "message": {"model": "<synthetic>",
            "content": [{"type": "text", "text": "You have hit your limit"}]}}),
        json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "toolu_2",
            "is_error": true, "content": "no"}]}}),
        json!({"type": "rate_limit_event", "rate_limit_info": {"status": "rejected",
            "resetsAt": 1_795_000_000, "utilization": 0.93}}),
        json!({"type": "result", "subtype": "success", "is_error": false, "result": "Hello",
            "usage": usage, "total_cost_usd": 0.25, "duration_ms": 12, "terminal_reason": "done"}),
        json!({"type": "result", "subtype": "error_during_execution", "is_error": true,
            "errors": ["No conversation found with session ID: x"]}),
        json!({"type": "something_new", "of": [1, 2]}),
    ]
}

/// Values of every kind, with numbers at the ends of what fits.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("text"),
            Just("tool_use"),
            Just("tool_result"),
            Just("result"),
            Just("init")
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,12}", inner), 0..4)
                .prop_map(|all| Value::Object(Map::from_iter(all))),
        ]
    })
}

/// Puts something else in the stead of one of the values below, or takes it out.
fn spoil(value: &mut Value, at: usize, by: Option<&Value>) {
    let found = match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members
                .keys()
                .nth(at % members.len())
                .cloned()
                .unwrap_or_default();
            if at.is_multiple_of(3) {
                match by {
                    Some(by) => members.insert(name, by.clone()),
                    None => members.remove(&name),
                };
                return;
            }
            members.get_mut(&name)
        }
        Value::Array(items) if !items.is_empty() => {
            let place = at % items.len();
            items.get_mut(place)
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => None,
    };
    match (found, by) {
        (Some(found), _) => spoil(found, at / 3, by),
        (None, Some(by)) => *value = by.clone(),
        (None, None) => {}
    }
}

fn read(lines: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<RunEvent>> {
    let mut reader = ClaudeReader::default();
    lines.into_iter().map(|line| reader.read(&line)).collect()
}

#[test]
fn what_is_shown_here_is_understood_but_for_the_last() {
    let told = read(lines().iter().map(|line| line.to_string().into_bytes()));
    let unknown: Vec<usize> = (0..told.len())
        .filter(|at| told[*at].contains(&RunEvent::NotUnderstood))
        .collect();
    assert_eq!(unknown, [told.len() - 1]);
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(garbage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8)) {
        for (line, events) in garbage.iter().zip(read(garbage.clone())) {
            if serde_json::from_slice::<Value>(line).is_err() {
                prop_assert_eq!(events, [RunEvent::NotUnderstood]);
            }
        }
    }

    #[test]
    fn no_json_is_too_much(any in prop::collection::vec(values(), 1..6)) {
        read(any.iter().map(|value| value.to_string().into_bytes()));
    }

    #[test]
    fn no_kind_of_line_is_too_much(
        kind in "[a-z_]{1,16}", body in values(), subtype in prop::option::of("[a-z_]{1,16}"),
    ) {
        let known = lines().iter().any(|line| line["type"] == kind.as_str()) && kind != "something_new";
        let line = json!({"type": kind, "subtype": subtype, "event": body, "message": body, "request": body,
            "response": body, "rate_limit_info": body, "errors": body, "usage": body});
        let told = read([line.to_string().into_bytes()]);
        if !known {
            prop_assert_eq!(told, [[RunEvent::NotUnderstood]]);
        }
    }

    #[test]
    fn lines_that_look_real_may_be_wrong_in_any_place(
        order in prop::collection::vec((0..20_usize, any::<usize>(), prop::option::of(values())), 1..30),
    ) {
        let lines = lines();
        read(order.into_iter().map(|(which, at, by)| {
            let mut line = lines[which].clone();
            spoil(&mut line, at, by.as_ref());
            line.to_string().into_bytes()
        }));
    }

    #[test]
    fn lines_that_look_real_may_be_cut_or_flipped_anywhere(
        which in 0..20_usize, cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let mut line = lines()[which].to_string().into_bytes();
        let at = at.index(line.len());
        line[at] = byte;
        let shorter = line[..cut.index(line.len())].to_vec();
        read([line, shorter]);
    }
}
