//! What a sub-agent of the real agent program does is shown below the call that started it.

use discord_sim::MessageView;
use serde_json::{Value, json};

use crate::stage::{Stage, until};

/// A call of the tool that starts a sub-agent, whose model does what its prompt says.
fn agent(description: &str, play: &Value) -> Value {
    json!({"tool": "Agent", "input": {
        "description": description, "subagent_type": "general-purpose",
        "prompt": format!("look STUB:{play}")}})
}

/// A command that says that it has begun and waits until the test lets it.
fn waiting(name: &str) -> Value {
    let command = format!("touch begun-{name}; until [ -e go-{name} ]; do sleep 0.05; done");
    json!({"tool": "Bash", "input": {"command": command, "description": "wait"}})
}

/// The lines below a live message's text that tell what the agent does.
fn at_work(message: &MessageView) -> Vec<String> {
    let lines = message
        .content
        .lines()
        .filter(|line| line.starts_with("-# "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn what_a_sub_agent_does_is_shown_below_the_call_that_started_it() {
    let mut settings = crate::stage::Settings::default();
    settings.allowed_tools.push("Agent");
    let stage = Stage::with(settings).await;
    let below = json!([waiting("below"), {"text": "the sub-agent's report"}]);
    let play =
        json!([agent("count the pineapples", &below), waiting("above"), {"text": "all done"}]);
    let thread = stage.ask("ann", &format!("begin STUB:{play}")).await;
    let has_begun = |name: &str| stage.project().join(format!("begun-{name}")).exists();
    until("the sub-agent works", || has_begun("below")).await;
    let live = stage.live(thread, "begun-below").await;
    let lines = at_work(&live);
    assert!(
        lines[0].contains("Agent\\: count the pineapples"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("↳ Bash\\: touch begun-below"),
        "{lines:?}"
    );
    assert!(!has_begun("above"));

    std::fs::write(stage.project().join("go-below"), "").unwrap();
    until("the agent itself works again", || has_begun("above")).await;
    let live = stage.live(thread, "begun-above").await;
    assert!(!live.content.contains("pineapples"), "{}", live.content);
    assert!(!live.content.contains("begun-below"), "{}", live.content);
    std::fs::write(stage.project().join("go-above"), "").unwrap();
    let answer = stage.answer(thread, "all done").await;
    assert!(!answer.content.contains("report"), "{}", answer.content);
    assert!(stage.model_saw("the sub-agent's report"));
    stage.until_settled().await;
}
