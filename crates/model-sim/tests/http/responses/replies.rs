use model_sim::ModelSim;
use serde_json::{Value, json};

use super::{ask, events, streamed, whole};
use crate::client::{Events, post};
use crate::replies::without_ids;

/// The events without their ids and numbers, which are counted here.
fn plain(events: Vec<Value>) -> Vec<Value> {
    let count = |(number, mut event): (usize, Value)| {
        assert_eq!(event["sequence_number"], json!(number));
        if let Some(event) = event.as_object_mut() {
            event.remove("sequence_number");
        }
        without_ids(event)
    };
    events.into_iter().enumerate().map(count).collect()
}

fn usage() -> Value {
    json!({ "input_tokens": 11, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 7, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 18 })
}

fn response(status: &str, output: &Value, usage: &Value) -> Value {
    json!({ "id": "resp_*", "object": "response", "status": status, "model": "m", "output": output, "error": null,
        "incomplete_details": null, "usage": usage })
}

fn message(text: &str) -> Value {
    json!({ "type": "message", "id": "msg_*", "role": "assistant", "status": "completed",
        "content": [{ "type": "output_text", "text": text, "annotations": [] }] })
}

#[tokio::test]
async fn without_a_script_the_text_is_echoed_as_a_stream_of_the_usual_events() {
    let sim = ModelSim::start().await.unwrap();
    let reply = ask(&sim, &streamed("hello there")).await;
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
    assert!(reply.headers().contains_key("x-request-id"));
    let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
    let text = "echo: hello there";
    let mut begun = message("");
    begun["status"] = json!("in_progress");
    begun["content"] = json!([]);
    let event = |kind: &str, member: &str, value: Value| json!({ "type": kind, "item_id": "msg_*", "output_index": 0, "content_index": 0, member: value });
    let first = response("in_progress", &json!([]), &Value::Null);
    assert_eq!(
        plain(Events::of(reply).all().await),
        [
            json!({ "type": "response.created", "response": first }),
            json!({ "type": "response.in_progress", "response": first }),
            json!({ "type": "response.output_item.added", "output_index": 0, "item": begun }),
            event("response.content_part.added", "part", part("")),
            event("response.output_text.delta", "delta", json!(text)),
            event("response.output_text.done", "text", json!(text)),
            event("response.content_part.done", "part", part(text)),
            json!({ "type": "response.output_item.done", "output_index": 0, "item": message(text) }),
            json!({ "type": "response.completed", "response": response("completed", &json!([message(text)]), &usage()) }),
        ]
    );
}

