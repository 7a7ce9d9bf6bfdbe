//! What Codex asks, in the words in which rules name calls, and what it is answered.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{
    form::{self, Form},
    shell::script,
};
use crate::runtime::{Ask, AskKind, Reply, Verdict};

/// What asks for wider permissions, and what an MCP server asks people.
const PERMISSIONS: &str = "Permissions";
const ELICITATION: &str = "Elicitation";
/// How tools of MCP servers are named.
const OF_SERVER: &str = "mcp__";
/// What calls of these are among the items of a turn.
pub(super) const SERVER_CALL: &str = "mcpToolCall";
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
        _ if item.is_some_and(|item| item["type"] == SERVER_CALL) => {
            return of_server(id, item.unwrap_or(&Value::Null));
        }
        _ => match form::read(params) {
            Form::Questions(questions) => (
                CHOICE,
                json!({"questions": questions, "server": params["serverName"]}),
            ),
            Form::Plain | Form::Declined(_) => (ELICITATION, elicitation(params)),
        },
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

/// A call of an MCP server that Codex has told of and now asks about. Of the question itself nothing is taken, as a
/// server can ask in the same words.
fn of_server(id: String, item: &Value) -> Ask {
    let text = |key: &str| item[key].as_str().unwrap_or("").to_owned();
    Ask {
        id,
        kind: AskKind::Permission,
        call: text("id"),
        sub_agent: None,
        tool: format!("{OF_SERVER}{}__{}", text("server"), text("tool")),
        input: item["arguments"].clone(),
        directory: None,
        reason: None,
        unconfined: false,
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
    let mut input = json!({"server": params["serverName"], "message": params["message"],
        "mode": params["mode"]});
    if !params["url"].is_null() {
        input["url"] = params["url"].clone();
    }
    input
}

/// Questions as Baton has them; the answer of each goes back under the id that Codex gives it.
fn questions(params: &Value) -> Value {
    let asked = params["questions"].as_array().into_iter().flatten();
    let questions: Vec<Value> = asked
        .map(|question| {
            let options = question["options"].as_array().cloned().unwrap_or_default();
            json!({"answer_key": question["id"], "question": question["question"],
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
        CHOICE if !ask.input["server"].is_null() => return filled(ask, reply),
        CHOICE => json!({"answers": answers(ask, reply)}),
        PERMISSIONS if is_yes => {
            json!({"permissions": ask.input["permissions"], "scope": "turn"})
        }
        PERMISSIONS => json!({"permissions": {}, "scope": "turn"}),
        tool if tool == ELICITATION || tool.starts_with(OF_SERVER) => {
            if is_yes {
                accepted(&json!({}))
            } else {
                declined()
            }
        }
        _ if is_yes => json!({"decision": "accept"}),
        _ => json!({"decision": "decline"}),
    };
    (answer, why)
}

fn accepted(content: &Value) -> Value {
    json!({"action": "accept", "content": content, "_meta": null})
}

fn declined() -> Value {
    json!({"action": "decline", "content": null, "_meta": null})
}

/// What is answered to what nobody is asked, with what the model is told: a form that cannot be asked, and a secret,
/// which others would read. `None` for what people are asked.
pub(super) fn refused(method: &str, params: &Value) -> Option<(Value, String)> {
    match method {
        "mcpServer/elicitation/request" => match form::read(params) {
            Form::Declined(why) => Some((declined(), why)),
            Form::Plain | Form::Questions(_) => None,
        },
        "item/tool/requestUserInput" => {
            let mut asked = params["questions"].as_array().into_iter().flatten();
            let is_secret = asked.any(|question| question["isSecret"] == true);
            let why = "Nobody was asked, as a secret must not be written into a chat.";
            is_secret.then(|| (json!({"answers": {}}), why.to_owned()))
        }
        _ => None,
    }
}

/// A form with the answers of people.
fn filled(ask: &Ask, reply: &Reply) -> (Value, Option<String>) {
    let content = match reply {
        Reply::AllowWith(input) => form::content(&ask.input["questions"], &input["answers"]),
        Reply::Allow => form::content(&ask.input["questions"], &Value::Null),
        Reply::Deny(why) => Err(why.clone()),
    };
    match content {
        Ok(content) => (accepted(&content), None),
        Err(why) => (declined(), Some(why)),
    }
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
            let id = question["answer_key"].as_str()?;
            let answer = given[id].as_str()?;
            Some((id.to_owned(), json!({"answers": [answer]})))
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
