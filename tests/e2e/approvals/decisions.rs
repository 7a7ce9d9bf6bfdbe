//! What is decided reaches the agent, and everybody sees it.

use baton::words::RunState;

use super::*;

both!(an_owner_is_asked_in_private_and_what_he_allows_once_runs_once);

async fn an_owner_is_asked_in_private_and_what_he_allows_once_runs_once(program: Program) {
    let (stage, thread, question) = touching_by(program, "it").await;
    let pointer = stage
        .says(thread, "an owner was asked in a direct message")
        .await;
    assert!(!pointer.content.contains("touch"), "{}", pointer.content);
    assert_eq!(
        labels(&question),
        [
            "Allow once",
            "Allow for this session",
            "Deny",
            "Deny with a reason…",
            "Always in this project…"
        ]
    );
    let asks = format!(
        "**{}** in project **play** wants to run a command, for <@",
        program.name()
    );
    assert!(question.content.contains(&asks), "{}", question.content);
    let place = format!("📂 `{}`", stage.project().display());
    assert!(question.content.contains(&place), "{}", question.content);
    assert!(!stage.has("it"));
    let said = stage.pressed("owner", &question, "Allow once").await;
    assert_eq!(said, "Allowed. The agent goes on.");
    stage.answer(thread, "the end").await;
    assert!(stage.has("it"));
    let owner = stage.sim.user("owner").id();
    let wanted = format!("✅ Allowed once by <@{owner}>.");
    stage.closed(question.at(), &wanted).await;
    stage.closed(pointer.at(), &wanted).await;
    stage.until_settled().await;
}

both!(what_is_denied_does_not_run_and_the_reason_reaches_the_agent);

async fn what_is_denied_does_not_run_and_the_reason_reaches_the_agent(program: Program) {
    let stage = Stage::with(owners_decide_on(program)).await;
    let messages = stage.owners_messages();
    let asked = runs(&["touch one", "touch two"], "the end");
    let thread = stage.ask("ann", &asked).await;
    let first = stage.question(messages, "touch one").await;
    stage.pressed("owner", &first, "Deny").await;
    stage.closed(first.at(), "⛔ Denied by <@").await;
    let second = stage.question(messages, "touch two").await;
    let form = stage.press("owner", &second, "Deny with a reason…").await;
    form.acknowledged().await;
    let sent = form.submits([("reason", "the pineapple is not ripe")]);
    assert_eq!(told("owner", &sent).await, "Denied. The agent is told.");
    stage.answer(thread, "the end").await;
    stage.closed(second.at(), "the pineapple is not ripe").await;
    // What was written in private is not told where others read.
    stage.says(thread, "⛔ Denied by").await;
    stage.says(thread, "with a reason.").await;
    assert_eq!(stage.count(thread, "⛔ Denied by"), 2);
    assert_eq!(stage.count(thread, "pineapple"), 0);
    assert!(stage.model_saw("the pineapple is not ripe"));
    assert!(!stage.has("one") && !stage.has("two"));
    stage.until_settled().await;
}

both!(what_is_allowed_for_the_session_is_not_asked_again);

