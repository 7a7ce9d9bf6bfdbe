//! The moment between the command that begins a conversation and the thread that it gets.

use baton::words::ChannelId as Channel;
use discord_sim::{ChannelId, MessageRef, Rule};

use super::{opened, said, say};
use crate::stage::{Stage, thread_of};

/// Somebody starts a session, and Discord has its thread before Baton hears that; the thread.
async fn half_open(stage: &Stage, name: &str) -> (ChannelId, discord_sim::Hold) {
    let hold = stage.sim.hold(Rule::create_thread().after_commit());
    stage
        .command_with("ann", "session start", [("name", name)], stage.channel())
        .await;
    hold.arrived().await;
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
        let wanted = [("name", name)];
        let ended = stage
            .command_with("ann", "session stop", wanted, stage.channel())
            .await;
        assert!(ended.starts_with("It is ended."), "{ended}");
    }
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_session_that_is_cleared_while_its_thread_is_opened_gets_the_thread() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let channel = stage.channel();
    for (name, rule) in [
        ("before", Rule::post_message().containing("before")),
        ("between", Rule::create_thread()),
    ] {
        let hold = stage.sim.hold(rule);
        let named = [("name", name)];
        stage
            .command_with("ann", "session start", named, channel)
            .await;
        hold.arrived().await;
        let cleared = stage
            .command_with("ann", "session clear", named, channel)
            .await;
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
    let hold = stage.sim.hold(Rule::create_thread());
    let named = [("name", "narrow")];
    stage
        .command_with("ann", "session start", named, channel)
        .await;
    hold.arrived().await;
    stage
        .command_with("ann", "session clear", named, channel)
        .await;
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
    let channel = stage.channel();
    for (name, rule) in [
        ("before", Rule::post_message().containing("before")),
        ("between", Rule::create_thread()),
    ] {
        let hold = stage.sim.hold(rule);
        let named = [("name", name)];
        stage
            .command_with("ann", "session start", named, channel)
            .await;
        hold.arrived().await;
        stage
            .command_with("ann", "session stop", named, channel)
            .await;
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
    let hold = stage.sim.hold(announces);
    let named = [("name", "late")];
    stage
        .command_with("ann", "session start", named, channel)
        .await;
    hold.arrived().await;
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
    stage
        .command_with("ann", "session start", named, channel)
        .await;
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
