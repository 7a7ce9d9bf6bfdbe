//! `kill -9` of the server at each point of a message's way.

use std::fs;

use baton::{
    clock::Millis,
    store::{NewRequest, NewRun},
    words::{self, RunState},
};
use discord_sim::{ChannelId, Rule};

use super::{answered_once, streamed, the_agent, tool, until_there};
use crate::stage::{Program, Settings, Stage, thread_of, until};

#[tokio::test]
async fn killed_after_the_event_came_and_before_it_was_accepted() {
    let mut stage = Stage::open().await;
    // What is written between READY and this line is read back, and comes as no event.
    until("it is connected", || {
        stage.log().contains("connected to Discord")
    })
    .await;
    // Events are taken up only when the first look at the channels is over, which writes as well.
    let bob = stage.sim.user("bob");
    bob.says("good morning").in_(stage.channel()).await;
    until_arrived(&stage, 1).await;
    let store = stage.store().await;
    let occupied = store.write().await.unwrap();
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"caught up"}]"#)
        .await;
    until_arrived(&stage, 2).await;
    stage.kill().await;
    drop(occupied);
    store.close().await;
    assert_eq!(stage.sim.threads(stage.channel()), []);
    stage.start().await;
    answered_once(&stage, thread, "caught up").await;
}

/// Waits until so many messages came as events.
async fn until_arrived(stage: &Stage, messages: usize) {
    until("the event has come", || {
        stage.log().matches("a message has arrived").count() >= messages
    })
    .await;
}

both!(killed_after_it_was_accepted);

