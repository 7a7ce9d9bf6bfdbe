use model_sim::{ModelSim, Outcome};
use serde_json::json;

use crate::codex::{Codex, Login, model_requests};

#[tokio::test]
async fn a_text_comes_in_the_pieces_of_the_script_and_whole_at_the_end() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let turn = codex
        .turn(r#"[message from alice] STUB:{"text":"aabbccdd","chunks":4,"usage":{"output_tokens":99}}"#)
        .await;
    assert_eq!(
        (turn.status.as_str(), turn.text.as_str()),
        ("completed", "aabbccdd")
    );
    assert_eq!(
        turn.deltas("item/agentMessage/delta"),
        ("aabbccdd".to_owned(), 4)
    );
    let usage = turn.heard("thread/tokenUsage/updated")[0]["tokenUsage"]["last"].clone();
    assert_eq!(
        [
            &usage["inputTokens"],
            &usage["outputTokens"],
            &usage["totalTokens"]
        ],
        [&json!(11), &json!(99), &json!(110)]
    );
    let request = &model_requests(&sim)[0];
    assert_eq!(request.header("authorization"), Some("Bearer dummy"));
    assert_eq!(request.body["prompt_cache_key"], json!(codex.thread));
}

#[tokio::test]
async fn reasoning_comes_before_the_text_and_a_text_may_say_what_it_is() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let turn = codex
        .turn(r#"STUB:{"thinking":"let me see","text":"there","phase":"final_answer"}"#)
        .await;
    assert_eq!(
        turn.deltas("item/reasoning/summaryTextDelta"),
        ("let me see".to_owned(), 1)
    );
    assert_eq!(turn.items("reasoning")[0]["summary"], json!(["let me see"]));
    let message = turn.items("agentMessage")[0];
    assert_eq!(
        (&message["text"], &message["phase"]),
        (&json!("there"), &json!("final_answer"))
    );
}

#[tokio::test]
async fn the_thread_remembers_and_another_one_does_not_disturb_it() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    codex.turn("my colour is teal").await;
    let first = std::mem::take(&mut codex.thread);
    let other = codex
        .server
        .call(
            "thread/start",
            json!({ "cwd": codex.work, "approvalPolicy": "untrusted" }),
        )
        .await
        .expect("a thread");
    codex.thread = other["thread"]["id"].as_str().expect("an id").to_owned();
    let recall = r#"STUB:{"recall":true}"#;
    assert_eq!(codex.turn(recall).await.text, "no earlier user text");
    codex.thread = first;
    assert_eq!(codex.turn(recall).await.text, "my colour is teal");
}

#[tokio::test]
async fn a_held_reply_comes_when_it_is_released() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    codex
        .say(r#"STUB:{"text":"aabb","chunks":2,"hold_after":1,"hold":"gate"}"#)
        .await;
    assert_eq!(
        codex.server.heard("item/agentMessage/delta").await["delta"],
        "aa"
    );
    sim.wait_for_hold("gate").await;
    sim.release("gate");
    assert_eq!(codex.end().await.text, "aabb");
}

#[tokio::test]
async fn an_interrupt_leaves_the_hold_and_ends_the_turn() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    codex.say(r#"STUB:{"text":"never","hold":"gate"}"#).await;
    let begun = codex.server.heard("turn/started").await;
    sim.wait_for_hold("gate").await;
    codex
        .server
        .call(
            "turn/interrupt",
            json!({ "threadId": codex.thread, "turnId": begun["turn"]["id"] }),
        )
        .await
        .expect("an interrupt");
    assert_eq!(codex.end().await.status, "interrupted");
    sim.wait_for_request(|request| request.outcome == Outcome::Abandoned)
        .await;
}

#[tokio::test]
async fn what_joins_a_turn_ends_the_script_before_it() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    codex
        .say(r#"STUB:[{"tool":"exec_command","input":{"cmd":"true"}},{"text":"never"}]"#)
        .await;
    let method = "item/commandExecution/requestApproval";
    let asked = codex
        .server
        .wait_for("a question", |message| message["method"] == method)
        .await;
    let input = json!([{ "type": "text", "text": "turn left", "text_elements": [] }]);
    codex
        .server
        .call(
            "turn/steer",
            json!({ "threadId": codex.thread, "expectedTurnId": asked["params"]["turnId"], "input": input }),
        )
        .await
        .expect("a message in the turn");
    codex
        .server
        .answer(&asked, json!({ "decision": "decline" }))
        .await;
    assert_eq!(codex.end().await.text, "echo: turn left");
}
