//! How conversations end, and begin anew, by commands.

use baton::{
    clock::Millis,
    words::{ChannelId as Channel, RunState, Scope, Tier},
};
use discord_sim::{ChannelId, Rule};

use super::{HELD, said, say, started};
use crate::stage::{Program, Stage};

both!(stop_cancels_the_run_turns_away_the_mailbox_and_ends_the_agent);

async fn stop_cancels_the_run_turns_away_the_mailbox_and_ends_the_agent(program: Program) {
    let stage = Stage::of(program).await;
    stage.until_commands().await;
    let thread = stage.ask("ann", &format!("work {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let waiting = say(&stage, "ann", "and then this pineapple", thread).await;
    stage.sign(waiting, "👀").await;
    let run = stage.open_run(thread).await;
    let answer = stage.command("ann", "session stop", thread).await;
    insta::assert_snapshot!(answer, @"It is ended. `/session start` or a mention of me begins another.");
    let ann = stage.sim.user("ann").id();
    let ended = stage.says(thread, "ended this").await;
    assert_eq!(
        ended.content,
        format!(
            "🛑 <@{ann}> ended this conversation. One message that waited is not worked on any more. \
             Begin another with a mention of me or `/session start`."
        )
    );
    stage.says(thread, "🛑 The agent has stopped.").await;
    stage.sign(waiting, "🛑").await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage.until_no_agents().await;
    // What is said there now is for nobody.
    let after = say(&stage, "ann", "hello?", thread).await;
    let marker = stage.ask("ann", &said("another")).await;
    stage.answer(marker, "another").await;
    assert!(stage.sim.message(after).unwrap().reactions.is_empty());
    assert!(!stage.model_saw("pineapple"));
    let again = stage.command("ann", "session stop", thread).await;
    insta::assert_snapshot!(again, @"There is no conversation here. `/session list` shows those of this channel; choose one with the option `name`.");
    stage.sim.assert_clean();
}

#[tokio::test]
async fn stopped_in_the_middle_of_a_run_and_killed_it_is_stopped_after_the_restart() {
    let mut stage = Stage::open().await;
    stage.until_commands().await;
    let thread = stage.ask("ann", &format!("work {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let waiting = say(&stage, "ann", "and then this", thread).await;
    stage.sign(waiting, "👀").await;
    let run = stage.open_run(thread).await;
    let hold = stage
        .sim
        .hold(Rule::post_message().containing("ended this"));
    stage.command("ann", "session stop", thread).await;
    hold.arrived().await;
    stage.kill().await;
    drop(hold);
    stage.start().await;
    stage.until_settled().await;
    stage.until_no_agents().await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.count(thread, "ended this"), 1);
    assert_eq!(stage.answers(thread, ""), 0);
    stage.sign(waiting, "🛑").await;
    let store = stage.store().await;
    let place = Channel::new(thread.get());
    assert_eq!(store.session_in(place).await.unwrap(), None);
    store.close().await;
}

/// Ends a session as the server does, as if that had died right after.
async fn ended_in_the_database(stage: &Stage, thread: ChannelId) {
    let store = stage.store().await;
    let place = Channel::new(thread.get());
    let session = store.session_in(place).await.unwrap().unwrap();
    let mut tx = store.write().await.unwrap();
    assert!(
        tx.end_session(session.id, None, Millis::new(1))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn the_warm_agent_of_an_ended_session_is_let_go_after_a_restart() {
    let mut stage = Stage::open().await;
    let thread = stage.ask("ann", &said("one")).await;
    stage.answer(thread, "one").await;
    stage.until_settled().await;
    assert_eq!(stage.agents().len(), 1);
    stage.kill().await;
    ended_in_the_database(&stage, thread).await;
    stage.start().await;
    stage.until_no_agents().await;
}

#[tokio::test]
async fn clear_forgets_what_was_said_and_keeps_the_place() {
    let mut stage = Stage::open().await;
    stage.until_commands().await;
    let thread = started(&stage, "ann", "memory").await;
    say(&stage, "ann", &format!("remember apricot {HELD}"), thread).await;
    stage.model.wait_for_hold("working").await;
    let answer = stage.command("ann", "session clear", thread).await;
    insta::assert_snapshot!(answer, @"The agent is at work there. Let it finish or use `/cancel`, then clear it.");
    stage.model.release("working");
    stage.answer(thread, "done at last").await;
    stage.until_settled().await;
    let answer = stage.command("ann", "session clear", thread).await;
    insta::assert_snapshot!(answer, @"Done: the agent remembers nothing of what was said there before.");
    let cleared = stage.says(thread, "🧹").await;
    let ann = stage.sim.user("ann").id();
    assert_eq!(
        cleared.content,
        format!(
            "🧹 <@{ann}> cleared this conversation: the agent remembers nothing of what was said before."
        )
    );
    stage.restart_after_kill().await;
    say(
        &stage,
        "ann",
        &format!("which word? {}", said("no idea")),
        thread,
    )
    .await;
    stage.answer(thread, "no idea").await;
    let last = stage.model.requests().pop().unwrap().body.to_string();
    assert!(
        last.contains("which word?") && !last.contains("apricot"),
        "{last}"
    );
    // It is still called the same.
    let answer = stage
        .command_with("ann", "session stop", [("name", "MEMORY")], stage.channel())
        .await;
    assert!(answer.starts_with("It is ended."), "{answer}");
    stage.says(thread, "ended this").await;
    stage.sim.assert_clean();
}

#[tokio::test]
async fn who_may_not_speak_in_a_thread_cannot_end_its_conversation_from_the_channel() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let thread = started(&stage, "owner", "private").await;
    let scope = Scope::Thread(Channel::new(thread.get()));
    stage.grant("ann", scope, Tier::Blocked).await;
    let answer = stage
        .command_with(
            "ann",
            "session stop",
            [("name", "private")],
            stage.channel(),
        )
        .await;
    insta::assert_snapshot!(answer, @"You are blocked here. An owner of this server can lift that.");
    // Nor does he see it.
    let shown = stage.command("ann", "session list", stage.channel()).await;
    assert!(!shown.contains("private"), "{shown}");
    say(&stage, "owner", &said("still here"), thread).await;
    stage.answer(thread, "still here").await;
    stage.sim.assert_clean();
}