async fn killed_after_it_was_accepted(program: Program) {
    let mut stage = Stage::of(program).await;
    let hold = stage.sim.hold(Rule::add_reaction());
    let said = stage
        .sim
        .user("ann")
        .says(r#"@bot hello STUB:[{"text":"accepted"}]"#);
    let said = said.in_(stage.channel()).await;
    hold.arrived().await;
    stage.kill().await;
    drop(hold);
    stage.start().await;
    answered_once(&stage, thread_of(said), "accepted").await;
    assert!(stage.sim.message(said).unwrap().has_reaction("👀"));
}

both!(killed_while_a_run_is_queued);

async fn killed_while_a_run_is_queued(program: Program) {
    let env = vec![("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned())];
    let mut stage = Stage::with(Settings {
        env,
        ..Settings::of(program)
    })
    .await;
    let first = stage.ask("ann", &streamed("the first ", "answer")).await;
    stage.model.wait_for_hold("middle").await;
    let second = stage
        .ask("ann", r#"me too STUB:[{"text":"the second answer"}]"#)
        .await;
    stage.says(second, "yours is next").await;
    let agent = the_agent(&stage);
    stage.restart_after_kill().await;
    assert_eq!(the_agent(&stage), agent);
    stage.model.release("middle");
    answered_once(&stage, first, "the first answer").await;
    answered_once(&stage, second, "the second answer").await;
}

both!(killed_while_a_tool_runs);

async fn killed_while_a_tool_runs(program: Program) {
    let mut stage = Stage::of(program).await;
    let thread = stage.ask("ann", &tool("", "the tool is done")).await;
    until_there(&stage.project().join("begun")).await;
    let agent = the_agent(&stage);
    stage.restart_after_kill().await;
    fs::write(stage.project().join("go"), "").unwrap();
    answered_once(&stage, thread, "the tool is done").await;
    assert_eq!(the_agent(&stage), agent);
    assert_eq!(
        fs::read_to_string(stage.project().join("ran")).unwrap(),
        "x\n"
    );
}

both!(killed_while_text_streams);

async fn killed_while_text_streams(program: Program) {
    let mut stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", &streamed("streamed half, ", "other half"))
        .await;
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "streamed").await;
    let agent = the_agent(&stage);
    stage.restart_after_kill().await;
    stage.model.release("middle");
    answered_once(&stage, thread, "streamed half, other half").await;
    assert_eq!(the_agent(&stage), agent);
    // The live message of the first server has gone.
    assert_eq!(
        stage.sim.messages(thread).len(),
        1,
        "{}",
        stage.sim.transcript(thread)
    );
}

#[tokio::test]
async fn killed_after_the_result_and_before_discord_got_it() {
    killed_at_the_answer(Program::Claude, Rule::post_message()).await;
}

both!(killed_when_discord_had_the_answer_and_had_not_said_so);

async fn killed_when_discord_had_the_answer_and_had_not_said_so(program: Program) {
    killed_at_the_answer(program, Rule::post_message().after_commit()).await;
}

async fn killed_at_the_answer(program: Program, rule: Rule) {
    let mut stage = Stage::of(program).await;
    let hold = stage.sim.hold(rule.containing(" tokens"));
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"the result"}]"#)
        .await;
    hold.arrived().await;
    let agent = the_agent(&stage);
    stage.kill().await;
    drop(hold);
    stage.start().await;
    answered_once(&stage, thread, "the result").await;
    // It goes on in the same process, which knows what it said.
    stage
        .sim
        .user("ann")
        .says(r#"and? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "hello").await;
    assert_eq!(the_agent(&stage), agent);
}

#[tokio::test]
async fn killed_between_two_parts_of_a_long_answer() {
    let mut stage = Stage::open().await;
    let text = format!(
        "first part {}\\n\\nsecond part {}",
        "a ".repeat(900),
        "b ".repeat(500)
    );
    let hold = stage.sim.hold(Rule::post_message().containing(" tokens"));
    let thread = stage
        .ask("ann", &format!(r#"much STUB:[{{"text":"{text}"}}]"#))
        .await;
    hold.arrived().await;
    stage.says(thread, "first part").await;
    stage.kill().await;
    drop(hold);
    stage.start().await;
    answered_once(&stage, thread, "second part").await;
    assert_eq!(stage.count(thread, "first part"), 1);
    assert_eq!(
        stage.sim.messages(thread).len(),
        2,
        "{}",
        stage.sim.transcript(thread)
    );
}

/// A run that has its slot and whose prompt the agent does not have: the moment between two steps
/// of the server, written into the database as if it had been killed there.
async fn killed_before_the_prompt(stage: &mut Stage, thread: ChannelId, text: &str) {
    stage.kill().await;
    let store = stage.store().await;
    let session = store
        .session_in(words::ChannelId::new(thread.get()))
        .await
        .unwrap()
        .unwrap();
    let ann = words::UserId::new(stage.sim.user("ann").id().get());
    let run = words::RunId::fresh();
    let request = NewRequest {
        id: words::RequestId::fresh(),
        message: words::MessageId::new(thread.get() + 1),
        channel: session.thread_id,
        session: session.id,
        person: words::Person {
            id: ann,
            name: "ann".to_owned(),
            roles: Vec::new(),
        },
        tier: words::Tier::Member,
        text: text.to_owned(),
    };
    let new = NewRun {
        id: run,
        session: session.id,
        principal: ann,
        tier: words::Tier::Member,
        expires_at: Millis::new(i64::MAX),
    };
    let now = Millis::new(1);
    let mut tx = store.write().await.unwrap();
    assert!(tx.insert_request(&request, now).await.unwrap());
    tx.insert_run(&new, now).await.unwrap();
    tx.take_request(request.id, run).await.unwrap();
    tx.move_run(run, RunState::Queued, RunState::Starting, now)
        .await
        .unwrap();
    tx.move_run(run, RunState::Starting, RunState::Running, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

both!(killed_before_the_agent_had_the_prompt);

async fn killed_before_the_agent_had_the_prompt(program: Program) {
    let mut stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"first answer"}]"#)
        .await;
    answered_once(&stage, thread, "first answer").await;
    let agent = the_agent(&stage);
    let text = r#"STUB:[{"text":"prompted after all"}]"#;
    killed_before_the_prompt(&mut stage, thread, text).await;
    stage.start().await;
    answered_once(&stage, thread, "prompted after all").await;
    assert_eq!(the_agent(&stage), agent);
}

#[tokio::test]
async fn who_was_blocked_before_the_agent_had_the_prompt_does_not_reach_it() {
    let mut stage = Stage::open().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"first answer"}]"#)
        .await;
    answered_once(&stage, thread, "first answer").await;
    let text = r#"STUB:[{"text":"prompted after all"}]"#;
    killed_before_the_prompt(&mut stage, thread, text).await;
    stage
        .grant("ann", words::Scope::Global, words::Tier::Blocked)
        .await;
    stage.start().await;
    stage.until_settled().await;
    // Who looks first, the gate at the turn of the run or the watch over those at work, tells it; once.
    let told = ["was not worked on", "The agent was stopped"].map(|text| stage.count(thread, text));
    assert_eq!(told.iter().sum::<usize>(), 1, "{told:?}");
    assert_eq!(stage.count(thread, "prompted after all"), 0);
    let asked = stage.model.requests();
    assert!(
        !asked
            .iter()
            .any(|request| format!("{request:?}").contains("prompted after all"))
    );
}
