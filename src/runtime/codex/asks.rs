//! What Codex asks, in the words in which rules name calls, and what it is answered.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::shell::script;
use crate::runtime::{Ask, AskKind, Reply, Verdict};

/// What asks for wider permissions, and what an MCP server asks people.
const PERMISSIONS: &str = "Permissions";
const ELICITATION: &str = "Elicitation";
/// What asks people to choose.
const CHOICE: &str = "AskUserQuestion";

/// A question as the hub tells it.
pub(super) fn read(
    id: String,
    method: &str,
    params: &Value,
    item: Option<&Value>,
    unconfined: bool,
) -> Ask {
    let (tool, input) = match method {
        "item/commandExecution/requestApproval" => ("Bash", command(params)),
        "item/fileChange/requestApproval" => ("Patch", patch(item.unwrap_or(&Value::Null))),
        "item/permissions/requestApproval" => (PERMISSIONS, permissions(params)),
        "item/tool/requestUserInput" => (CHOICE, questions(params)),
        _ => (ELICITATION, elicitation(params)),
    };
    let text = |key: &str| params[key].as_str().map(str::to_owned);
    Ask {
        id,
        kind: AskKind::Permission,
        call: text("itemId").unwrap_or_default(),
        sub_agent: None,
        tool: tool.to_owned(),
        input,
        directory: text("cwd").map(PathBuf::from),
        reason: text("reason").filter(|_| unconfined),
        unconfined,
    }
}

/// The input of a command.
pub(super) fn command(item: &Value) -> Value {
    json!({"command": script(item["command"].as_str().unwrap_or(""))})
}

/// The input of a patch.
pub(super) fn patch(item: &Value) -> Value {
    let changes = item["changes"].as_array().into_iter().flatten();
    let changes: Vec<Value> = changes
        .map(|change| {
            let mut one = json!({"path": change["path"], "kind": change["kind"]["type"],
                "diff": change["diff"]});
            let moved = &change["kind"]["move_path"];
            if !moved.is_null() {
                one["move_path"] = moved.clone();
            }
            one
        })
        .collect();
    json!({"changes": changes})
}

fn permissions(params: &Value) -> Value {
    json!({"permissions": params["permissions"], "reason": params["reason"]})
}

fn elicitation(params: &Value) -> Value {
    json!({"server": params["serverName"], "message": params["message"], "mode": params["mode"]})
}

/// Questions as Baton has them; the id that Codex gives each stays with it.
fn questions(params: &Value) -> Value {
    let asked = params["questions"].as_array().into_iter().flatten();
    let questions: Vec<Value> = asked
        .map(|question| {
            let options = question["options"].as_array().cloned().unwrap_or_default();
            json!({"id": question["id"], "question": question["question"],
                "header": question["header"], "multiSelect": false, "options": options})
        })
        .collect();
    json!({"questions": questions})
}

/// What a question is answered, and what the model is told beside it.
pub(super) fn answer(ask: &Ask, reply: &Reply) -> (Value, Option<String>) {
    let why = match reply {
        Reply::Deny(why) => Some(why.clone()),
        Reply::Allow | Reply::AllowWith(_) => None,
    };
    let is_yes = why.is_none();
    let answer = match ask.tool.as_str() {
        CHOICE => json!({"answers": answers(ask, reply)}),
        PERMISSIONS if is_yes => {
            json!({"permissions": ask.input["permissions"], "scope": "turn"})
        }
        PERMISSIONS => json!({"permissions": {}, "scope": "turn"}),
        ELICITATION => {
            let (action, content) = if is_yes {
                ("accept", json!({}))
            } else {
                ("decline", Value::Null)
            };
            json!({"action": action, "content": content, "_meta": null})
        }
        _ if is_yes => json!({"decision": "accept"}),
        _ => json!({"decision": "decline"}),
    };
    (answer, why)
}

/// The answers of people, by the id of each question. A question without one was not answered.
fn answers(ask: &Ask, reply: &Reply) -> Value {
    let given = match reply {
        Reply::AllowWith(input) => &input["answers"],
        Reply::Allow | Reply::Deny(_) => &Value::Null,
    };
    let asked = ask.input["questions"].as_array().into_iter().flatten();
    let answers: Map<String, Value> = asked
        .filter_map(|question| {
            let answer = given[question["question"].as_str()?].as_str()?;
            let id = question["id"].as_str()?.to_owned();
            Some((id, json!({"answers": [answer]})))
        })
        .collect();
    Value::Object(answers)
}

/// What a verdict comes to where there is one gate.
pub(super) fn reply_of(verdict: &Verdict) -> Reply {
    match verdict {
        Verdict::Allow => Reply::Allow,
        Verdict::Ask(why) | Verdict::Deny(why) => Reply::Deny(why.clone()),
    }
}
