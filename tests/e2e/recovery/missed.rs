//! What people write while no server listens.

use super::answered_once;
use crate::stage::{Stage, thread_of};

#[tokio::test]
async fn what_was_written_while_the_server_was_down_is_answered_in_order_and_once() {
    let mut stage = Stage::open().await;
    let thread = stage.ask("ann", r#"hello STUB:[{"text":"before"}]"#).await;
    answered_once(&stage, thread, "before").await;
    stage.kill().await;
    let ann = stage.sim.user("ann");
    ann.says(r#"one STUB:[{"text":"answer one"}]"#)
        .in_(thread)
        .await;
    let other = stage
        .ask("ann", r#"elsewhere STUB:[{"text":"answer elsewhere"}]"#)
        .await;
    ann.says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    ann.says("this is for nobody").in_(stage.channel()).await;
    stage.start().await;
    stage.answer(thread, "answer two").await;
    answered_once(&stage, thread, "answer one").await;
    answered_once(&stage, thread, "answer two").await;
    answered_once(&stage, other, "answer elsewhere").await;
    let place = |text: &str| {
        let messages = stage.sim.messages(thread);
        messages
            .iter()
            .position(|message| message.author == "bot" && message.content.contains(text))
    };
    assert!(
        place("answer one") < place("answer two"),
        "{}",
        stage.sim.transcript(thread)
    );
    assert_eq!(stage.sim.threads(stage.channel()).len(), 2);

    // Once is once: another start answers nothing anew.
    stage.restart_after_kill().await;
    ann.says(r#"three STUB:[{"text":"answer three"}]"#)
        .in_(thread)
        .await;
    answered_once(&stage, thread, "answer three").await;
    answered_once(&stage, thread, "answer one").await;
    answered_once(&stage, other, "answer elsewhere").await;
}

#[tokio::test]
async fn what_was_written_before_the_first_start_is_not_answered() {
    let mut stage = Stage::dark(crate::stage::Settings::default()).await;
    let ann = stage.sim.user("ann");
    let old = ann
        .says(r#"@bot old STUB:[{"text":"too late"}]"#)
        .in_(stage.channel())
        .await;
    stage.start().await;
    let thread = stage.ask("ann", r#"new STUB:[{"text":"in time"}]"#).await;
    answered_once(&stage, thread, "in time").await;
    stage.restart_after_kill().await;
    let later = stage.ask("ann", r#"newer STUB:[{"text":"later"}]"#).await;
    answered_once(&stage, later, "later").await;
    let mut threads = stage.sim.threads(stage.channel());
    threads.sort();
    assert_eq!(threads, [thread, later]);
    assert!(!threads.contains(&thread_of(old)));
    assert!(!stage.sim.message(old).unwrap().has_reaction("👀"));
}
