//! What the agent wants to be told, and plans.

use super::*;

fn calls(tool: &str, input: &Value, then: &str) -> String {
    format!(
        "STUB:{}",
        json!([{"tool": tool, "input": input}, {"text": then}])
    )
}

fn which(question: &str, many: bool) -> Value {
    json!({"question": question, "header": "Colour", "multiSelect": many, "options": [
        {"label": "Red", "description": "like a rose"},
        {"label": "Blue", "description": "like the sea"}]})
}

#[tokio::test]
async fn what_the_agent_asks_is_answered_with_a_button() {
    let stage = Stage::with(owners_decide()).await;
    let input = json!({"questions": [which("Which colour?", false)]});
    let thread = stage
        .ask("ann", &calls("AskUserQuestion", &input, "the end"))
        .await;
    let question = stage.question(thread, "Which colour?").await;
    assert_eq!(
        labels(&question),
        ["Red", "Blue", "Something else…", "Dismiss"]
    );
    let stranger = stage.pressed("nobody", &question, "Red").await;
    assert!(
        stranger.starts_with("Only people who could have asked"),
        "{stranger}"
    );
    stage.pressed("ann", &question, "Blue").await;
    stage.answer(thread, "the end").await;
    stage.closed(question.at(), "✅ Answered by <@").await;
    assert!(stage.model_saw("Blue"));
    stage.until_settled().await;
}

#[tokio::test]
async fn several_questions_have_lists_and_are_answered_one_by_one() {
    let stage = Stage::with(owners_decide()).await;
    let input = json!({"questions": [which("Which one?", false), which("Which ones?", true)]});
    let thread = stage
        .ask("ann", &calls("AskUserQuestion", &input, "the end"))
        .await;
    let question = stage.question(thread, "Which one?").await;
    let ann = stage.sim.user("ann");
    let many = control(&question, "Which ones?");
    let chosen = ann.selects(question.at(), &many, ["Red", "Blue"]).await;
    assert_eq!(
        told("ann", &chosen).await,
        "Noted. There is more to be answered."
    );
    let noted = |message: &MessageView| message.content.contains("➡️ Red, Blue");
    stage.sim.wait_for_message(thread, noted).await;
    let other: Vec<String> = labels(&question);
    let other = other
        .iter()
        .find(|label| label.starts_with("Something else"))
        .unwrap();
    let form = stage.press("ann", &question, other).await;
    form.acknowledged().await;
    told("ann", &form.submits([("answer", "a pineapple")])).await;
    stage.answer(thread, "the end").await;
    assert!(stage.model_saw("a pineapple") && stage.model_saw("Red, Blue"));
    stage.closed(question.at(), "✅ Answered by <@").await;
    stage.until_settled().await;
}

#[tokio::test]
async fn an_answer_to_one_of_several_questions_outlives_the_server() {
    let mut stage = Stage::with(owners_decide()).await;
    let input = json!({"questions": [which("Which one?", false), which("Which other?", false)]});
    let thread = stage
        .ask("ann", &calls("AskUserQuestion", &input, "the end"))
        .await;
    let question = stage.question(thread, "Which one?").await;
    let ann = stage.sim.user("ann");
    let chosen = control(&question, "Which one?");
    let chosen = ann.selects(question.at(), &chosen, ["Red"]).await;
    let said = told("ann", &chosen).await;
    assert_eq!(said, "Noted. There is more to be answered.");
    stage.restart_after_kill().await;
    let other = control(&question, "Which other?");
    let other = ann.selects(question.at(), &other, ["Blue"]).await;
    assert_eq!(told("ann", &other).await, "Answered. The agent goes on.");
    stage.answer(thread, "the end").await;
    stage.closed(question.at(), "✅ Answered by <@").await;
    for answer in [r#"\"Which one?\"=\"Red\""#, r#"\"Which other?\"=\"Blue\""#] {
        assert!(stage.model_saw(answer), "{answer}");
    }
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, "the end"), 1);
}

/// An agent that has a plan, and says what it was told of it. The real one asks only in its plan mode.
const PLANNER: &str = r#"
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        take(line)
        say(type="control_request", request_id=line["uuid"], request={"subtype": "can_use_tool",
            "tool_name": "ExitPlanMode", "input": {"plan": "1. eat the pineapple"},
            "tool_use_id": line["uuid"]})
    elif kind(line) == "control_response":
        told = line["response"]["response"]
        end(result="it is told " + told.get("message", told["behavior"]))
"#;

#[tokio::test]
async fn a_plan_is_approved_or_rejected_with_a_reason() {
    let stage = Stage::with(Settings {
        fake: Some(PLANNER.to_owned()),
        ..owners_decide()
    })
    .await;
    let good = stage.ask("ann", "make a plan").await;
    let question = stage.question(good, "eat the pineapple").await;
    assert_eq!(labels(&question), ["Approve", "Reject with a reason…"]);
    stage.pressed("ann", &question, "Approve").await;
    stage.answer(good, "it is told allow").await;
    stage.closed(question.at(), "✅ Approved by <@").await;
    let bad = stage.ask("ann", "make another").await;
    let question = stage.question(bad, "eat the pineapple").await;
    let form = stage.press("ann", &question, "Reject with a reason…").await;
    form.acknowledged().await;
    told("ann", &form.submits([("reason", "it is a hedgehog")])).await;
    stage.answer(bad, "it is a hedgehog").await;
    stage.closed(question.at(), "⛔ Rejected by <@").await;
    stage.until_settled().await;
}

#[tokio::test]
async fn in_plan_mode_an_agent_only_looks_until_its_plan_is_approved() {
    let (stage, thread, write) = planning().await;
    let play = json!([
        write,
        {"tool": "ExitPlanMode", "input": {"plan": "1. write it down",
            "allowedPrompts": [{"tool": "Bash", "prompt": "touch any file"}]}},
        write,
        {"tool": "Bash", "input": {"command": "touch ahead", "description": "it"}},
        {"text": "carried out"},
    ]);
    let ann = stage.sim.user("ann");
    ann.says(format!("go on STUB:{play}")).in_(thread).await;
    let question = stage.question(thread, "write it down").await;
    assert!(!stage.has("made"));
    let ahead = "is not allowed by approving it: Bash\\: touch any file\n";
    assert!(question.content.contains(ahead), "{}", question.content);
    stage.pressed("ann", &question, "Approve").await;
    // What the plan wanted to be allowed ahead is asked when it comes.
    let asked = stage.question(stage.owners_messages(), "touch ahead").await;
    stage.pressed("owner", &asked, "Deny").await;
    stage.answer(thread, "carried out").await;
    assert!(stage.has("made") && !stage.has("ahead"));

    // Also in the turns to come.
    std::fs::remove_file(stage.project().join("made")).unwrap();
    let play = json!([write, {"text": "once more"}]);
    ann.says(format!("again STUB:{play}")).in_(thread).await;
    stage.answer(thread, "once more").await;
    assert!(stage.has("made"));
    stage.until_settled().await;
}
