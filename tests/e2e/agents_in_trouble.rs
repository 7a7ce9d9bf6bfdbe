//! Whatever an agent does wrong, its run ends with one sentence and a reference, and the next message
//! works.

mod real;

use std::{fs, path::PathBuf, time::Duration};

use baton::words::RunState;
use discord_sim::{ChannelId, MessageView};
use serde_json::{Value, json};

use crate::stage::{Settings, Stage, until};

/// A pretended agent that answers what says hello, and does this with all else.
fn otherwise(what: &str) -> Settings {
    let script = format!(
        r#"
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user" and "hello" in text(line):
        answer(line, "and hello to you")
    elif kind(line) == "user":
        {}
"#,
        what.trim().replace('\n', "\n        ")
    );
    Settings {
        fake: Some(script),
        ..Settings::default()
    }
}

fn with_env(mut settings: Settings, name: &str, value: &str) -> Settings {
    settings.env.push((name.to_owned(), value.to_owned()));
    settings
}

/// Waits for the failure of a run: one message, the sentence and a reference.
pub(crate) async fn failure(stage: &Stage, place: ChannelId, sentence: &str) -> MessageView {
    let told = stage.says(place, sentence).await;
    let (words, reference) = told
        .content
        .split_once("\n-# reference ")
        .expect("a reference");
    assert_eq!(words, format!("⚠️ {sentence}"));
    assert!(
        stage.log().contains(reference),
        "the log has nothing under {reference}"
    );
    told
}

/// Says hello in a thread and waits for the answer, which must come though the last run failed.
async fn goes_on(stage: &Stage, place: ChannelId) {
    stage.sim.user("ann").says("hello").in_(place).await;
    stage.answer(place, "and hello to you").await;
    // Until then the message that shows it at work may stand there too.
    stage.until_settled().await;
    let told = stage.sim.messages(place);
    let by_baton: Vec<&str> = told
        .iter()
        .filter(|message| message.author == "bot")
        .map(|message| message.content.as_str())
        .collect();
    assert_eq!(
        by_baton.len(),
        2,
        "one failure and one answer: {by_baton:?}"
    );
}

const BAD_START: &str = "The agent program did not start with these settings. The operator has to \
                         check the project's settings and the program's version.";

#[tokio::test]
async fn an_agent_program_that_is_missing_fails_the_run() {
    let missing = PathBuf::from("/nowhere/claude");
    let stage = Stage::with(Settings {
        agent: Some(missing),
        ..Settings::default()
    })
    .await;
    let thread = stage.ask("ann", "anybody there?").await;
    failure(&stage, thread, BAD_START).await;
    stage.sim.user("ann").says("and now?").in_(thread).await;
    stage
        .sim
        .wait_for(|world| world.messages(thread).len() == 3)
        .await;
    assert_eq!(stage.count(thread, BAD_START), 2);
}

#[tokio::test]
async fn a_project_directory_that_is_gone_fails_the_run_until_it_is_back() {
    let stage = Stage::with(otherwise("pass")).await;
    fs::remove_dir(stage.project()).unwrap();
    let thread = stage.ask("ann", "hello").await;
    failure(
        &stage,
        thread,
        "The project's directory is not there. The operator has to bring it back, or to change \
         `directory` in the project's settings.",
    )
    .await;
    fs::create_dir(stage.project()).unwrap();
    goes_on(&stage, thread).await;
}

#[tokio::test]
async fn garbage_is_passed_over() {
    let what = r#"
sys.stdout.buffer.write(b"\xff\xfe\x00 no json\n{\n[]\n\"x\"\n{\"type\":7}\n\n{\"type\":\"user\",\"message\":3}\n")
sys.stdout.buffer.write(b"{\"type\":\"assistant\",\"message\":{\"content\":[1,null,{\"type\":\"text\"}]}}\n")
sys.stdout.flush()
answer(line, "an answer all the same")
"#;
    let stage = Stage::with(otherwise(what)).await;
    let thread = stage.ask("ann", "garble").await;
    stage.answer(thread, "an answer all the same").await;
}

#[tokio::test]
async fn a_line_of_fifty_megabytes_fails_the_run() {
    let what = "take(line)\nsay(type='assistant', text='x' * (50 << 20))\ntime.sleep(1000)";
    let stage = Stage::with(otherwise(what)).await;
    let thread = stage.ask("ann", "talk").await;
    failure(
        &stage,
        thread,
        "The agent wrote a line of 50 MB, more than Baton reads, so it was ended. Send a message to go \
         on.",
    )
    .await;
    goes_on(&stage, thread).await;
    let journals = stage.data().join("run");
    let size: u64 = fs::read_dir(journals)
        .unwrap()
        .flat_map(|entry| fs::read_dir(entry.unwrap().path()).into_iter().flatten())
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(size < 1 << 20, "{size} bytes were kept");
}

