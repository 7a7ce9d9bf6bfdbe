//! People say yes and no on Discord to commands within and outside of Codex's sandbox.

use serde_json::{Value, json};

use super::{owners_decide, plays, run, settings, settles};
use crate::{
    approvals::labels,
    stage::{Settings, Stage},
};

/// What a question says of a call that leaves the sandbox.
const OUTSIDE: &str = "🔓 **This runs outside of the sandbox";

/// A call that runs a command outside of the sandbox, and what the model says about it.
fn escalated(command: &str, justification: Option<&str>) -> Value {
    let mut call = run(command);
    call["input"]["sandbox_permissions"] = json!("require_escalated");
    if let Some(words) = justification {
        call["input"]["justification"] = json!(words);
    }
    call
}

/// What a file of the project says.
fn file(stage: &Stage, name: &str) -> String {
    std::fs::read_to_string(stage.project().join(name)).unwrap_or_default()
}

#[tokio::test]
async fn a_yes_for_the_session_covers_the_same_command_within_the_sandbox_only() {
    let stage = Stage::with(owners_decide()).await;
    let command = "echo x >> ran";
    let calls = [run(command), run(command), escalated(command, None)];
    let thread = stage.ask("ann", &plays(calls, "the end")).await;
    let messages = stage.owners_messages();
    let question = stage.question(messages, ">> ran").await;
    stage
        .pressed("owner", &question, "Allow for this session")
        .await;
    let outside = stage.question(messages, OUTSIDE).await;
    assert_eq!(file(&stage, "ran"), "x\nx\n");
    assert_eq!(stage.count(messages, "wants to run a command"), 2);
    assert_eq!(
        labels(&outside),
        ["Allow once", "Deny", "Deny with a reason…"]
    );
    stage.pressed("owner", &outside, "Deny").await;
    stage.answer(thread, "the end").await;
    assert_eq!(file(&stage, "ran"), "x\nx\n");
    settles(&stage).await;
}

#[tokio::test]
async fn a_rule_lets_a_command_run_within_the_sandbox_and_an_owner_outside_of_it() {
    let stage = Stage::with(Settings {
        approvers: "\"owners\"",
        ..settings()
    })
    .await;
    let outside = stage.codex_home().parent().unwrap().join(format!(
        "outside-{}",
        stage.home().file_name().unwrap().display()
    ));
    let touch = format!("touch {}", outside.display());
    let calls = [
        run("echo x >> within"),
        run(&touch),
        escalated(&touch, Some("may I *touch* it?")),
        escalated(&touch, None),
    ];
    let thread = stage.ask("ann", &plays(calls, "the end")).await;
    let messages = stage.owners_messages();
    let with_words = stage.question(messages, "the agent says").await;
    assert_eq!(file(&stage, "within"), "x\n");
    for part in [
        OUTSIDE,
        &touch,
        "what is allowed by rule is allowed within the sandbox only; the agent says\\: may I \\*touch\\* it?",
    ] {
        assert!(with_words.content.contains(part), "{}", with_words.content);
    }
    assert!(!outside.exists(), "it ran outside of the sandbox");
    stage.pressed("owner", &with_words, "Deny").await;
    let without = |message: &discord_sim::MessageView| {
        message.content.contains(OUTSIDE)
            && !message.content.contains("the agent says")
            && !message.components.is_empty()
    };
    let without_words = stage.sim.wait_for_message(messages, without).await;
    assert!(!outside.exists(), "it ran although it was denied");
    stage.pressed("owner", &without_words, "Allow once").await;
    stage.answer(thread, "the end").await;
    std::fs::remove_file(&outside).expect("it ran outside of the sandbox");
    assert_eq!(stage.count(messages, "wants to run a command"), 2);
    settles(&stage).await;
}
