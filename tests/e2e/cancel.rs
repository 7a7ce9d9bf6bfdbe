//! Whoever starts an agent's turn can stop it, with all that it has started.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use baton::words::RunState;
use discord_sim::{ChannelId, NO_OPTIONS};
use serde_json::json;

use crate::stage::{Program, Settings, Stage, commands_with, until};

pub(crate) const CANCELLED: &str = "🛑 Cancelled. The conversation goes on";

/// A duration in seconds that no other test sleeps for: how its processes are known.
pub(crate) fn unheard_of() -> String {
    static USED: AtomicU32 = AtomicU32::new(0);
    format!(
        "4{:07}{:03}",
        std::process::id(),
        USED.fetch_add(1, Ordering::Relaxed)
    )
}

/// A prompt with which the agent runs a command.
fn running(command: &str) -> String {
    let script = json!([{"do": {"run": command}}, {"text": "it ended"}]);
    format!("STUB:{script}")
}

/// What a careless killer forgets: the background, another session, another parent, another
/// environment. Every process of it sleeps for as long.
fn escapers(sleep: &str) -> String {
    format!(
        "sleep {sleep} & setsid sleep {sleep} & (setsid sh -c 'sleep {sleep}; :' &) ; \
         (env -i setsid sleep {sleep} &) ; sleep {sleep}"
    )
}

/// How many processes of `escapers` sleep.
const ESCAPERS: usize = 5;

pub(crate) fn asleep(sleep: &str) -> usize {
    let whole = format!("sleep {sleep} ");
    commands_with(&whole)
        .iter()
        .filter(|id| is_sleep(**id))
        .count()
}

fn is_sleep(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "sleep")
}

pub(crate) async fn cancel(stage: &Stage, place: ChannelId) -> String {
    // An agent may be at work before Discord has its thread.
    let channel = stage.channel();
    stage
        .sim
        .wait_for(|world| place == channel || world.threads(channel).contains(&place))
        .await;
    stage.until_commands().await;
    let ann = stage.sim.user("ann");
    let used = async || ann.slash("cancel", NO_OPTIONS).in_(place).await;
    stage.used(used).await.answer().await.content
}

fn with_env(program: Program, env: &[(&str, &str)]) -> Settings {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings {
        env: env.collect(),
        ..Settings::of(program)
    }
}

both!(a_cancelled_tool_leaves_no_process_and_the_conversation_goes_on);

async fn a_cancelled_tool_leaves_no_process_and_the_conversation_goes_on(program: Program) {
    let stage = Stage::of(program).await;
    let sleep = unheard_of();
    let prompt = format!("remember the word apricot {}", running(&escapers(&sleep)));
    let thread = stage.ask("ann", &prompt).await;
    until("the tool runs", || asleep(&sleep) == ESCAPERS).await;
    let is_agent = |id: &u32| stage.is_agent(*id);
    let agent: BTreeSet<u32> = stage.agents().into_iter().filter(is_agent).collect();
    assert_eq!(agent.len(), 1);
    let run = stage.open_run(thread).await;

    let told = cancel(&stage, thread).await;
    assert_eq!(
        told,
        "Stopping it. The conversation can go on with your next message."
    );
    stage.says(thread, CANCELLED).await;
    stage.nothing_lives(|| asleep(&sleep) == 0).await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.agents().into_iter().collect::<BTreeSet<_>>(), agent);

    // The one message is the cancellation; what the agent remembers would repeat the rest.
    assert_eq!(stage.count(thread, "it ended"), 0);
    stage
        .sim
        .user("ann")
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
    assert_eq!(stage.agents().into_iter().collect::<BTreeSet<_>>(), agent);
    assert_eq!(stage.count(thread, CANCELLED), 1);
}

