//! What the lines of a session mean.

use serde_json::json;

use super::*;
use crate::runtime::{Ask, AskKind, ToolEnd};

fn read(lines: &[Value]) -> Vec<RunEvent> {
    let mut reader = CodexReader::default();
    let lines = lines.iter().map(ToString::to_string);
    lines
        .flat_map(|line| reader.read(line.as_bytes()))
        .collect()
}

fn told(method: &str, params: impl Into<Value>) -> Value {
    let params: Value = params.into();
    json!({"method": method, "params": params})
}

fn end_of(events: &[RunEvent]) -> &TurnEnd {
    match events.last() {
        Some(RunEvent::TurnEnded(end)) => end,
        other => panic!("no end: {other:?}"),
    }
}

#[test]
fn a_turn_is_told_from_its_prompt_to_its_answer() {
    let id = Uuid::from_u128(1);
    let message = json!({"type": "agentMessage", "id": "m", "text": "Hello."});
    let last = json!({"last": {"inputTokens": 11, "outputTokens": 7}});
    let events = read(&[
        told(
            "item/started",
            json!({"item": {"type": "userMessage", "clientId": id}}),
        ),
        told(
            "item/completed",
            json!({"item": {"type": "userMessage", "clientId": id}}),
        ),
        told(
            "item/started",
            json!({"item": {"type": "reasoning", "id": "r"}}),
        ),
        told(
            "item/started",
            json!({"item": {"type": "agentMessage", "id": "m", "text": ""}}),
        ),
        told(
            "item/agentMessage/delta",
            json!({"itemId": "m", "delta": "Hel"}),
        ),
        told("item/completed", json!({"item": message})),
        told("thread/tokenUsage/updated", json!({"tokenUsage": last})),
        told("thread/tokenUsage/updated", json!({"tokenUsage": last})),
        told(
            "turn/completed",
            json!({"turn": {"status": "completed", "items": [message], "durationMs": 262}}),
        ),
    ]);
    let block = BlockId {
        message: "m".into(),
        index: 0,
    };
    let usage = Usage {
        input: 22,
        output: 14,
    };
    let end = TurnEnd {
        outcome: TurnOutcome::Answered("Hello.".into()),
        usage,
        cost_total_microusd: 0,
        took: Duration::from_millis(262),
        stopped: Vec::new(),
    };
    assert_eq!(
        events,
        [
            RunEvent::Acknowledged(id),
            RunEvent::Thinking,
            RunEvent::TextDelta {
                block: block.clone(),
                text: "Hel".into()
            },
            RunEvent::Text {
                block,
                text: "Hello.".into()
            },
            RunEvent::TurnEnded(end),
        ]
    );
}

#[test]
fn a_command_is_told_by_its_script_and_asked_about_with_it() {
    let command = "/bin/bash -lc 'touch x'";
    let item = |status: &str| json!({"type": "commandExecution", "id": "c", "command": command, "status": status});
    let ask = |unconfined: bool| {
        json!({"baton": "ask", "ask": "3", "method": "item/commandExecution/requestApproval",
        "params": {"itemId": "c", "command": command, "cwd": "/srv/app", "reason": "why not"}, "item": null,
        "unconfined": unconfined})
    };
    let input = json!({"command": "touch x"});
    for (unconfined, reason) in [(false, None), (true, Some("why not".to_owned()))] {
        let events = read(&[
            told("item/started", json!({"item": item("inProgress")})),
            ask(unconfined),
            told("serverRequest/resolved", json!({"requestId": 3})),
            told("item/completed", json!({"item": item("declined")})),
        ]);
        let asked = Ask {
            id: "3".into(),
            kind: AskKind::Permission,
            call: "c".into(),
            sub_agent: None,
            tool: "Bash".into(),
            input: input.clone(),
            directory: Some("/srv/app".into()),
            reason,
            unconfined,
        };
        let started = RunEvent::ToolStarted {
            id: "c".into(),
            parent: None,
            tool: "Bash".into(),
            input: input.clone(),
        };
        let ended = RunEvent::ToolEnded {
            id: "c".into(),
            end: ToolEnd::Failed,
        };
        let withdrawn = RunEvent::AskWithdrawn("3".into());
        assert_eq!(events, [started, RunEvent::Asked(asked), withdrawn, ended]);
    }
}

#[test]
fn a_patch_is_asked_about_with_all_its_changes() {
    let changes = json!([
        {"path": "/srv/app/a", "kind": {"type": "add"}, "diff": "x\n"},
        {"path": "/srv/app/b", "kind": {"type": "update", "move_path": "/srv/app/c"}, "diff": "@@"},
    ]);
    let item = json!({"type": "fileChange", "id": "p", "changes": changes});
    let events = read(&[
        json!({"baton": "ask", "ask": "4", "method": "item/fileChange/requestApproval",
        "params": {"itemId": "p"}, "item": item, "unconfined": false}),
    ]);
    let RunEvent::Asked(ask) = &events[0] else {
        panic!("{events:?}");
    };
    let input = json!({"changes": [
        {"path": "/srv/app/a", "kind": "add", "diff": "x\n"},
        {"path": "/srv/app/b", "kind": "update", "move_path": "/srv/app/c", "diff": "@@"},
    ]});
    assert_eq!((ask.tool.as_str(), &ask.input), ("Patch", &input));
}