#[tokio::test]
async fn an_agent_that_ends_before_its_handshake_fails_the_run() {
    let script = "print('no such option', file=sys.stderr)\nsys.exit(3)".to_owned();
    let stage = Stage::with(Settings {
        fake: Some(script),
        ..Settings::default()
    })
    .await;
    let thread = stage.ask("ann", "hello").await;
    failure(
        &stage,
        thread,
        "The agent failed. Send your message again; its own words may say why.",
    )
    .await;
    assert!(stage.log().contains("no such option"));
}

#[tokio::test]
async fn an_agent_that_ends_in_its_turn_fails_the_run() {
    let stage = Stage::with(otherwise("take(line)\nsys.exit(3)")).await;
    let thread = stage.ask("ann", "leave").await;
    failure(
        &stage,
        thread,
        "The agent ended before it answered (exit code 3). Send a message to go on.",
    )
    .await;
    goes_on(&stage, thread).await;
}

#[tokio::test]
async fn an_agent_that_is_killed_in_its_turn_interrupts_the_run() {
    let stage = Stage::with(otherwise(
        "take(line)\nos.kill(os.getpid(), signal.SIGKILL)",
    ))
    .await;
    let thread = stage.ask("ann", "die").await;
    stage
        .says(
            thread,
            "⚠️ The agent was ended from outside while it worked.",
        )
        .await;
    goes_on(&stage, thread).await;
}

#[tokio::test]
async fn a_handshake_that_is_never_answered_fails_the_run() {
    let script = "time.sleep(1000)".to_owned();
    let settings = Settings {
        fake: Some(script),
        ..Settings::default()
    };
    let stage = Stage::with(with_env(settings, "BATON_CLAUDE__START_TIMEOUT", "1s")).await;
    let thread = stage.ask("ann", "hello").await;
    failure(&stage, thread, BAD_START).await;
    stage.until_no_agents().await;
}

