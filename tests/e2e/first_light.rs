//! A mention becomes a thread, a session and an answer, and the conversation goes on.

use crate::stage::{Program, Settings, Stage};

/// A script for the model: some text in pieces, then the rest after a hold.
fn streamed(first: &str, rest: &str) -> String {
    let text = format!("{first}{rest}");
    format!(r#"STUB:[{{"text":"{text}","chunks":2,"hold_after":1,"hold":"middle"}}]"#)
}

both!(a_mention_becomes_a_thread_with_a_streamed_and_a_final_answer);

async fn a_mention_becomes_a_thread_with_a_streamed_and_a_final_answer(program: Program) {
    let stage = Stage::of(program).await;
    let said = stage.sim.user("ann").says(format!(
        "@bot hello {}",
        streamed("first half, ", "other half")
    ));
    let said = said.in_(stage.channel()).await;
    let thread = crate::stage::thread_of(said);

    stage.model.wait_for_hold("middle").await;
    let live = stage.live(thread, "first half,").await;
    assert!(!live.content.contains("other half"));
    stage.model.release("middle");
    let answer = stage.answer(thread, "first half, other half").await;

    assert_ne!(
        answer.id, live.id,
        "the final answer is a message of its own"
    );
    let asked = stage.sim.message(said).unwrap();
    assert!(asked.has_reaction("👀"), "{asked:?}");
    // The live message has gone: the run called no tool.
    stage
        .sim
        .wait_for(|world| world.messages(thread).len() == 1)
        .await;
}

both!(the_second_message_reaches_the_same_process);

async fn the_second_message_reaches_the_same_process(program: Program) {
    let stage = Stage::of(program).await;
    let thread = stage
        .ask("ann", r#"the first thing STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let first = stage.agents();
    stage
        .sim
        .user("ann")
        .says(r#"two STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "the first thing").await;
    assert_eq!(stage.agents(), first, "the agent was started anew");
}

both!(after_its_agent_was_idle_for_too_long_a_session_goes_on_with_its_memory);

async fn after_its_agent_was_idle_for_too_long_a_session_goes_on_with_its_memory(program: Program) {
    let env = vec![("BATON_CLAUDE__IDLE_TIMEOUT".to_owned(), "100ms".to_owned())];
    let stage = Stage::with(Settings {
        env,
        ..Settings::of(program)
    })
    .await;
    let thread = stage
        .ask(
            "ann",
            r#"remember the word apricot STUB:[{"text":"noted"}]"#,
        )
        .await;
    stage.answer(thread, "noted").await;
    stage.until_no_agents().await;
    stage
        .sim
        .user("ann")
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "apricot").await;
}
