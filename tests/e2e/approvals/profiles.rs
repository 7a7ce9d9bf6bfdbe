//! What runs without a question, for whom, and who asks.

use super::*;

both!(an_owners_agent_may_do_everything_but_what_the_project_always_asks_for);

async fn an_owners_agent_may_do_everything_but_what_the_project_always_asks_for(program: Program) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    stage.set_env("BATON_PROJECTS__0__OWNER_TOOLS", "*");
    stage.set_env("BATON_PROJECTS__0__ASKED_TOOLS", "Bash(touch asked:*)");
    stage.start().await;
    let thread = stage
        .ask("owner", &runs(&["touch free", "touch asked"], "the end"))
        .await;
    let messages = stage.owners_messages();
    let question = stage.question(messages, "touch asked").await;
    assert!(stage.has("free") && !stage.has("asked"));
    // A yes for longer would be of no use.
    assert_eq!(
        labels(&question),
        ["Allow once", "Deny", "Deny with a reason…"]
    );
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    assert!(stage.has("asked"));
    assert_eq!(stage.count(messages, "wants to run"), 1);
    // For a member's agent nothing of that holds.
    let other = stage.ask("ann", &runs(&["touch hers"], "her end")).await;
    let question = stage.question(messages, "touch hers").await;
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(other, "her end").await;
    assert!(!stage.has("hers"));
    stage.until_settled().await;
}

#[tokio::test]
async fn what_a_sub_agent_wants_is_asked_with_its_name_and_shown_below_its_call() {
    let mut settings = owners_decide();
    settings.allowed_tools.push("Agent");
    let stage = Stage::with(settings).await;
    let below = json!([
        {"tool": "Bash", "input": {"command": "touch below", "description": "it"}},
        {"text": "the report"},
    ]);
    let play = json!([
        {"tool": "Agent", "input": {"description": "count the pineapples",
            "subagent_type": "general-purpose", "prompt": format!("look STUB:{below}")}},
        {"text": "the end"},
    ]);
    let thread = stage.ask("ann", &format!("begin STUB:{play}")).await;
    let question = stage.question(stage.owners_messages(), "touch below").await;
    assert!(
        question
            .content
            .contains("👥 A sub-agent asks: general-purpose"),
        "{}",
        question.content
    );
    let asked = stage.pending().await;
    assert_eq!(asked[0].sub_agent.as_deref(), Some("general-purpose"));
    // Nobody has allowed it yet, so nobody is told here what it is.
    let live = stage.live(thread, "↳ Bash").await;
    assert!(!live.content.contains("touch"), "{}", live.content);
    let lines: Vec<&str> = live.content.lines().collect();
    let above = lines
        .iter()
        .position(|line| line.contains("count the pineapples"));
    let line = lines.iter().position(|line| line.contains("↳ Bash"));
    assert!(above.is_some() && above < line, "{}", live.content);
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    assert!(stage.has("below"));
    assert!(stage.model_saw("the report"));
    stage.until_settled().await;
}