#[tokio::test]
async fn an_agent_that_does_not_obey_is_ended_with_its_whole_tree_and_its_slot_is_free() {
    let sleep = unheard_of();
    let script = format!(
        r#"
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user" and "hello" in text(line):
        answer(line, "and hello to you")
    elif kind(line) == "user":
        take(line)
        subprocess.Popen(["sleep", "{sleep}"])
        subprocess.Popen(["sh", "-c", "trap '' TERM; sleep {sleep} & wait; wait"], start_new_session=True)
while True:
    time.sleep(1000)
"#
    );
    let env = vec![("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned())];
    let stage = Stage::with(Settings {
        fake: Some(script),
        env,
        ..Settings::default()
    })
    .await;
    let thread = stage.ask("ann", "sleep").await;
    until("the agent works", || asleep(&sleep) == 2).await;
    let run = stage.open_run(thread).await;
    let other = stage.ask("ann", "hello").await;
    stage.says(other, "yours is next").await;

    cancel(&stage, thread).await;
    stage.says(thread, CANCELLED).await;
    assert_eq!(asleep(&sleep), 0);
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage.answer(other, "and hello to you").await;
    stage.sim.user("ann").says("hello").in_(thread).await;
    stage.answer(thread, "and hello to you").await;
}

both!(a_request_that_waits_for_its_turn_is_taken_back);

async fn a_request_that_waits_for_its_turn_is_taken_back(program: Program) {
    let stage = Stage::with(with_env(program, &[("BATON_ADMISSION__MAX_ACTIVE", "1")])).await;
    let first = stage
        .ask("ann", r#"one STUB:[{"text":"answer one","hold":"first"}]"#)
        .await;
    stage.model.wait_for_hold("first").await;
    let second = stage
        .ask("ann", r#"two STUB:[{"text":"answer two"}]"#)
        .await;
    stage.says(second, "yours is next").await;
    let run = stage.open_run(second).await;

    assert_eq!(cancel(&stage, second).await, "Taken back before it began.");
    stage.says(second, "🛑 Cancelled before it began.").await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage.model.release("first");
    stage.answer(first, "answer one").await;
    stage
        .sim
        .user("ann")
        .says(r#"three STUB:[{"text":"answer three"}]"#)
        .in_(second)
        .await;
    stage.answer(second, "answer three").await;
    assert_eq!(stage.count(second, "answer two"), 0);
    let asked = stage.model.requests();
    let two = asked.iter().filter(|request| {
        request
            .user_text
            .as_deref()
            .is_some_and(|text| text.contains("answer two"))
    });
    assert_eq!(
        two.count(),
        0,
        "the agent was asked what had been taken back"
    );
}

both!(a_turn_is_cancelled_while_its_text_streams);

async fn a_turn_is_cancelled_while_its_text_streams(program: Program) {
    let stage = Stage::of(program).await;
    let script =
        r#"STUB:[{"text":"one two three four","chunks":2,"hold_after":1,"hold":"middle"}]"#;
    let thread = stage.ask("ann", &format!("count {script}")).await;
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "one two").await;
    let agents = stage.agents();
    let run = stage.open_run(thread).await;

    cancel(&stage, thread).await;
    stage.says(thread, CANCELLED).await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage
        .sim
        .user("ann")
        .says(r#"again STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
    assert_eq!(stage.agents(), agents, "the agent was started anew");
    assert_eq!(stage.answers(thread, "four"), 0);
}

both!(without_anything_at_work_there_is_nothing_to_cancel);

async fn without_anything_at_work_there_is_nothing_to_cancel(program: Program) {
    const NOTHING: &str = "Nothing is at work here. Use `/cancel` where the conversation is.";
    let stage = Stage::of(program).await;
    stage.until_commands().await;
    assert_eq!(cancel(&stage, stage.channel()).await, NOTHING);
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    assert_eq!(cancel(&stage, thread).await, NOTHING);
    stage
        .sim
        .user("ann")
        .says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
    assert_eq!(stage.count(thread, CANCELLED), 0);
}

/// Cancels so many runs of one session, each while its tool runs.
async fn cancel_again_and_again(stage: &Stage, times: usize) {
    let mut thread = None;
    for round in 1..=times {
        let sleep = unheard_of();
        let prompt = running(&escapers(&sleep));
        let place = match thread {
            Some(place) => {
                stage.sim.user("ann").says(prompt).in_(place).await;
                place
            }
            None => *thread.insert(stage.ask("ann", &prompt).await),
        };
        until("the tool runs", || asleep(&sleep) == ESCAPERS).await;
        cancel(stage, place).await;
        let done = |message: &discord_sim::MessageView| message.content.starts_with(CANCELLED);
        stage
            .sim
            .wait_for(|world| world.messages(place).iter().filter(|one| done(one)).count() == round)
            .await;
        assert_eq!(asleep(&sleep), 0);
    }
}

/// What the agents of a stage have left among everybody's temporary files.
fn among_everybodys(stage: &Stage) -> Vec<String> {
    let home = stage
        .home()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let mut found = Vec::new();
    for entry in fs::read_dir("/tmp").unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("claude-") {
            continue;
        }
        // `claude-UID/PROJECT/…`, and `claude-XXXX-cwd` with a path in it.
        let below = names(&entry.path()).join(" ");
        let told = fs::read_to_string(entry.path()).unwrap_or_default();
        if format!("{below} {told}").contains(&home) {
            found.push(name);
        }
    }
    found
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[tokio::test]
async fn fifty_cancelled_runs_leave_no_process_no_socket_and_no_temporary_file() {
    let temporary = tempfile::tempdir().unwrap();
    let stage = Stage::with(with_env(
        Program::Claude,
        &[
            ("TMPDIR", temporary.path().to_str().unwrap()),
            ("BATON_ADMISSION__MAX_ACTIVE", "2"),
            ("BATON_CLAUDE__IDLE_TIMEOUT", "1s"),
        ],
    ))
    .await;
    tokio::join!(
        cancel_again_and_again(&stage, 25),
        cancel_again_and_again(&stage, 25)
    );

    stage.until_no_agents().await;
    let run = stage.data().join("run");
    until("nothing is left of the runners", || names(&run).is_empty()).await;
    // A runner is gone a moment after what it kept.
    until("no process is left", || stage.processes().is_empty()).await;
    assert_eq!(names(temporary.path()), Vec::<String>::new());
    assert_eq!(among_everybodys(&stage), Vec::<String>::new());
}

both!(a_turn_is_cancelled_while_its_agent_starts);

async fn a_turn_is_cancelled_while_its_agent_starts(program: Program) {
    let stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one","hold":"never"}]"#)
        .await;
    until("the agent starts", || !stage.agents().is_empty()).await;
    let run = stage.open_run(thread).await;
    cancel(&stage, thread).await;
    stage.says(thread, CANCELLED).await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage
        .sim
        .user("ann")
        .says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
    assert_eq!(stage.count(thread, "🛑"), 1);
}
