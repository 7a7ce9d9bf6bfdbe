use model_sim::ModelSim;
use serde_json::{Value, json};

use crate::codex::{Codex, DEFAULT_MODEL, Login, Turn, model_requests};

const COMMAND: &str = "item/commandExecution/requestApproval";
const PATCH: &str = "item/fileChange/requestApproval";

/// Runs a turn that asks once, and answers so.
async fn asked(codex: &mut Codex, prompt: &str, method: &str, decision: &str) -> (Value, Turn) {
    codex.say(prompt).await;
    let mut before = codex.server.up_to(method).await;
    let request = before.last().cloned().unwrap_or_default();
    codex
        .server
        .answer(&request, json!({ "decision": decision }))
        .await;
    let mut turn = codex.end().await;
    before.append(&mut turn.messages);
    turn.messages = before;
    (request, turn)
}

#[tokio::test]
async fn a_command_asks_and_runs_when_it_is_accepted() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let prompt =
        r#"STUB:[{"tool":"exec_command","input":{"cmd":"echo hi > made && echo größer"}}]"#;
    let (request, turn) = asked(&mut codex, prompt, COMMAND, "accept").await;
    assert_eq!(
        request["params"]["command"],
        "/bin/bash -lc 'echo hi > made && echo größer'"
    );
    let item = turn.items("commandExecution")[0];
    assert_eq!(
        (
            &item["status"],
            &item["aggregatedOutput"],
            &item["exitCode"]
        ),
        (&json!("completed"), &json!("größer\n"), &json!(0))
    );
    assert!(codex.work.join("made").exists());
    // The model gets the result, and the script goes on.
    let end = "script finished; last tool result: ";
    assert!(
        turn.text.starts_with(end) && turn.text.ends_with("Output:\ngrößer\n"),
        "{}",
        turn.text
    );
}

#[tokio::test]
async fn a_command_that_is_declined_does_not_run_and_the_model_goes_on() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let prompt = r#"STUB:[{"tool":"exec_command","input":{"cmd":"touch made"}}]"#;
    let (_, turn) = asked(&mut codex, prompt, COMMAND, "decline").await;
    assert_eq!(turn.items("commandExecution")[0]["status"], "declined");
    assert!(!codex.work.join("made").exists());
    assert_eq!(turn.status, "completed");
    assert!(turn.text.contains("rejected by user"), "{}", turn.text);
}

#[tokio::test]
async fn a_command_that_is_cancelled_ends_the_turn() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let prompt = r#"STUB:[{"tool":"exec_command","input":{"cmd":"touch made"}}]"#;
    let (_, turn) = asked(&mut codex, prompt, COMMAND, "cancel").await;
    assert_eq!(turn.status, "interrupted");
    assert_eq!(model_requests(&sim).len(), 1);
}

const HELLO: &str = r"*** Begin Patch\n*** Add File: hello.txt\n+hello\n*** End Patch";

#[tokio::test]
async fn a_patch_asks_and_is_applied_when_it_is_accepted() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let prompt =
        format!(r#"STUB:[{{"custom":"apply_patch","input":"{HELLO}"}},{{"text":"done"}}]"#);
    let (request, turn) = asked(&mut codex, &prompt, PATCH, "accept").await;
    let file = codex.work.join("hello.txt");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "hello\n");
    let item = turn.items("fileChange")[0];
    assert_eq!(request["params"]["itemId"], item["id"]);
    assert_eq!(
        (&item["status"], &item["changes"]),
        (
            &json!("completed"),
            &json!([{ "path": file, "kind": { "type": "add" }, "diff": "hello\n" }])
        )
    );
    assert_eq!(turn.text, "done");
}

#[tokio::test]
async fn a_patch_that_is_declined_changes_nothing() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let prompt = format!(r#"STUB:[{{"custom":"apply_patch","input":"{HELLO}"}}]"#);
    let (_, turn) = asked(&mut codex, &prompt, PATCH, "decline").await;
    assert_eq!(turn.items("fileChange")[0]["status"], "declined");
    assert!(!codex.work.join("hello.txt").exists());
    assert!(turn.text.contains("rejected by user"), "{}", turn.text);
}

#[tokio::test]
async fn several_calls_of_one_reply_are_one_step_of_the_script() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    codex
        .say(
            r#"STUB:[{"thinking":"two","text":"both","tools":[{"tool":"exec_command","input":{"cmd":"echo one"}},
            {"tool":"exec_command","input":{"cmd":"echo two"}}]},{"text":"second step"}]"#,
        )
        .await;
    for _ in 0..2 {
        let request = codex
            .server
            .wait_for("a question", |message| message["method"] == COMMAND)
            .await;
        codex
            .server
            .answer(&request, json!({ "decision": "accept" }))
            .await;
    }
    assert_eq!(codex.end().await.text, "second step");
}

#[tokio::test]
async fn arguments_that_are_not_json_come_back_as_an_error_to_the_model() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let turn = codex
        .turn(r#"STUB:[{"tool":"exec_command","input":"{broken"}]"#)
        .await;
    assert!(
        turn.text.contains("failed to parse function arguments"),
        "{}",
        turn.text
    );
}

/// The default model is given one tool that runs JavaScript, and what that calls asks as if it were called alone.
#[tokio::test]
async fn commands_and_patches_inside_javascript_ask_too() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start_with(&sim, Login::Key, DEFAULT_MODEL).await;
    let prompt = r#"STUB:[{"custom":"exec","namespace":"functions",
        "input":"const done = await tools.exec_command({cmd:'echo from-js'}); text(done.output)"}]"#;
    let (request, turn) = asked(&mut codex, prompt, COMMAND, "accept").await;
    assert_eq!(request["params"]["command"], "/bin/bash -lc 'echo from-js'");
    assert!(turn.text.ends_with("from-js\n"), "{}", turn.text);
    let prompt = format!(
        r#"STUB:[{{"custom":"exec","input":"await tools.apply_patch(`{HELLO}`)"}},{{"text":"done"}}]"#
    );
    let (_, turn) = asked(&mut codex, &prompt, PATCH, "accept").await;
    assert_eq!(turn.items("fileChange")[0]["status"], "completed");
    assert!(codex.work.join("hello.txt").exists());
}
