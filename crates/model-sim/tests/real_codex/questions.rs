//! What Codex asks beside whether a command or a patch may be.

use model_sim::ModelSim;
use serde_json::{Value, json};

use crate::codex::{Codex, Login, PLAIN_MODEL};

/// The question of a command, without what differs from one to the next.
async fn question(codex: &mut Codex, script: &str) -> Value {
    codex.say(&format!("STUB:{script}")).await;
    let method = "item/commandExecution/requestApproval";
    let mut request = codex
        .server
        .wait_for("a question", |message| message["method"] == method)
        .await;
    codex
        .server
        .answer(&request, json!({ "decision": "decline" }))
        .await;
    codex.end().await;
    if let Some(params) = request["params"].as_object_mut() {
        params.retain(|name, _| !["turnId", "itemId", "startedAtMs"].contains(&name.as_str()));
    }
    request["params"].take()
}

/// Who accepts the second command lets it out of the sandbox. A Codex in which this test fails has begun to say so.
#[tokio::test]
async fn a_command_that_wants_out_of_the_sandbox_is_told_from_another_only_by_what_the_model_says_about_it()
 {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let plain = question(
        &mut codex,
        r#"{"tool":"exec_command","input":{"cmd":"true"}}"#,
    )
    .await;
    let silent = r#"{"tool":"exec_command","input":{"cmd":"true","sandbox_permissions":"require_escalated"}}"#;
    assert_eq!(question(&mut codex, silent).await, plain);
    let mut with_reason = plain;
    with_reason["reason"] = json!("may I?");
    let asked = r#"{"tool":"exec_command","input":{"cmd":"true","sandbox_permissions":"require_escalated",
        "justification":"may I?"}}"#;
    assert_eq!(question(&mut codex, asked).await, with_reason);
}

#[tokio::test]
async fn in_plan_mode_the_model_may_ask_people() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let options = json!([{ "label": "A", "description": "first" }, { "label": "B", "description": "second" }]);
    let asked =
        json!([{ "id": "q", "header": "Pick", "question": "Which one?", "options": options }]);
    let script = json!([{ "tool": "request_user_input", "input": { "questions": asked } }]);
    let settings =
        json!({ "model": PLAIN_MODEL, "reasoning_effort": null, "developer_instructions": null });
    let input = json!([{ "type": "text", "text": format!("STUB:{script}"), "text_elements": [] }]);
    codex
        .server
        .call(
            "turn/start",
            json!({
                "threadId": codex.thread, "input": input,
                "collaborationMode": { "mode": "plan", "settings": settings },
            }),
        )
        .await
        .expect("a turn");
    let method = "item/tool/requestUserInput";
    let request = codex
        .server
        .wait_for("a question", |message| message["method"] == method)
        .await;
    let question = &request["params"]["questions"][0];
    assert_eq!(
        (&question["question"], &question["options"]),
        (&json!("Which one?"), &options)
    );
    codex
        .server
        .answer(
            &request,
            json!({ "answers": { "q": { "answers": ["B"] } } }),
        )
        .await;
    assert_eq!(
        codex.end().await.text,
        r#"script finished; last tool result: {"answers":{"q":{"answers":["B"]}}}"#
    );
}