#[test]
fn a_choice_of_people_comes_back_by_the_ids_of_its_questions() {
    let options =
        json!([{"label": "A", "description": "first"}, {"label": "B", "description": "second"}]);
    let asked =
        json!([{"id": "q", "header": "Pick", "question": "Which one?", "options": options}]);
    let events = read(&[
        json!({"baton": "ask", "ask": "5", "method": "item/tool/requestUserInput",
        "params": {"itemId": "u", "questions": asked}, "item": null, "unconfined": false}),
    ]);
    let RunEvent::Asked(ask) = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!(ask.tool, "AskUserQuestion");
    assert_eq!(ask.input["questions"][0]["options"], options);
    let mut input = ask.input.clone();
    input["answers"] = json!({"q": "B"});
    let (answer, say) = asks::answer(ask, &crate::runtime::Reply::AllowWith(input));
    assert_eq!(answer, json!({"answers": {"q": {"answers": ["B"]}}}));
    assert_eq!(say, None);
}

#[test]
fn a_no_is_told_with_its_reason() {
    let events = read(&[
        json!({"baton": "ask", "ask": "5", "method": "item/permissions/requestApproval",
        "params": {"permissions": {"network": {"enabled": true}}}, "item": null, "unconfined": true}),
    ]);
    let RunEvent::Asked(ask) = &events[0] else {
        panic!("{events:?}");
    };
    let no = crate::runtime::Reply::Deny("not here".into());
    let (answer, say) = asks::answer(ask, &no);
    assert_eq!(answer, json!({"permissions": {}, "scope": "turn"}));
    assert_eq!(say.as_deref(), Some("not here"));
    let (answer, _) = asks::answer(ask, &crate::runtime::Reply::Allow);
    assert_eq!(answer["permissions"], json!({"network": {"enabled": true}}));
}

#[test]
fn a_failure_has_the_class_of_what_was_said_last_and_a_next_turn_knows_nothing_of_it() {
    let error = json!({"message": "no such model", "codexErrorInfo": "modelNotFound"});
    let events = read(&[
        told("error", json!({"error": error, "willRetry": false})),
        told(
            "turn/completed",
            json!({"turn": {"status": "failed", "error": null}}),
        ),
        told(
            "turn/completed",
            json!({"turn": {"status": "completed", "items": []}}),
        ),
    ]);
    let RunEvent::TurnEnded(first) = &events[0] else {
        panic!("{events:?}");
    };
    let failed = TurnOutcome::Failed {
        class: ErrorClass::UnknownModel,
        detail: "no such model".into(),
    };
    assert_eq!(first.outcome, failed);
    assert_eq!(
        end_of(&events).outcome,
        TurnOutcome::Answered(String::new())
    );
}

#[test]
fn a_turn_that_was_stopped_because_its_service_is_out_of_reach_says_so() {
    let events = read(&[
        told(
            "error",
            json!({"error": {"message": "Reconnecting... waiting for network"}, "willRetry": true}),
        ),
        json!({"baton": "out_of_reach", "seconds": 90}),
        told("turn/completed", json!({"turn": {"status": "interrupted"}})),
    ]);
    let retrying = RunEvent::Retrying {
        attempt: 1,
        class: ErrorClass::Unreachable,
    };
    assert_eq!(events[0], retrying);
    let TurnOutcome::Failed { class, detail } = &end_of(&events).outcome else {
        panic!("{events:?}");
    };
    assert_eq!(*class, ErrorClass::Unreachable);
    assert!(detail.contains("1m 30s"), "{detail}");
}

#[test]
fn the_limit_that_is_reached_is_the_fullest_one() {
    let window = |used: u32, minutes: u32| json!({"usedPercent": used, "windowDurationMins": minutes, "resetsAt": 100});
    let limits = |reached: Value, first: u32, second: u32| {
        let limits = json!({"primary": window(first, 300), "secondary": window(second, 10080),
            "rateLimitReachedType": reached});
        let events = read(&[json!({"baton": "limits", "limits": limits})]);
        let states = events.into_iter().map(|event| {
            let RunEvent::Limit(limit) = event else {
                panic!("{event:?}");
            };
            (limit.window.unwrap_or_default(), limit.state)
        });
        states.collect::<Vec<_>>()
    };
    let both = |first, second| {
        vec![
            ("five_hour".to_owned(), first),
            ("seven_day".to_owned(), second),
        ]
    };
    assert_eq!(
        limits(Value::Null, 10, 95),
        both(LimitState::Open, LimitState::Near)
    );
    assert_eq!(
        limits(json!("rate_limit_reached"), 99, 20),
        both(LimitState::Reached, LimitState::Open)
    );
    assert_eq!(
        limits(Value::Null, 20, 100),
        both(LimitState::Open, LimitState::Reached)
    );
    assert_eq!(
        read(&[json!({"baton": "limits", "limits": {"primary": null}})]),
        []
    );
}

