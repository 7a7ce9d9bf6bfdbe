//! An agent's model and mode are changed while it lives.

use baton::words::{AgentMode, Busy};
use discord_sim::ChannelId;
use serde_json::json;

use crate::stage::{Program, Settings, Stage, commands_with};

/// Has the agent work until the test lets it, and waits until it does.
async fn at_work(stage: &Stage, thread: ChannelId) {
    let wait = json!([
        {"do": {"run": "touch begun; until [ -e go ]; do sleep 0.05; done"}},
        {"text": "done waiting"},
    ]);
    let said = format!("wait STUB:{wait}");
    stage.sim.user("ann").says(said).in_(thread).await;
    let begun = stage.project().join("begun");
    crate::stage::until("the tool has begun", || begun.exists()).await;
}

fn let_go(stage: &Stage) {
    std::fs::write(stage.project().join("go"), "").unwrap();
}

/// With which models the model service was asked, in order, doubles left out.
fn models(stage: &Stage) -> Vec<String> {
    let mut models: Vec<String> = stage
        .model
        .requests()
        .iter()
        .filter(|request| request.user_text.is_some())
        .filter_map(|request| Some(request.body["model"].as_str()?.to_owned()))
        .collect();
    models.dedup();
    models
}

/// Whether the newest agent is in the plan mode of its program.
fn plans(stage: &Stage) -> bool {
    match stage.program() {
        Program::Claude => !commands_with("--permission-mode plan").is_empty(),
        // Only there it is told how to ask people.
        Program::Codex => {
            let newest = stage.model.requests().pop().unwrap();
            newest.body.to_string().contains("<proposed_plan>")
        }
    }
}

async fn mode_of(stage: &Stage, thread: ChannelId) -> (Option<String>, AgentMode) {
    let thread = baton::words::ChannelId::new(thread.get());
    let store = stage.store().await;
    let session = store.session_in(thread).await.unwrap().unwrap();
    store.close().await;
    (session.model, session.mode)
}

const NEXT_TURN: &str = "Done: it holds from the next message there on.";
const TAKEN: &str =
    "Done: the agent has taken it. What it is at work on now it may finish as it began.";

both!(another_model_reaches_a_warm_agent_and_one_at_work_without_a_restart);

