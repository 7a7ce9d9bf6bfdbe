//! What is written to Claude Code, one JSON object a line.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::runtime::{Ask, Reply, Tune, Verdict, house_prompt::house_prompt};

/// The id of the handshake; the reader knows its answer by it.
pub(super) const HANDSHAKE: &str = "baton-handshake";

/// The id of an interrupt that the runner sends on its own.
pub(super) const RUNNER_INTERRUPT: &str = "baton-runner-interrupt";

/// What Claude Code calls back with before every tool call.
const GATE_HOOK: &str = "baton-gate";

/// How long the program waits at the gate, in seconds, before it denies: a day, so that a server
/// that is being restarted or repaired denies nothing.
const GATE_TIMEOUT: u32 = 86_400;

/// The one `initialize` of a process: hooks every tool call and says how Baton's messages look.
pub(super) fn handshake(agent_prompt: Option<&str>) -> String {
    let prompt = house_prompt(agent_prompt);
    json!({
        "type": "control_request",
        "request_id": HANDSHAKE,
        "request": {
            "subtype": "initialize",
            // Without a matcher the hook sees every tool, also those of sub-agents and those that
            // the program allows by itself.
            "hooks": {"PreToolUse": [{"hookCallbackIds": [GATE_HOOK], "timeout": GATE_TIMEOUT}]},
            "appendSystemPrompt": prompt,
        },
    })
    .to_string()
}

/// A turn. A text that starts with `/` would be a command of the program (`/config` writes its
/// settings): framing prevents it, and a space before it disarms it here too.
pub(super) fn prompt(prompt: Uuid, text: &str) -> String {
    let content = if text.starts_with('/') {
        format!(" {text}")
    } else {
        text.to_owned()
    };
    json!({
        "type": "user",
        "uuid": prompt,
        "message": {"role": "user", "content": content},
    })
    .to_string()
}

/// Stops the turn in progress; without one it does nothing.
pub(super) fn interrupt(request: &str) -> String {
    json!({
        "type": "control_request",
        "request_id": request,
        "request": {"subtype": "interrupt"},
    })
    .to_string()
}

/// Changes the model of the requests from now on, or the mode. Without a model it is the program's
/// default. What the program does not understand it may leave without an answer.
pub(super) fn tune(request: &str, tune: &Tune) -> String {
    let change = match tune {
        Tune::Model(Some(model)) => json!({"subtype": "set_model", "model": model}),
        Tune::Model(None) => json!({"subtype": "set_model"}),
        Tune::Mode(mode) => json!({"subtype": "set_permission_mode", "mode": mode.as_str()}),
    };
    json!({"type": "control_request", "request_id": request, "request": change}).to_string()
}

/// What is decided at the gate. It is an answer at once: a call of which a person decides comes back as
/// a question that waits.
pub(super) fn at_gate(ask: &Ask, verdict: &Verdict) -> String {
    let (decision, reason) = match verdict {
        Verdict::Allow => ("allow", "allowed by Baton"),
        Verdict::Ask(reason) => ("ask", reason.as_str()),
        Verdict::Deny(reason) => ("deny", reason.as_str()),
    };
    let output = json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse",
        "permissionDecision": decision,
        "permissionDecisionReason": reason,
    }});
    response(ask, &output)
}

/// The answer to a question behind the gate. `updatedInput` is required on allow; without it the program
/// denies.
pub(super) fn reply(ask: &Ask, reply: &Reply) -> String {
    let answer = match reply {
        Reply::Allow => json!({"behavior": "allow", "updatedInput": ask.input}),
        Reply::AllowWith(input) => json!({"behavior": "allow", "updatedInput": input}),
        Reply::Deny(reason) => json!({"behavior": "deny", "message": reason}),
    };
    response(ask, &answer)
}

fn response(ask: &Ask, response: &Value) -> String {
    json!({
        "type": "control_response",
        "response": {"subtype": "success", "request_id": ask.id, "response": response},
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{runtime::AskKind, words::AgentMode};

    fn ask(kind: AskKind) -> Ask {
        Ask {
            id: "98021ce8".into(),
            kind,
            call: "toolu_1".into(),
            sub_agent: None,
            tool: "Bash".into(),
            input: json!({"command": "touch x"}),
            directory: None,
            reason: None,
            unconfined: false,
        }
    }

    fn said(line: &str) -> Value {
        serde_json::from_str(line).expect("what is written is JSON")
    }

    #[test]
    fn a_prompt_is_one_line_that_carries_its_id_and_is_never_a_command() {
        let id = Uuid::from_u128(7);
        for (text, content) in [
            (
                "[message from Ann, Discord 1]\nhi",
                "[message from Ann, Discord 1]\nhi",
            ),
            (
                "/config permissions.defaultMode=auto",
                " /config permissions.defaultMode=auto",
            ),
        ] {
            let line = prompt(id, text);
            assert!(!line.contains('\n'));
            assert_eq!(
                said(&line),
                json!({"type": "user", "uuid": "00000000-0000-0000-0000-000000000007",
                    "message": {"role": "user", "content": content}})
            );
        }
    }

    #[test]
    fn the_gate_answers_with_allow_ask_or_deny() {
        for (verdict, decision, reason) in [
            (Verdict::Allow, "allow", "allowed by Baton"),
            (Verdict::Ask("who knows".into()), "ask", "who knows"),
            (Verdict::Deny("no".into()), "deny", "no"),
        ] {
            let response = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse",
                "permissionDecision": decision, "permissionDecisionReason": reason}});
            assert_eq!(
                said(&at_gate(&ask(AskKind::Gate), &verdict)),
                json!({"type": "control_response", "response": {"subtype": "success",
                    "request_id": "98021ce8", "response": response}})
            );
        }
    }

    #[test]
    fn a_reply_has_the_input_or_the_reason() {
        for (answer, response) in [
            (
                Reply::Allow,
                json!({"behavior": "allow", "updatedInput": {"command": "touch x"}}),
            ),
            (
                Reply::AllowWith(json!({"answers": {}})),
                json!({"behavior": "allow", "updatedInput": {"answers": {}}}),
            ),
            (
                Reply::Deny("no".into()),
                json!({"behavior": "deny", "message": "no"}),
            ),
        ] {
            assert_eq!(
                said(&reply(&ask(AskKind::Permission), &answer)),
                json!({"type": "control_response", "response": {"subtype": "success",
                    "request_id": "98021ce8", "response": response}})
            );
        }
    }

    #[test]
    fn a_change_names_the_model_or_the_mode() {
        for (change, request) in [
            (
                Tune::Model(Some("haiku".into())),
                json!({"subtype": "set_model", "model": "haiku"}),
            ),
            (Tune::Model(None), json!({"subtype": "set_model"})),
            (
                Tune::Mode(AgentMode::Plan),
                json!({"subtype": "set_permission_mode", "mode": "plan"}),
            ),
        ] {
            assert_eq!(
                said(&tune("t-1", &change)),
                json!({"type": "control_request", "request_id": "t-1", "request": request})
            );
        }
    }

    #[test]
    fn an_interrupt_carries_the_given_id() {
        assert_eq!(
            said(&interrupt("i-1")),
            json!({"type": "control_request", "request_id": "i-1",
                "request": {"subtype": "interrupt"}})
        );
    }
}
