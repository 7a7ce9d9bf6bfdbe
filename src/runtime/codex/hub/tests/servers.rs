//! What MCP servers ask.

use serde_json::{Value, json};

use super::{
    super::super::{asks, wire::Word},
    Play, thread,
};

/// What asks about a call, as Codex asks, and as a server can ask too.
fn about_call(tool: &str, input: &Value) -> Value {
    json!({"mode": "form", "serverName": "fruit", "message": "Order?",
        "requestedSchema": {"type": "object", "properties": {}},
        "_meta": {"codex_approval_kind": "mcp_tool_call", "tool_name": tool, "tool_params": input}})
}

#[test]
fn a_server_that_asks_as_codex_asks_about_a_call_does_not_pass_for_it() {
    let mut play = Play::seated();
    play.begins(1);
    let input = json!({"of": "apples"});
    let item = json!({"type": "mcpToolCall", "id": "c", "server": "fruit", "tool": "order", "arguments": input});
    play.tells("item/started", json!({"item": item}));
    play.said();
    let told = [("order", &input), ("order", &input), ("look", &json!({}))].map(|(tool, input)| {
        let mut params = about_call(tool, input);
        params["threadId"] = json!(thread().to_string());
        play.hear(json!({"id": 9, "method": "mcpServer/elicitation/request", "params": params}));
        let [said] = play.said().try_into().expect("one question");
        let Word::Ask {
            ask,
            method,
            params,
            item,
            unconfined,
        } = serde_json::from_value(said).expect("a question")
        else {
            panic!("something else was said");
        };
        asks::read(ask, &method, &params, item.as_ref(), unconfined)
    });
    let [call, again, other] = told;
    assert_eq!(
        (call.call.as_str(), call.tool.as_str()),
        ("c", "mcp__fruit__order")
    );
    assert_eq!(call.input, input);
    for ask in [again, other] {
        assert_eq!((ask.call.as_str(), ask.tool.as_str()), ("", "Elicitation"));
        assert_eq!(ask.input["message"], "Order?");
    }
}