#[tokio::test]
async fn reasoning_is_streamed_as_a_summary() {
    let sim = ModelSim::start().await.unwrap();
    let events = plain(events(&sim, r#"{"thinking":"hm","text":"x"}"#).await);
    let event = |kind: &str, member: &str, value: Value| json!({ "type": kind, "item_id": "rs_*", "output_index": 0, "summary_index": 0, member: value });
    let part = |text: &str| json!({ "type": "summary_text", "text": text });
    let item = |summary: Value, seal: Value| json!({ "type": "reasoning", "id": "rs_*", "summary": summary, "encrypted_content": seal });
    assert_eq!(
        events[2..8],
        [
            json!({ "type": "response.output_item.added", "output_index": 0, "item": item(json!([]), Value::Null) }),
            event("response.reasoning_summary_part.added", "part", part("")),
            event(
                "response.reasoning_summary_text.delta",
                "delta",
                json!("hm")
            ),
            event("response.reasoning_summary_text.done", "text", json!("hm")),
            event("response.reasoning_summary_part.done", "part", part("hm")),
            json!({ "type": "response.output_item.done", "output_index": 0,
                "item": item(json!([part("hm")]), json!("c2ltdWxhdGVk")) }),
        ]
    );
}

#[tokio::test]
async fn the_arguments_of_both_kinds_of_tools_come_in_pieces_that_join() {
    let sim = ModelSim::start().await.unwrap();
    for (script, kind, member, text) in [
        (
            r#"{"tool":"write","input":{"content":"größer 🦀"}}"#,
            "response.function_call_arguments",
            "arguments",
            r#"{"content":"größer 🦀"}"#,
        ),
        (
            r#"{"custom":"apply_patch","input":"*** größer 🦀"}"#,
            "response.custom_tool_call_input",
            "input",
            "*** größer 🦀",
        ),
    ] {
        let events = events(&sim, script).await;
        let deltas: Vec<&str> = events
            .iter()
            .filter(|event| event["type"] == format!("{kind}.delta"))
            .filter_map(|event| event["delta"].as_str())
            .collect();
        assert_eq!((deltas.len(), deltas.concat().as_str()), (2, text));
        let of = |name: String| events.iter().find(|event| event["type"] == name).unwrap();
        assert_eq!(of(format!("{kind}.done"))[member], text);
        let (opened, closed) = (
            of("response.output_item.added".to_owned()),
            of("response.output_item.done".to_owned()),
        );
        assert_eq!(
            (&opened["item"][member], &closed["item"][member]),
            (&json!(""), &json!(text))
        );
        assert_eq!(opened["item"]["call_id"], closed["item"]["call_id"]);
    }
}

#[tokio::test]
async fn reasoning_text_and_tools_stand_in_this_order_in_an_unstreamed_reply() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"[message from alice] STUB:{"thinking":"hm","text":"on it","phase":"commentary",
        "tool":"exec_command","input":{"cmd":"ls"},"tools":[{"custom":"exec","namespace":"functions","input":"text(1)"}],
        "usage":{"output_tokens":99}}"#;
    let reply: Value = ask(&sim, &whole(prompt)).await.json().await.unwrap();
    let mut said = message("on it");
    said["phase"] = json!("commentary");
    let output = json!([
        { "type": "reasoning", "id": "rs_*", "summary": [{ "type": "summary_text", "text": "hm" }],
            "encrypted_content": "c2ltdWxhdGVk" },
        said,
        { "type": "custom_tool_call", "id": "ctc_*", "status": "completed", "call_id": "call_*", "name": "exec",
            "namespace": "functions", "input": "text(1)" },
        { "type": "function_call", "id": "fc_*", "status": "completed", "call_id": "call_*", "name": "exec_command",
            "arguments": r#"{"cmd":"ls"}"# },
    ]);
    let mut used = usage();
    used["output_tokens"] = json!(99);
    used["total_tokens"] = json!(110);
    assert_eq!(without_ids(reply), response("completed", &output, &used));
}

#[tokio::test]
async fn a_reply_without_content_says_so() {
    let sim = ModelSim::start().await.unwrap();
    let reply: Value = ask(&sim, &whole("STUB:{}")).await.json().await.unwrap();
    assert_eq!(without_ids(reply)["output"], json!([message("(empty)")]));
}

#[tokio::test]
async fn a_reply_that_stops_for_another_reason_is_incomplete() {
    let sim = ModelSim::start().await.unwrap();
    for (stop, reason) in [
        ("max_tokens", "max_output_tokens"),
        ("refusal", "content_filter"),
        ("anything", "anything"),
    ] {
        let events = events(
            &sim,
            &format!(r#"{{"text":"half","stop_reason":"{stop}"}}"#),
        )
        .await;
        let last = events.last().unwrap();
        assert_eq!(
            [
                &last["type"],
                &last["response"]["status"],
                &last["response"]["incomplete_details"]
            ],
            [
                &json!("response.incomplete"),
                &json!("incomplete"),
                &json!({ "reason": reason })
            ]
        );
    }
    let whole = events(&sim, r#"{"text":"whole","stop_reason":"end_turn"}"#).await;
    assert_eq!(whole.last().unwrap()["type"], "response.completed");
}

#[tokio::test]
async fn one_script_says_the_same_through_both_apis() {
    let sim = ModelSim::start().await.unwrap();
    let script = r#"STUB:[{"text":"first","tool":"look","input":{"at":1}},{"text":"second"}]"#;
    let messages = json!({ "model": "m", "messages": [
        { "role": "user", "content": script },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "look", "input": {} }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": "out" }] },
    ] });
    let mut responses = whole(script);
    responses["input"].as_array_mut().unwrap().extend([
        json!({ "type": "function_call", "call_id": "t", "name": "look", "arguments": "{}" }),
        json!({ "type": "function_call_output", "call_id": "t", "output": "out" }),
    ]);
    post(&sim, "/v1/messages", &messages).send().await.unwrap();
    ask(&sim, &responses).await;
    let steps: Vec<_> = sim
        .requests()
        .into_iter()
        .map(|request| request.step)
        .collect();
    assert_eq!(steps[0], steps[1]);
    assert_eq!(steps[0].as_ref().unwrap().text.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_free_form_call_is_a_call_with_one_argument_for_anthropic() {
    let sim = ModelSim::start().await.unwrap();
    let body = crate::client::whole(r#"STUB:{"custom":"apply_patch","input":"*** x"}"#);
    let reply: Value = crate::client::ask(&sim, &body).await.json().await.unwrap();
    assert_eq!(
        without_ids(reply)["content"],
        json!([{ "type": "tool_use", "id": "toolu_*", "name": "apply_patch", "input": { "input": "*** x" } }])
    );
}