async fn another_model_reaches_a_warm_agent_and_one_at_work_without_a_restart(program: Program) {
    let stage = Stage::of(program).await;
    stage.until_commands().await;
    let said = r#"hello STUB:[{"text":"answer one"}]"#;
    let thread = stage.ask("ann", said).await;
    stage.answer(thread, "answer one").await;
    let agents = stage.agents();

    let others = match program {
        Program::Claude => ["claude-sonnet-4-6", "claude-haiku-4-5"],
        // The first calls tools by their names.
        Program::Codex => ["gpt-5.4", "gpt-5.6-terra"],
    };
    let first = [("model", others[0])];
    let told = stage
        .command_with("ann", "session model", first, thread)
        .await;
    assert_eq!(told, NEXT_TURN);
    at_work(&stage, thread).await;
    assert_eq!(models(&stage).last().unwrap(), others[0]);

    let second = [("model", others[1])];
    let told = stage
        .command_with("ann", "session model", second, thread)
        .await;
    assert_eq!(told, TAKEN);
    let_go(&stage);
    stage.answer(thread, "done waiting").await;
    let ann = stage.sim.user("ann");
    ann.says(r#"on STUB:[{"text":"answer three"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer three").await;
    assert_eq!(models(&stage).last().unwrap(), others[1]);
    assert_eq!(stage.agents(), agents, "the agent was started anew");
}

both!(a_mode_is_told_to_a_living_agent_and_given_to_the_next_one);

async fn a_mode_is_told_to_a_living_agent_and_given_to_the_next_one(program: Program) {
    let mut stage = Stage::of(program).await;
    stage.until_commands().await;
    let said = r#"hello STUB:[{"text":"answer one"}]"#;
    let thread = stage.ask("ann", said).await;
    stage.answer(thread, "answer one").await;
    let agents = stage.agents();
    let told = stage
        .command_with("ann", "session mode", [("mode", 1)], thread)
        .await;
    assert_eq!(told, NEXT_TURN);
    let ann = stage.sim.user("ann");
    let change = json!([
        {"do": {"run": "touch changed"}},
        {"text": "answer two"},
    ]);
    ann.says(format!("change it STUB:{change}"))
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
    let (_, turn) = stage.turn_with("change it").await;
    assert!(turn.starts_with("[plan mode: "), "{turn}");
    assert!(!stage.project().join("changed").exists());
    assert_eq!(stage.agents(), agents, "the agent was started anew");
    assert_eq!(mode_of(&stage, thread).await, (None, AgentMode::Plan));

    // What an earlier server's agent is set to nobody knows, so it is told again; a new one is started so.
    stage.restart_after_kill().await;
    let ann = stage.sim.user("ann");
    ann.says(r#"plan STUB:[{"text":"answer three"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer three").await;
    assert_eq!(stage.agents(), agents, "the agent was started anew");
    for agent in agents {
        let agent = nix::unistd::Pid::from_raw(agent.try_into().unwrap());
        nix::sys::signal::kill(agent, nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    let ann = stage.sim.user("ann");
    ann.says(r#"plan STUB:[{"text":"answer four"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer four").await;
    assert!(plans(&stage), "the new agent was not started in plan mode");
}

#[tokio::test]
async fn what_an_agent_at_work_refuses_is_told_and_everything_is_as_it_was() {
    let stage = Stage::with(Settings {
        fake: Some(
            r#"
asked = None
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        asked = line
        take(line)
        open("begun", "w").close()
    elif kind(line) == "set_model":
        say(type="control_response", response={
            "subtype": "error", "request_id": line["request_id"], "error": "no *such* model"})
        answer(asked, "never mind")
"#
            .to_owned(),
        ),
        ..Settings::default()
    })
    .await;
    stage.until_commands().await;
    let thread = stage.ask("ann", "hello").await;
    let begun = stage.project().join("begun");
    crate::stage::until("the agent works", || begun.exists()).await;
    let told = stage
        .command_with("ann", "session model", [("model", "nonesuch")], thread)
        .await;
    assert_eq!(
        told,
        "The agent does not take that, so everything is as it was. It says: no \\*such\\* model"
    );
    stage.answer(thread, "never mind").await;
    assert_eq!(mode_of(&stage, thread).await, (None, AgentMode::Default));
    let told = stage
        .command_with("ann", "session model", [("model", "--resume")], thread)
        .await;
    assert_eq!(
        told,
        "This is no name of a model. Write it as the agent program shows it."
    );
}

both!(a_conversation_that_is_cleared_stays_set_as_it_was);

async fn a_conversation_that_is_cleared_stays_set_as_it_was(program: Program) {
    let stage = Stage::of(program).await;
    stage.until_commands().await;
    let said = r#"hello STUB:[{"text":"answer one"}]"#;
    let thread = stage.ask("ann", said).await;
    stage.answer(thread, "answer one").await;
    stage.until_settled().await;
    let plan = [("mode", "plan")];
    stage
        .command_with("ann", "session mode", plan, thread)
        .await;
    let steer = [("does", "steer")];
    stage
        .command_with("ann", "session busy", steer, thread)
        .await;
    stage.command("ann", "session clear", thread).await;
    stage.says(thread, "🧹").await;
    assert_eq!(mode_of(&stage, thread).await, (None, AgentMode::Plan));
    let store = stage.store().await;
    let session = store
        .session_in(baton::words::ChannelId::new(thread.get()))
        .await
        .unwrap();
    let mut tx = store.write().await.unwrap();
    let busy = tx.busy_of(session.unwrap().id).await.unwrap();
    drop(tx);
    store.close().await;
    assert_eq!(busy, Some(Busy::Steer));
}