async fn what_is_allowed_for_the_session_is_not_asked_again(program: Program) {
    let stage = Stage::with(owners_decide_on(program)).await;
    stage.until_commands().await;
    let asked = runs(&["touch it", "touch it"], "the end");
    let thread = stage.ask("ann", &asked).await;
    let messages = stage.owners_messages();
    let question = stage.question(messages, "touch it").await;
    stage
        .pressed("owner", &question, "Allow for this session")
        .await;
    stage.answer(thread, "the end").await;
    let rule = format!("`Bash(touch it) in {}`", stage.project().display());
    let offered = format!(
        "🔁 **Allow for this session** covers this very command, in this directory: {rule}\n"
    );
    assert!(question.content.contains(&offered), "{}", question.content);
    let ended = stage
        .closed(question.at(), "✅ Allowed for this session by")
        .await;
    let made = format!(": {rule}, this very command, in this directory.");
    assert!(ended.content.ends_with(&made), "{}", ended.content);
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "touch it) in"), 0);
    assert_eq!(stage.count(messages, "touch it"), 1);
    let listed = stage.command("owner", "grants list", thread).await;
    assert!(listed.contains("in one conversation"), "{listed}");
    let offered = async |who: &str| {
        let typing = stage.sim.user(who);
        let typing = typing.completes(thread, "grants revoke", [("x", "y"); 0], ("grant", ""));
        let typing = typing.await;
        typing.acknowledged().await;
        typing.data().unwrap()
    };
    assert_eq!(
        offered("ann").await,
        serde_json::json!([]),
        "it is not hers"
    );
    let grant = offered("owner").await[0]["value"]
        .as_str()
        .unwrap()
        .to_owned();
    let taken = |who| stage.command_with(who, "grants revoke", [("grant", grant.clone())], thread);
    let unknown = "There is no such grant that you could take back. Choose one of those that the option \
                   `grant` offers.";
    assert_eq!(taken("ann").await, unknown);
    assert_eq!(
        taken("owner").await,
        "Taken back: from now on it is asked for again."
    );
    assert_eq!(taken("owner").await, unknown);
    let again = stage.sim.user("ann").says(runs(&["touch it"], "once more"));
    again.in_(thread).await;
    let question = stage
        .sim
        .wait_for(|world| {
            let mut all = world.messages(messages).into_iter();
            all.rfind(|message| !message.components.is_empty())
        })
        .await;
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "once more").await;
    stage.until_settled().await;
}

// With Codex each command begins in the project, wherever the one before has gone.
#[tokio::test]
async fn what_is_allowed_in_one_directory_is_asked_again_in_another() {
    let stage = Stage::with(owners_decide()).await;
    std::fs::create_dir(stage.project().join("deeper")).unwrap();
    let messages = stage.owners_messages();
    let asked = runs(&["touch it", "cd deeper", "touch it"], "the end");
    let thread = stage.ask("ann", &asked).await;
    let here = stage.question(messages, "touch it").await;
    let session = "Allow for this session";
    stage.pressed("owner", &here, session).await;
    let change = stage.question(messages, "cd deeper").await;
    stage.pressed("owner", &change, session).await;
    let there = stage.question(messages, "/deeper`").await;
    assert!(there.content.contains("touch it"), "{}", there.content);
    stage.pressed("owner", &there, "Deny").await;
    stage.answer(thread, "the end").await;
    assert!(stage.has("it") && !stage.has("deeper/it"));
    stage.until_settled().await;
}

both!(whoever_stops_the_agent_ends_the_question);

async fn whoever_stops_the_agent_ends_the_question(program: Program) {
    let (stage, thread, question) = touching_by(program, "it").await;
    stage.until_commands().await;
    let waits = stage.command("owner", "approvals", thread).await;
    assert!(waits.starts_with("1. 🔐 Bash in play, for <@"), "{waits}");
    let for_ann = stage.command("ann", "approvals", thread).await;
    assert_eq!(for_ann, "Nothing waits for your decision.");
    stage.command("ann", "cancel", thread).await;
    stage
        .closed(question.at(), "🛑 This does not matter any more.")
        .await;
    stage.says(thread, "🛑 Cancelled").await;
    stage.until_settled().await;
    assert!(!stage.has("it"));
    assert_eq!(
        stage.command("owner", "approvals", thread).await,
        "Nothing waits for your decision."
    );
}

both!(a_message_that_interrupts_ends_the_question_and_is_answered);

async fn a_message_that_interrupts_ends_the_question_and_is_answered(program: Program) {
    let mut settings = owners_decide_on(program);
    let busy = ("BATON_PROJECTS__0__BUSY".into(), "interrupt".into());
    settings.env.push(busy);
    let stage = Stage::with(settings).await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    let pointer = stage.says(thread, "an owner was asked").await;
    let run = stage.open_run(thread).await;
    let other = r#"rather this STUB:[{"text":"the other answer"}]"#;
    stage.sim.user("ann").says(other).in_(thread).await;
    for at in [question.at(), pointer.at()] {
        stage.closed(at, "🛑 This does not matter any more.").await;
    }
    stage.answer(thread, "the other answer").await;
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.pending().await, []);
    assert_eq!(stage.count(thread, "🛑 Cancelled."), 1);
    assert_eq!(stage.answers(thread, ""), 1);
    assert!(!stage.has("it"));
}