#[tokio::test]
async fn a_turn_that_takes_too_long_is_stopped() {
    // Longer than a turn of this agent takes on any machine, and all that this test waits.
    let settings = with_env(Settings::default(), "BATON_CLAUDE__TURN_TIMEOUT", "15s");
    let stage = Stage::with(settings).await;
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let prompt = r#"think STUB:[{"text":"thought","hold":"for ever"}]"#;
    stage.sim.user("ann").says(prompt).in_(thread).await;
    stage.model.wait_for_hold("for ever").await;
    let run = stage.open_run(thread).await;
    let agents = stage.agents();
    failure(
        &stage,
        thread,
        "This took longer than a turn may take and was ended. Send a message to go on.",
    )
    .await;
    assert_eq!(stage.state(run).await, RunState::Failed);
    stage
        .sim
        .user("ann")
        .says(r#"again STUB:[{"text":"at once"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "at once").await;
    assert_eq!(stage.agents(), agents, "the agent was started anew");
}

#[tokio::test]
async fn a_project_may_give_its_turns_less_time_and_less_to_write() {
    let settings = Settings {
        more: "turn_timeout = \"10s\"\nmax_output = \"1 MiB\"\n".to_owned(),
        ..otherwise(
            r#"
if "write" in text(line):
    take(line)
    for _ in range(64):
        say(type="system", subtype="status", status="x" * 65536)
    time.sleep(60)
"#,
        )
    };
    let stage = Stage::with(settings).await;
    let thread = stage.ask("ann", "write").await;
    failure(
        &stage,
        thread,
        "The agent wrote 1 MB in one turn, more than this project allows, so it was ended. Ask for less \
         at once, or send a message to go on.",
    )
    .await;
    goes_on(&stage, thread).await;
    let other = stage.ask("ann", "sleep").await;
    failure(
        &stage,
        other,
        "This took longer than a turn may take and was ended. Send a message to go on.",
    )
    .await;
}

#[tokio::test]
async fn a_tool_without_a_rule_is_denied_and_the_decision_is_kept_with_its_rule() {
    let settings = Settings {
        allowed_tools: vec!["Read", "Bash(git log:*)"],
        ..Settings::default()
    };
    let stage = Stage::with(settings).await;
    fs::write(stage.project().join("note"), "the note's words").unwrap();
    let note = stage.project().join("note");
    let calls = json!([
        {"tool": "Write", "input": {"file_path": stage.project().join("new"), "content": "x"}},
        {"tool": "Bash", "input": {"command": "touch made"}},
        {"tool": "Bash", "input": {"command": "ls"}},
        {"tool": "Read", "input": {"file_path": note}},
        {"text": "tried all", "hold": "end"},
    ]);
    let thread = stage.ask("ann", &format!("try STUB:{calls}")).await;
    stage.model.wait_for_hold("end").await;
    let run = stage.open_run(thread).await;
    stage.model.release("end");
    stage.answer(thread, "tried all").await;
    assert!(!stage.project().join("new").exists() && !stage.project().join("made").exists());

    let store = stage.store().await;
    let events = store.run_events(run).await.unwrap();
    store.close().await;
    let decisions: Vec<(String, String, String)> = events
        .into_iter()
        .filter(|(kind, _)| kind == "tool_decided")
        .map(|(_, data)| {
            let word = |name: &str| data[name].as_str().unwrap().to_owned();
            let verdict = word("verdict")
                .chars()
                .take_while(char::is_ascii_alphabetic)
                .collect();
            (word("tool"), verdict, word("rule"))
        })
        .collect();
    let decided = |tool: &str, verdict: &str, rule: &str| {
        (tool.to_owned(), verdict.to_owned(), rule.to_owned())
    };
    assert_eq!(
        decisions,
        [
            decided("Write", "Deny", "built in: no rule allows it"),
            decided("Bash", "Deny", "allowed: Bash(git log:*)"),
            decided("Bash", "Deny", "allowed: Bash(git log:*)"),
            decided("Read", "Allow", "allowed: Read"),
            decided("Read", "Allow", "allowed: Read"),
        ]
    );
    // The agent was told why.
    let asked = stage.model.requests();
    let told = tool_results(&asked.last().unwrap().body);
    assert!(
        told.contains("Write is not allowed in this project."),
        "{told}"
    );
    assert!(
        told.contains("Bash is allowed in this project only by rule"),
        "{told}"
    );
    assert!(told.contains("the note's words"), "{told}");
}

#[tokio::test]
async fn a_line_for_the_shell_runs_if_each_of_its_commands_has_a_rule() {
    let settings = Settings {
        allowed_tools: vec!["Bash(echo:*)", "Bash(touch made)"],
        ..Settings::default()
    };
    let stage = Stage::with(settings).await;
    let run = |command: &str| json!({"tool": "Bash", "input": {"command": command}});
    let calls = json!([
        run("echo 'one; two' && touch made"),
        run("echo three && touch other"),
        run("echo \"$(touch other)\""),
        {"text": "tried all"},
    ]);
    let thread = stage.ask("ann", &format!("try STUB:{calls}")).await;
    stage.answer(thread, "tried all").await;
    assert!(stage.project().join("made").exists());
    assert!(!stage.project().join("other").exists());
    let asked = stage.model.requests();
    let told = tool_results(&asked.last().unwrap().body);
    for word in [
        "one; two",
        "this command is not among the allowed ones",
        "'$' may do more than it seems to",
    ] {
        assert!(told.contains(word), "{told}");
    }
}

/// What the tools of a conversation gave, as the model is told.
fn tool_results(body: &Value) -> String {
    let messages = body["messages"].as_array().into_iter().flatten();
    let blocks = messages.flat_map(|message| message["content"].as_array().into_iter().flatten());
    blocks
        .filter(|block| block["type"] == "tool_result")
        .map(|block| block["content"].to_string())
        .collect()
}

#[tokio::test]
async fn a_message_that_comes_while_an_idle_agent_leaves_waits_until_it_has_left() {
    let mut settings = otherwise("pass");
    settings.fake = settings.fake.map(|script| {
        script
            + r#"
open("leaving", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
open("left", "w").close()
"#
    });
    let stage = Stage::with(with_env(settings, "BATON_CLAUDE__IDLE_TIMEOUT", "100ms")).await;
    let at = |name: &str| stage.project().join(name);
    let thread = stage.ask("ann", "hello").await;
    stage.answer(thread, "and hello to you").await;
    until("the agent leaves", || at("leaving").exists()).await;
    let said = stage.sim.user("ann").says("hello").in_(thread).await;
    stage
        .sim
        .wait_for(|world| {
            world
                .message(said)
                .is_some_and(|asked| asked.has_reaction("👀"))
        })
        .await;
    fs::write(at("go"), "").unwrap();
    let answers = |messages: Vec<MessageView>| {
        let answers = messages.into_iter();
        answers
            .filter(|one| one.author == "bot" && one.content.starts_with("and hello to you"))
            .count()
    };
    stage
        .sim
        .wait_for(|world| answers(world.messages(thread)) == 2)
        .await;
    // It has five seconds to leave.
    let written = |name: &str| fs::metadata(at(name)).unwrap().modified().unwrap();
    let asked_in_time = written("go")
        .duration_since(written("leaving"))
        .is_ok_and(|waited| waited < Duration::from_secs(4));
    assert!(
        at("left").exists() || !asked_in_time,
        "the agent was killed while it left"
    );
}