#[test]
fn what_is_no_line_of_a_session_is_passed_over() {
    let mut reader = CodexReader::default();
    for line in [
        "",
        "{",
        "[]",
        "null",
        r#"{"baton":"news"}"#,
        r#"{"method":"odd/thing"}"#,
        "\u{0}",
    ] {
        assert_eq!(
            reader.read(line.as_bytes()),
            [RunEvent::NotUnderstood],
            "{line}"
        );
    }
    assert_eq!(
        read(&[told("item/started", json!({"item": {"type": "odd"}}))]),
        []
    );
}

#[test]
fn what_was_shown_of_a_message_that_is_cut_off_is_void() {
    let block = |message: &str| BlockId {
        message: message.into(),
        index: 0,
    };
    let delta = |id: &str| {
        told(
            "item/agentMessage/delta",
            json!({"itemId": id, "delta": "half"}),
        )
    };
    let trouble = json!({"error": {"message": "stream disconnected"}, "willRetry": true});
    let whole = json!({"item": {"type": "agentMessage", "id": "c", "text": "half"}});
    let prompt = json!({"item": {"type": "userMessage", "clientId": Uuid::nil()}});
    let events = read(&[
        delta("a"),
        told("error", trouble),
        delta("b"),
        told("item/started", prompt.clone()),
        delta("c"),
        told("item/completed", whole),
        told("item/started", prompt),
    ]);
    let dropped: Vec<&RunEvent> = events
        .iter()
        .filter(|event| matches!(event, RunEvent::TextDropped(_)))
        .collect();
    let void = [block("a"), block("b")].map(RunEvent::TextDropped);
    assert_eq!(dropped, void.iter().collect::<Vec<_>>());
}

#[test]
fn a_window_of_a_limit_is_told_in_the_unit_that_it_has() {
    for (minutes, is) in [(15, "15m"), (60, "1h"), (300, "five_hour"), (1440, "1d")] {
        let limits = json!({"primary": {"usedPercent": 1, "windowDurationMins": minutes}});
        let events = read(&[json!({"baton": "limits", "limits": limits})]);
        let RunEvent::Limit(limit) = &events[0] else {
            panic!("{events:?}");
        };
        assert_eq!(limit.window.as_deref(), Some(is));
    }
}

#[test]
fn a_turn_that_has_ended_tells_of_commands_that_the_sandbox_has_stopped_and_the_next_one_does_not()
{
    let failed = |call: &str, said: Value| json!({"baton": "failed", "call": call, "said": said});
    let item = json!({"type": "agentMessage", "text": "done"});
    let end = told(
        "turn/completed",
        json!({"turn": {"status": "completed", "items": [item]}}),
    );
    let events = read(&[
        failed("a", json!("Permission denied")),
        failed("b", Value::Null),
        told(
            "item/completed",
            json!({"item": {"type": "commandExecution", "id": "c",
            "status": "failed", "aggregatedOutput": "cat: x: Permission denied"}}),
        ),
        end.clone(),
        end,
    ]);
    let over = |id: &str| RunEvent::ToolEnded {
        id: id.to_owned(),
        end: ToolEnd::Failed,
    };
    assert_eq!(events[..3], [over("a"), over("b"), over("c")]);
    let ends = events[3..].iter().map(|event| {
        let RunEvent::TurnEnded(end) = event else {
            panic!("{event:?}");
        };
        (end.outcome.clone(), end.stopped.clone())
    });
    let said = "Permission denied".to_owned();
    // Beside the agent's words, not in them.
    let expected = [vec![said.clone(), said], Vec::new()]
        .map(|stopped| (TurnOutcome::Answered("done".to_owned()), stopped));
    assert_eq!(ends.collect::<Vec<_>>(), expected);
}

#[test]
fn a_plan_belongs_to_the_answer_also_where_nothing_else_is_said() {
    let done = |item: Value| told("item/completed", json!({ "item": item }));
    let plan = done(json!({"type": "plan", "id": "p", "text": "1. eat\n"}));
    let end = told(
        "turn/completed",
        json!({"turn": {"status": "completed", "items": []}}),
    );
    let said = done(json!({"type": "agentMessage", "id": "m", "text": "Here.\n\n"}));
    let events = read(&[said, plan.clone(), end.clone(), plan, end.clone(), end]);
    let answers = events.iter().filter_map(|event| {
        if let RunEvent::TurnEnded(end) = event {
            Some(&end.outcome)
        } else {
            None
        }
    });
    let expected = ["Here.\n\n1. eat", "1. eat", ""];
    let expected = expected.map(|text| TurnOutcome::Answered(text.to_owned()));
    assert_eq!(
        answers.collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
}
