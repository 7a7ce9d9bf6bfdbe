//! The moment between the command that begins a conversation and the thread that it gets.

use baton::words::ChannelId as Channel;
use discord_sim::{ChannelId, Hold, MessageRef, Rule};

use super::{opened, said, say};
use crate::stage::{Stage, thread_of};

/// Ann starts a session, and what she asked for gets no further than this.
async fn begun_up_to(stage: &Stage, name: &str, rule: Rule) -> Hold {
    let hold = stage.sim.hold(rule);
    command(stage, "session start", name).await;
    hold.arrived().await;
    hold
}

/// Ann uses a command on the session of this name; what she is told.
async fn command(stage: &Stage, command: &str, name: &str) -> String {
    let wanted = [("name", name)];
    stage
        .command_with("ann", command, wanted, stage.channel())
        .await
}

/// How far an opening may have come: its announcement is not there, or its thread.
fn halfway() -> [(&'static str, Rule); 2] {
    [
        ("before", Rule::post_message().containing("before")),
        ("between", Rule::create_thread()),
    ]
}

/// Somebody starts a session, and Discord has its thread before Baton hears that; the thread.
async fn half_open(stage: &Stage, name: &str) -> (ChannelId, Hold) {
    let hold = begun_up_to(stage, name, Rule::create_thread().after_commit()).await;
    let announced = stage.says(stage.channel(), &format!("**{name}**")).await;
    (ChannelId::new(announced.id.get()), hold)
}

/// The name of the open session in a thread.
async fn session_in(stage: &Stage, thread: ChannelId) -> Option<String> {
    let store = stage.store().await;
    let place = Channel::new(thread.get());
    let found = store.session_in(place).await.unwrap();
    store.close().await;
    found?.name
}

#[tokio::test]
async fn what_is_said_in_a_thread_before_baton_hears_of_it_is_for_its_agent() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    for (name, begin) in [("plain", ""), ("mention", "@bot ")] {
        let (thread, hold) = half_open(&stage, name).await;
        let text = format!("for {name}");
        let early = say(&stage, "ann", &format!("{begin}{}", said(&text)), thread).await;
        stage.sign(early, "👀").await;
        drop(hold);
        stage.answer(thread, &text).await;
        stage.until_settled().await;
        assert_eq!(session_in(&stage, thread).await.as_deref(), Some(name));
        // It can be ended, and its name is free again.
        let ended = command(&stage, "session stop", name).await;
        assert!(ended.starts_with("It is ended."), "{ended}");
    }
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_session_that_is_cleared_while_its_thread_is_opened_gets_the_thread() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    for (name, rule) in halfway() {
        let hold = begun_up_to(&stage, name, rule).await;
        let cleared = command(&stage, "session clear", name).await;
        assert!(cleared.starts_with("Done: "), "{cleared}");
        drop(hold);
        let thread = opened(&stage, name).await;
        stage.says(thread, "🧹").await;
        let text = format!("as {name}");
        say(&stage, "ann", &said(&text), thread).await;
        stage.answer(thread, &text).await;
        stage.until_settled().await;
        assert_eq!(session_in(&stage, thread).await.as_deref(), Some(name));
    }
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_session_that_is_cleared_while_its_thread_is_refused_goes_on_in_the_channel() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let channel = stage.channel();
    let hold = begun_up_to(&stage, "narrow", Rule::create_thread()).await;
    command(&stage, "session clear", "narrow").await;
    let denied = [discord_sim::Permission::CreatePublicThreads];
    stage.sim.deny(channel, denied);
    drop(hold);
    stage.says(channel, "I could not start a thread here").await;
    stage.says(channel, "🧹").await;
    say(&stage, "ann", &format!("@bot {}", said("here")), channel).await;
    stage.answer(channel, "here").await;
    assert_eq!(stage.sim.threads(channel), [] as [ChannelId; 0]);
}

#[tokio::test]
async fn a_session_that_is_stopped_while_its_thread_is_opened_says_so_in_the_thread() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    for (name, rule) in halfway() {
        let hold = begun_up_to(&stage, name, rule).await;
        command(&stage, "session stop", name).await;
        drop(hold);
        let thread = opened(&stage, name).await;
        stage.says(thread, "ended this").await;
        assert_eq!(session_in(&stage, thread).await, None);
    }
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_session_whose_thread_somebody_else_has_begun_leaves_it_to_him() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let channel = stage.channel();
    let announces = Rule::post_message().containing("**late**").after_commit();
    let hold = begun_up_to(&stage, "late", announces).await;
    let announced = stage.says(channel, "**late**").await;
    let at = MessageRef {
        channel,
        id: announced.id,
    };
    let ann = stage.sim.user("ann");
    let thread = ann.creates_thread("by hand").from(at).await;
    assert_eq!(thread, thread_of(at));
    let first = say(&stage, "ann", &format!("@bot {}", said("one")), thread).await;
    stage.sign(first, "👀").await;
    drop(hold);
    stage.answer(thread, "one").await;
    stage.until_settled().await;
    say(&stage, "ann", r#"STUB:[{"recall":true}]"#, thread).await;
    stage.answer(thread, "one").await;
    // Nobody could ever speak to the other one: it does not keep its name.
    command(&stage, "session start", "late").await;
    opened_again(&stage).await;
    stage.sim.assert_clean();
}

async fn opened_again(stage: &Stage) {
    let channel = stage.channel();
    stage
        .sim
        .wait_for(|world| world.threads(channel).len() == 2)
        .await;
}
