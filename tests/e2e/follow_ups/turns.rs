//! Whose turn it is where an agent goes on by itself.

use baton::words::RunId;

use super::*;
use crate::faults::wait;

/// The answers in a conversation, in their order.
fn answers(stage: &Stage, thread: ChannelId) -> Vec<String> {
    let all = stage.sim.messages(thread).into_iter();
    all.map(|message| message.content)
        .filter(|content| content.contains(" tokens · "))
        .collect()
}

/// Somebody asks for something that is at work until `hold` is released, or waits for that; where the answer comes.
async fn occupies(stage: &Stage, name: &str, hold: &str) -> ChannelId {
    let script = json!([{"text": format!("{hold} is over"), "hold": hold}]);
    stage.ask(name, &format!("hold STUB:{script}")).await
}

/// ann asks for more in her conversation; her run.
async fn asks_for_more(stage: &Stage, thread: ChannelId) -> RunId {
    let ann = stage.sim.user("ann");
    let said = ann
        .says(r#"and now? STUB:[{"text":"now you"}]"#)
        .in_(thread)
        .await;
    stage.sign(said, "👀").await;
    stage.open_run(thread).await
}

#[tokio::test]
async fn what_it_does_by_itself_comes_before_what_waits_for_a_slot() {
    let stage = Stage::with(in_background(&[("BATON_ADMISSION__MAX_ACTIVE", "1")])).await;
    let (go, thread) = left(&stage, &[json!({"text": "the task has ended"})]).await;
    let other = occupies(&stage, "owner", "slot").await;
    stage.model.wait_for_hold("slot").await;
    let waiting = asks_for_more(&stage, thread).await;
    go_on(&go);
    until_over(&stage, waiting).await;
    stage.model.release("slot");
    stage.answer(other, "slot is over").await;
    stage.answer(thread, "now you").await;
    stage.until_settled().await;
    let said = answers(&stage, thread);
    let [first, second, third] = &said[..] else {
        panic!("{said:?}");
    };
    assert!(first.starts_with("I have left it running"), "{first}");
    assert!(second.starts_with(HEADING), "{second}");
    assert!(third.starts_with("now you"), "{third}");
}

#[tokio::test]
async fn a_message_that_comes_meanwhile_waits_for_the_follow_up() {
    let stage = Stage::with(in_background(&[("BATON_PROJECTS__0__BUSY", "steer")])).await;
    let thread = in_the_middle(&stage).await;
    asks_for_more(&stage, thread).await;
    stage.model.release("middle");
    let first = stage.answer(thread, "the task has ended").await;
    let second = stage.answer(thread, "now you").await;
    assert!(first.at().id < second.at().id, "in this order");
    assert!(second.content.starts_with("now you"), "{}", second.content);
}

/// Waits until a run has made way.
async fn until_over(stage: &Stage, run: RunId) {
    wait("the run that waits makes way", async || {
        stage.state(run).await == RunState::Cancelled
    })
    .await;
}

/// How often an agent of the stage was heard to go on by itself.
fn went_on(stage: &Stage) -> usize {
    stage.log().matches("an agent goes on by itself").count()
}

/// A conversation in which ann's run waits for its slot, has made way once, and does not again, although her
/// agent goes on by itself; the run, and what keeps its slot until `another` is released.
async fn made_way_once(stage: &Stage) -> (ChannelId, RunId) {
    let [one, two] = ["one", "two"].map(|name| stage.project().join(name));
    let words = play(&[
        until_there(&one),
        until_there(&two),
        json!({"text": "I have left them running"}),
        json!({"text": "the first has ended", "chunks": 2, "hold_after": 1, "hold": "middle"}),
        json!({"text": "the second has ended"}),
    ]);
    let thread = stage.ask("ann", &words).await;
    stage.answer(thread, "I have left them running").await;
    stage.until_settled().await;
    occupies(stage, "owner", "slot").await;
    stage.model.wait_for_hold("slot").await;
    let waiting = asks_for_more(stage, thread).await;
    go_on(&one);
    until_over(stage, waiting).await;
    stage.model.release("slot");
    stage.live(thread, "the first").await;
    let other = occupies(stage, "owner", "another").await;
    stage.says(other, "⏳").await;
    stage.model.release("middle");
    stage.answer(thread, "the first has ended").await;
    // She waits again, now for the other one.
    stage.model.wait_for_hold("another").await;
    let waiting = stage.open_run(thread).await;
    go_on(&two);
    until("it is heard again", || went_on(stage) == 2).await;
    assert_eq!(stage.state(waiting).await, RunState::Queued);
    (thread, waiting)
}

#[tokio::test]
async fn who_has_made_way_once_is_next_however_often_his_agent_goes_on_by_itself() {
    let stage = Stage::with(in_background(&[("BATON_ADMISSION__MAX_ACTIVE", "1")])).await;
    let (thread, waiting) = made_way_once(&stage).await;
    stage.model.release("another");
    stage.answer(thread, "now you").await;
    stage.until_settled().await;
    assert_eq!(stage.state(waiting).await, RunState::Completed);
    let said = answers(&stage, thread);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[1].starts_with(HEADING), "{said:?}");
    assert!(said[2].starts_with("now you"), "{said:?}");
}

#[tokio::test]
async fn what_an_agent_goes_on_with_is_not_lost_if_who_goes_first_does_not_go() {
    let stage = Stage::with(in_background(&[("BATON_ADMISSION__MAX_ACTIVE", "1")])).await;
    stage.until_commands().await;
    let (thread, waiting) = made_way_once(&stage).await;
    stage.command("ann", "cancel", thread).await;
    wait("it is cancelled", async || {
        stage.state(waiting).await == RunState::Cancelled
    })
    .await;
    stage.model.release("another");
    stage.answer(thread, "the second has ended").await;
    stage.until_settled().await;
    let said = answers(&stage, thread);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[2].starts_with(HEADING), "{said:?}");
}
