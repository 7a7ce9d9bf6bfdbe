//! What people see of an agent at work.

use discord_sim::{Fault, Rule};
use serde_json::json;

use crate::stage::{Program, Stage};

both!(a_live_message_that_is_too_old_to_be_edited_is_followed_by_another);

async fn a_live_message_that_is_too_old_to_be_edited_is_followed_by_another(program: Program) {
    let stage = Stage::of(program).await;
    let play = json!([
        {"text": "at first", "chunks": 2, "hold_after": 1, "hold": "first", "do": {"run": "true"}},
        {"text": "it is done", "hold": "second"},
    ]);
    let thread = stage.ask("ann", &format!("hello STUB:{play}")).await;
    stage.model.wait_for_hold("first").await;
    let old = stage.live(thread, "").await;
    let too_old = Fault::error(429, 30_046, "Maximum number of edits reached");
    stage
        .sim
        .fault(Rule::edit_message().in_channel(thread), too_old);
    stage.model.release("first");
    stage.model.wait_for_hold("second").await;
    let new = stage
        .sim
        .wait_for_message(thread, |message| {
            message.id > old.id && message.content.starts_with("at first\n-# ")
        })
        .await;
    stage.model.release("second");
    stage.answer(thread, "it is done").await;
    stage.until_settled().await;

    let now = stage.sim.messages(thread);
    let says = |id| now.iter().find(|one| one.id == id).unwrap().content.clone();
    assert_eq!(
        (says(old.id).as_str(), says(new.id).as_str()),
        (
            "-# ⏬ This is long work: how it went on is shown further down.",
            "-# ⚙️ 1 tool call"
        )
    );
}
