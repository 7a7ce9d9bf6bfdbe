//! What Codex asks.

use std::{collections::HashMap, path::Path};

use serde_json::{Value, json};

use super::{
    super::{
        super::{
            asks::{SERVER_CALL, refused},
            wire::Word,
        },
        call,
        call::Call,
        seat::SeatId,
    },
    Out, Switch, respond,
};

/// What is asked about a command, and about a patch.
const COMMAND: &str = "item/commandExecution/requestApproval";
const PATCH: &str = "item/fileChange/requestApproval";

/// What else is asked that somebody can answer.
const OTHERS: [&str; 3] = [
    "item/permissions/requestApproval",
    "item/tool/requestUserInput",
    SERVER,
];

/// What a server asks; and Codex about a call of its tools, as if the server itself asked.
const SERVER: &str = "mcpServer/elicitation/request";

/// Something that Codex has asked and that has no answer yet.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) seat: SeatId,
    id: Value,
    method: String,
    params: Value,
    item: Option<Value>,
}

impl Switch {
    /// Codex asks. What nobody can answer is refused at once, or it would wait for ever.
    pub(super) fn asked(&mut self, message: &Value) {
        let method = message["method"].as_str().unwrap_or("").to_owned();
        let params = &message["params"];
        let is_known = match method.as_str() {
            // Typing into a command, and a command of a person: nobody here judges those.
            COMMAND => params["kind"].is_null() || params["kind"] == "command",
            PATCH => true,
            other => OTHERS.contains(&other),
        };
        let seat = self
            .seat_of(&params["threadId"])
            .filter(|seat| is_known && self.is_there(*seat));
        let Some(seat) = seat else {
            let error = json!({"code": -32601, "message": "nobody here can answer that"});
            let refusal = json!({"id": message["id"], "error": error});
            return self.out.push(Out::Program(refusal));
        };
        if let Some((result, why)) = refused(&method, params) {
            let thread = params["threadId"].as_str().unwrap_or("");
            let aside = call::aside(thread, &why);
            let say = Call::Say(message["id"].clone(), result);
            return self.call("thread/inject_items", &aside, say);
        }
        let call = params["itemId"].as_str().unwrap_or("").to_owned();
        let thread = self
            .seats
            .get_mut(&seat)
            .and_then(super::super::seat::Seat::thread_mut);
        let item = thread.and_then(|thread| {
            if method == SERVER {
                take_server_call(&mut thread.patches, params)
            } else {
                thread.patches.get(&call).cloned()
            }
        });
        let thread = self
            .seats
            .get(&seat)
            .and_then(super::super::seat::Seat::thread);
        let record = thread.and_then(|thread| thread.record.clone());
        let is_patch_outside = thread.is_none_or(|thread| {
            let item = item.as_ref().unwrap_or(&Value::Null);
            !params["grantRoot"].is_null() || leads_out(item, &thread.open.directory)
        });
        let ask = message["id"].to_string();
        let asked = Asked {
            seat,
            id: message["id"].clone(),
            method: method.clone(),
            params: params.clone(),
            item,
        };
        self.asks.insert(ask.clone(), asked);
        match method.as_str() {
            COMMAND if wants_more(params) => self.looked(&ask, true),
            COMMAND => self.out.push(Out::Look { ask, record, call }),
            PATCH => self.looked(&ask, is_patch_outside),
            "item/permissions/requestApproval" => self.looked(&ask, true),
            _ => self.looked(&ask, false),
        }
    }

    /// Whether a session's other end is there.
    fn is_there(&self, seat: SeatId) -> bool {
        self.seats
            .get(&seat)
            .is_some_and(|state| state.leaving.is_none())
    }

    /// It is known whether what is asked about leaves the sandbox.
    pub(in super::super) fn looked(&mut self, ask: &str, unconfined: bool) {
        let Some(asked) = self.asks.get(ask) else {
            return;
        };
        let word = Word::Ask {
            ask: ask.to_owned(),
            method: asked.method.clone(),
            params: asked.params.clone(),
            item: asked.item.clone(),
            unconfined,
        };
        let seat = asked.seat;
        self.say(seat, &word);
    }

    /// Answers Codex for a session that was asked. What it does not wait for any more is not answered.
    pub(super) fn answer(&mut self, seat: SeatId, ask: &str, result: Value, say: Option<String>) {
        let is_its = self.asks.get(ask).is_some_and(|asked| asked.seat == seat);
        if !is_its {
            return;
        }
        let Some(asked) = self.asks.remove(ask) else {
            return;
        };
        let thread = self
            .seats
            .get(&asked.seat)
            .and_then(super::super::seat::Seat::thread);
        match (say, thread) {
            (Some(text), Some(thread)) => {
                let params = call::aside(&thread.id, &text);
                self.call("thread/inject_items", &params, Call::Say(asked.id, result));
            }
            (Some(_) | None, _) => self.out.push(Out::Program(respond(&asked.id, &result))),
        }
    }
}

/// The call of an MCP server that is asked about: Codex does not say which of those like it, and each is asked about
/// once. A server can ask in the same words, but while a call of its runs, that was asked about; without one that was not,
/// the question is the server's own.
fn take_server_call(told: &mut HashMap<String, Value>, params: &Value) -> Option<Value> {
    let about = &params["_meta"];
    let is_it = |item: &Value| {
        about["codex_approval_kind"] == "mcp_tool_call"
            && item["type"] == SERVER_CALL
            && item["server"] == params["serverName"]
            && item["tool"] == about["tool_name"]
            && item["arguments"] == about["tool_params"]
    };
    let like = told.iter().filter(|(_, item)| is_it(item));
    let id = like.map(|(id, _)| id.clone()).min()?;
    told.remove(&id)
}

/// Whether a command is asked about for more than itself: for the network, or for wider permissions.
fn wants_more(params: &Value) -> bool {
    let is_plain = |key: &str| params[key].is_null();
    !params["command"].is_string()
        || !is_plain("networkApprovalContext")
        || !is_plain("additionalPermissions")
}

/// Whether a patch changes something that is not below the directory, or cannot be read.
fn leads_out(item: &Value, directory: &Path) -> bool {
    let Some(changes) = item["changes"].as_array() else {
        return true;
    };
    changes.iter().any(|change| {
        let moved = &change["kind"]["move_path"];
        let is_inside = |path: &Value| {
            path.as_str().is_some_and(|path| {
                let path = Path::new(path);
                let goes_up = path
                    .components()
                    .any(|part| part == std::path::Component::ParentDir);
                !goes_up && (path.is_relative() || path.starts_with(directory))
            })
        };
        !is_inside(&change["path"]) || !(moved.is_null() || is_inside(moved))
    })
}
