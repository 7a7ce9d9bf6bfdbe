//! Plans of the real agent program, which asks for them in its plan mode only.

use baton::words::{AgentMode, ChannelId as Place};

use super::*;

/// In which mode the agent of a conversation works.
async fn mode(stage: &Stage, thread: ChannelId) -> AgentMode {
    let store = stage.store().await;
    let session = store.session_in(Place::new(thread.get())).await.unwrap();
    store.close().await;
    session.unwrap().mode
}

#[tokio::test]
async fn an_agent_whose_plan_is_rejected_hears_why_and_plans_on_until_one_is_approved() {
    let (stage, thread, write) = planning().await;
    let play = json!([
        {"tool": "ExitPlanMode", "input": {"plan": "1. ask the hedgehog"}},
        write,
        {"tool": "ExitPlanMode", "input": {"plan": "1. eat the pineapple"}},
        write,
        {"text": "carried out"},
    ]);
    let ann = stage.sim.user("ann");
    ann.says(format!("go on STUB:{play}")).in_(thread).await;

    let first = stage.question(thread, "ask the hedgehog").await;
    assert_eq!(labels(&first), ["Approve", "Reject with a reason…"]);
    let form = stage.press("ann", &first, "Reject with a reason…").await;
    form.acknowledged().await;
    let sent = form.submits([("reason", "it is asleep in winter")]);
    assert_eq!(told("ann", &sent).await, "Denied. The agent is told.");
    // Only in plan mode is there a plan to be asked about.
    let second = stage.question(thread, "eat the pineapple").await;
    let rejected = stage.closed(first.at(), "⛔ Rejected by <@").await;
    assert!(
        rejected.content.contains("asleep in winter"),
        "{}",
        rejected.content
    );
    assert!(stage.model_saw("A person decided against it and says: it is asleep in winter"));
    assert!(!stage.has("made"), "it was carried out all the same");
    assert_eq!(mode(&stage, thread).await, AgentMode::Plan);

    stage.pressed("ann", &second, "Approve").await;
    stage.answer(thread, "carried out").await;
    stage.closed(second.at(), "✅ Approved by <@").await;
    assert!(stage.has("made"));
    assert_eq!(mode(&stage, thread).await, AgentMode::Default);
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "carried out"), 1);
}

// Codex asks nobody about a plan: it is its answer, and people end plan mode by `/session mode`.
#[tokio::test]
async fn codex_answers_with_its_plan_and_carries_it_out_when_people_end_plan_mode() {
    let (stage, thread) = planning_by(Program::Codex).await;
    let ann = stage.sim.user("ann");
    for (said, before) in [("first", "Let me think.\n\n"), ("second", "")] {
        let plan =
            format!("{before}<proposed_plan>\n1. eat the {said} pineapple\n</proposed_plan>");
        let play = json!([{"text": plan}]);
        ann.says(format!("{said} STUB:{play}")).in_(thread).await;
        let answer = stage
            .answer(thread, &format!("eat the {said} pineapple"))
            .await;
        assert!(
            !answer.content.contains("proposed_plan"),
            "{}",
            answer.content
        );
        assert!(
            answer.content.starts_with(before.trim()),
            "{}",
            answer.content
        );
        assert!(answer.components.is_empty(), "{answer:?}");
        stage.until_settled().await;
    }
    assert_eq!(mode(&stage, thread).await, AgentMode::Plan);
    let default = [("mode", "default")];
    stage
        .command_with("ann", "session mode", default, thread)
        .await;
    let play = json!([{"do": {"write": {"file": stage.project().join("made"), "text": "x"}}},
        {"text": "carried out"}]);
    ann.says(format!("do it STUB:{play}")).in_(thread).await;
    stage.answer(thread, "carried out").await;
    assert!(stage.has("made"));
    stage.until_settled().await;
}

both!(in_plan_mode_an_agent_asks_people_and_changes_nothing);

async fn in_plan_mode_an_agent_asks_people_and_changes_nothing(program: Program) {
    let (stage, thread) = planning_by(program).await;
    let options = json!([["Red", "like a rose"], ["Blue", "like the sea"]]);
    let asks = |question: &str| json!({"do": {"ask": {"question": question, "options": options}}});
    let file = stage.project().join("made");
    let writes = json!({"do": {"write": {"file": file, "text": "x"}}});
    let play = json!([asks("Which colour?"), asks("Which other one?"), asks("And which last?"),
        writes, {"text": "my plan"}]);
    let ann = stage.sim.user("ann");
    ann.says(format!("go on STUB:{play}")).in_(thread).await;
    let first = stage.question(thread, "Which colour?").await;
    assert!(first.content.contains("like the sea"), "{}", first.content);
    assert_eq!(
        labels(&first),
        ["Red", "Blue", "Something else…", "Dismiss"]
    );
    let stranger = stage.pressed("nobody", &first, "Red").await;
    assert!(
        stranger.starts_with("Only people who could have asked"),
        "{stranger}"
    );
    stage.pressed("ann", &first, "Blue").await;
    stage.closed(first.at(), "✅ Answered by <@").await;
    let second = stage.question(thread, "Which other one?").await;
    let form = stage.press("ann", &second, "Something else…").await;
    form.acknowledged().await;
    told("ann", &form.submits([("answer", "a pineapple")])).await;
    let third = stage.question(thread, "And which last?").await;
    assert!(stage.model_saw("a pineapple"));
    stage.pressed("ann", &third, "Dismiss").await;
    stage.answer(thread, "my plan").await;
    assert!(stage.model_saw("The person did not want to answer."));
    assert!(!stage.has("made"));
    stage.until_settled().await;

    let default = [("mode", "default")];
    stage
        .command_with("ann", "session mode", default, thread)
        .await;
    let play = json!([writes, {"text": "carried out"}]);
    ann.says(format!("now STUB:{play}")).in_(thread).await;
    stage.answer(thread, "carried out").await;
    assert!(stage.has("made"));
    stage.until_settled().await;
}
