//! The real agent program in trouble: with its service, its memory, its number.

use std::fs;

use model_sim::ForcedError;

use super::{failure, with_env};
use crate::stage::{Program, Settings, Stage, until};

/// Errors of the model service as each program's own tells them, and what people are told.
fn errors(stage: &Stage) -> Vec<(ForcedError, &'static str)> {
    let too_long = match stage.program() {
        Program::Claude => stage.refusal(400, "invalid_request_error", "prompt is too long: 3 > 2"),
        Program::Codex => stage
            .refusal(400, "invalid_request_error", "too long")
            .code("context_length_exceeded"),
    };
    let wrong_key = match stage.program() {
        Program::Claude => stage.refusal(401, "authentication_error", "invalid x-api-key"),
        Program::Codex => stage.refusal(401, "invalid_request_error", "Incorrect API key provided"),
    };
    vec![
        (
            wrong_key,
            "The model service does not accept the agent's API key. The operator has to replace it; \
             then send your message once more.",
        ),
        (
            too_long,
            "This conversation has become too long for the model. Go on in a new thread, or send less \
             at once.",
        ),
        (
            stage.refusal(400, "invalid_request_error", "bad thing"),
            "The model service did not accept what the agent sent. Put the request differently; if the \
             same comes again, go on in a new thread.",
        ),
        (
            stage.refusal(413, "request_too_large", "too much"),
            "This is more than the model service takes at once. Send smaller files, or fewer of them.",
        ),
    ]
}

both!(errors_of_the_model_service_fail_the_run_with_what_can_be_done);

async fn errors_of_the_model_service_fail_the_run_with_what_can_be_done(program: Program) {
    let stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let agents = stage.agents();
    for (error, sentence) in errors(&stage) {
        stage.model.force([error]);
        stage
            .sim
            .user("ann")
            .says(r#"try STUB:[{"text":"no"}]"#)
            .in_(thread)
            .await;
        failure(&stage, thread, sentence).await;
        stage.model.force([]);
        stage
            .sim
            .user("ann")
            .says(format!(
                r#"again STUB:[{{"text":"after {}"}}]"#,
                sentence.len()
            ))
            .in_(thread)
            .await;
        stage
            .answer(thread, &format!("after {}", sentence.len()))
            .await;
    }
    assert_eq!(stage.agents(), agents, "the agent was started anew");
}

both!(a_conversation_whose_id_is_in_use_is_gone_on_with);

async fn a_conversation_whose_id_is_in_use_is_gone_on_with(program: Program) {
    let stage = Stage::of(program).await;
    // The agent dies before its first word, but has begun its file.
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one","hold":"first"}]"#)
        .await;
    stage.model.wait_for_hold("first").await;
    until("it has begun its file", || {
        !stage.conversations().is_empty()
    })
    .await;
    let dead = stage.agents();
    for agent in &dead {
        kill(*agent);
    }
    // Nothing was done yet, so its turn begins anew by itself.
    until("another agent works", || {
        stage.agents().iter().any(|agent| !dead.contains(agent))
    })
    .await;
    stage.model.wait_for_hold("first").await;
    stage.model.release("first");
    stage.answer(thread, "answer one").await;
    assert_eq!(stage.count(thread, "⚠️"), 0);
    stage
        .sim
        .user("ann")
        .says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
    assert_eq!(
        stage.conversations().len(),
        1,
        "it began another conversation"
    );
}

both!(a_lost_conversation_is_said_and_begun_anew);

async fn a_lost_conversation_is_said_and_begun_anew(program: Program) {
    let stage = Stage::with(with_env(
        Settings::of(program),
        "BATON_CLAUDE__IDLE_TIMEOUT",
        "100ms",
    ))
    .await;
    let thread = stage
        .ask("ann", r#"remember apricot STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    stage.until_no_agents().await;
    for file in stage.conversations() {
        fs::remove_file(file).unwrap();
    }
    stage
        .sim
        .user("ann")
        .says(r#"what? STUB:[{"recall":true},{"text":"x"}]"#)
        .in_(thread)
        .await;
    stage
        .says(
            thread,
            "⚠️ The agent does not remember this conversation any more",
        )
        .await;
    stage
        .sim
        .wait_for(|world| world.messages(thread).len() == 4)
        .await;
    assert_eq!(stage.count(thread, "apricot"), 0);
    stage.until_no_agents().await;
    stage
        .sim
        .user("ann")
        .says(r#"now? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "what?").await;
}

#[tokio::test]
async fn a_project_bounds_what_its_agents_open_and_write_and_how_long_they_take() {
    let stage = Stage::with(Settings {
        more: "max_open_files = 1_000\nmax_file_size = \"2 MiB\"\nturn_timeout = \"20s\"\n"
            .to_owned(),
        ..Settings::default()
    })
    .await;
    let command = "ulimit -Hn > files; head -c 3000000 /dev/zero > large; stat -c %s large > size";
    let play = serde_json::json!([
        {"tool": "Bash", "input": {"command": command, "description": "it"}},
        {"text": "it is bounded"},
    ]);
    let thread = stage.ask("ann", &format!("go STUB:{play}")).await;
    stage.answer(thread, "it is bounded").await;
    let read = |name| fs::read_to_string(stage.project().join(name)).unwrap();
    assert_eq!(read("files").trim(), "1000");
    assert_eq!(read("size").trim(), (2 << 20).to_string());
    let endless = r#"think STUB:[{"text":"thought","hold":"for ever"}]"#;
    stage.sim.user("ann").says(endless).in_(thread).await;
    stage.model.wait_for_hold("for ever").await;
    failure(
        &stage,
        thread,
        "This took longer than a turn may take and was ended. Send a message to go on.",
    )
    .await;
}

both!(one_agent_too_many_closes_the_one_that_was_used_least_recently);

async fn one_agent_too_many_closes_the_one_that_was_used_least_recently(program: Program) {
    let stage = Stage::with(with_env(
        Settings::of(program),
        "BATON_CLAUDE__MAX_LIVE",
        "1",
    ))
    .await;
    let one = stage
        .ask("ann", r#"one apricot STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(one, "answer one").await;
    let first = stage.agents();
    let two = stage
        .ask("ann", r#"two STUB:[{"text":"answer two","hold":"second"}]"#)
        .await;
    stage.model.wait_for_hold("second").await;
    let second = stage.agents();
    assert!(
        first.iter().all(|id| !second.contains(id)),
        "{first:?} {second:?}"
    );
    stage.model.release("second");
    stage.answer(two, "answer two").await;
    assert_eq!(stage.agents(), second);
    // The one that was closed comes back with its memory.
    stage
        .sim
        .user("ann")
        .says(r#"what? STUB:[{"recall":true}]"#)
        .in_(one)
        .await;
    stage.answer(one, "apricot").await;
    assert!(stage.agents().iter().all(|id| !second.contains(id)));
}

fn kill(process: u32) {
    let process = nix::unistd::Pid::from_raw(process.try_into().unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).unwrap();
}
