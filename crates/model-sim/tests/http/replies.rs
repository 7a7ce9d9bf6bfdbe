use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use model_sim::ModelSim;
use serde_json::{Value, json};

use crate::client::{Events, ask, post, streamed, text_of, whole};

/// Random ids replaced, so that whole replies can be compared.
pub(crate) fn without_ids(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            for (key, member) in map.iter_mut() {
                let id = member
                    .as_str()
                    .filter(|_| ["id", "item_id", "call_id"].contains(&key.as_str()))
                    .and_then(|id| id.split_once('_'));
                *member = match id {
                    Some((prefix, _)) => json!(format!("{prefix}_*")),
                    None => without_ids(member.take()),
                };
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|member| *member = without_ids(member.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

#[tokio::test]
async fn without_a_script_the_text_is_echoed_as_a_stream_of_the_usual_events() {
    let sim = ModelSim::start().await.unwrap();
    let response = ask(&sim, &streamed("hello there")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let events: Vec<Value> = Events::of(response)
        .all()
        .await
        .into_iter()
        .map(without_ids)
        .collect();
    let usage = json!({ "input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "output_tokens": 7, "service_tier": "standard" });
    let mut first_usage = usage.clone();
    first_usage["output_tokens"] = json!(1);
    assert_eq!(
        events,
        [
            json!({ "type": "message_start", "message": { "id": "msg_*", "type": "message", "role": "assistant",
                "model": "m", "content": [], "stop_reason": null, "stop_sequence": null, "usage": first_usage } }),
            json!({ "type": "ping" }),
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "index": 0,
                "delta": { "type": "text_delta", "text": "echo: hello there" } }),
            json!({ "type": "content_block_stop", "index": 0 }),
            json!({ "type": "message_delta", "usage": usage,
                "delta": { "stop_reason": "end_turn", "stop_sequence": null } }),
            json!({ "type": "message_stop" }),
        ]
    );
}

#[tokio::test]
async fn thinking_text_and_tools_stand_in_this_order_in_an_unstreamed_reply() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"[message from alice] STUB:{"thinking":"hm","text":"on it","tool":"Bash","input":{"command":"ls"},
        "tools":[{"tool":"Read","input":{"file_path":"/a"}}],"usage":{"output_tokens":99}}"#;
    let reply: Value = ask(&sim, &whole(prompt)).await.json().await.unwrap();
    assert_eq!(
        without_ids(reply),
        json!({ "id": "msg_*", "type": "message", "role": "assistant", "model": "m",
            "content": [
                { "type": "thinking", "thinking": "hm", "signature": "c2ltdWxhdGVk" },
                { "type": "text", "text": "on it" },
                { "type": "tool_use", "id": "toolu_*", "name": "Read", "input": { "file_path": "/a" } },
                { "type": "tool_use", "id": "toolu_*", "name": "Bash", "input": { "command": "ls" } },
            ],
            "stop_reason": "tool_use", "stop_sequence": null,
            "usage": { "input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": 99, "service_tier": "standard" } })
    );
}

#[tokio::test]
async fn the_arguments_of_a_streamed_tool_call_come_in_pieces_that_join_to_json() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"tool":"Write","input":{"content":"größer 🦀"}}"#;
    let events = Events::of(ask(&sim, &streamed(prompt)).await).all().await;
    let pieces: Vec<&str> = events
        .iter()
        .filter_map(|event| event["delta"]["partial_json"].as_str())
        .collect();
    assert_eq!(pieces.len(), 2);
    let input: Value = serde_json::from_str(&pieces.concat()).unwrap();
    assert_eq!(input, json!({ "content": "größer 🦀" }));
}

#[tokio::test]
async fn a_text_is_streamed_in_as_many_chunks_as_the_script_says() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"text":"äbcdefgh","chunks":4,"delay":0.001}"#;
    let events = Events::of(ask(&sim, &streamed(prompt)).await).all().await;
    let deltas: Vec<&str> = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    assert_eq!(deltas, ["äb", "cd", "ef", "gh"]);
}

#[tokio::test]
async fn a_script_goes_on_from_request_to_request_and_other_conversations_do_not_move_it() {
    let sim = ModelSim::start().await.unwrap();
    let script = r#"STUB:[{"tool":"Bash","input":{}},{"text":"done"}]"#;
    let stranger = ask(&sim, &whole("hello"))
        .await
        .json::<Value>()
        .await
        .unwrap();
    assert_eq!(stranger["content"][0]["text"], "echo: hello");
    let second = json!({ "model": "m", "messages": [
        { "role": "user", "content": [{ "type": "text", "text": script }] },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "Bash", "input": {} }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": "out" }] },
    ] });
    for _ in 0..2 {
        let first = ask(&sim, &whole(script))
            .await
            .json::<Value>()
            .await
            .unwrap();
        assert_eq!(first["content"][0]["name"], "Bash");
        let then = ask(&sim, &second).await.json::<Value>().await.unwrap();
        assert_eq!(then["content"][0]["text"], "done");
    }
}

#[tokio::test]
async fn recall_proves_what_the_conversation_remembers() {
    let sim = ModelSim::start().await.unwrap();
    let body = json!({ "model": "m", "stream": true, "messages": [
        { "role": "user", "content": "[message from alice]\nmy colour is teal" },
        { "role": "assistant", "content": "noted" },
        { "role": "user", "content": r#"STUB:{"recall":true}"# },
    ] });
    let events = Events::of(ask(&sim, &body).await).all().await;
    assert_eq!(text_of(&events), "[message from alice] my colour is teal");
}

#[tokio::test]
async fn compressed_requests_are_understood() {
    let sim = ModelSim::start().await.unwrap();
    let plain = whole("squeezed").to_string();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(plain.as_bytes()).unwrap();
    for (encoding, bytes) in [
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib.finish().unwrap()),
    ] {
        let request = post(&sim, "/v1/messages", &Value::Null)
            .header("content-encoding", encoding)
            .body(bytes);
        let reply: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(reply["content"][0]["text"], "echo: squeezed", "{encoding}");
    }
}

#[tokio::test]
async fn tokens_are_counted_by_length_and_probes_are_answered() {
    let sim = ModelSim::start().await.unwrap();
    let body = whole("x");
    let count: Value = post(&sim, "/v1/messages/count_tokens", &body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(count, json!({ "input_tokens": body.to_string().len() / 4 }));
    for path in ["/", "/api/hello"] {
        let url = format!("{}{path}", sim.base_url());
        let client = reqwest::Client::new();
        assert_eq!(client.head(&url).send().await.unwrap().status(), 200);
        let hello: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
        assert_eq!(hello, json!({ "ok": true }));
    }
}
