//! A limit that is reached: what was asked waits until it is reset, whatever happens meanwhile.

use std::time::Duration;

use baton::{
    clock::{Clock, Millis},
    words::{RunState, Scope, Tier, UserId},
};
use discord_sim::ChannelId;

use super::{asked, in_an_hour, subscribed};
use crate::stage::{Program, Stage, until};

const A_LITTLE: Duration = Duration::from_mins(1);

/// What somebody is told whose run waits for this reset.
fn told(limit: &str, reset: Millis) -> String {
    let until = reset.after(A_LITTLE).get() / 1_000;
    format!(
        "⏳ The agent's {limit} is reached. This goes on by itself <t:{until}:R>; `/cancel` takes it \
         back."
    )
}

/// A stage whose account is used up, and a request that has met that.
async fn used_up(program: Program, text: &str) -> (Stage, ChannelId, Millis) {
    let stage = subscribed(program).await;
    let reset = in_an_hour();
    stage.model.force([stage.limit_until(reset)]);
    let thread = stage.ask("ann", text).await;
    let said = stage.says(thread, "⏳").await;
    assert_eq!(said.content, told("session limit", reset));
    (stage, thread, reset)
}

both!(a_run_that_meets_the_limit_goes_on_by_itself_when_it_is_reset_also_after_restarts);

async fn a_run_that_meets_the_limit_goes_on_by_itself_when_it_is_reset_also_after_restarts(
    program: Program,
) {
    let (mut stage, first, reset) = used_up(
        program,
        r#"the word is apricot STUB:[{"text":"after all"}]"#,
    )
    .await;
    let run = stage.open_run(first).await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    stage.until_no_agents().await;

    // Another one need not ask to know.
    let second = stage
        .ask("ann", r#"second STUB:[{"text":"for both"}]"#)
        .await;
    let said = stage.says(second, "⏳").await;
    assert_eq!(said.content, told("subscription limit", reset));
    assert_eq!(asked(&stage, "second"), 0);
    stage.until_commands().await;
    let until = reset.after(A_LITTLE).get() / 1_000;
    let wait = stage.command("ann", "wait", stage.channel()).await;
    assert_eq!(wait.matches(&format!("goes on <t:{until}:R>")).count(), 2);
    let ann = stage.sim.user("ann");
    let more = ann
        .says(r#"which word? STUB:[{"recall":true}]"#)
        .in_(first)
        .await;
    stage.sign(more, "👀").await;

    stage.restart_after_kill().await;
    stage.stop().await;
    stage.model.force([]);
    let clock = Clock::held_at(reset.after(A_LITTLE).before(Duration::from_secs(1)));
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    clock.advance(Duration::from_secs(1));
    stage.answer(first, "after all").await;
    stage.answer(second, "for both").await;
    stage.answer(first, "apricot").await;
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Completed);
    for thread in [first, second] {
        let transcript = stage.sim.transcript(thread);
        assert_eq!(stage.count(thread, "⏳"), 1, "{transcript}");
        assert_eq!(stage.count(thread, "⚠️"), 0, "{transcript}");
    }
    let messages = stage.sim.messages(first);
    let answers = messages
        .iter()
        .filter(|message| message.content.starts_with("after all"));
    assert_eq!(answers.count(), 1, "{}", stage.sim.transcript(first));
}

both!(what_waits_for_the_limit_can_be_taken_back);

async fn what_waits_for_the_limit_can_be_taken_back(program: Program) {
    let (stage, thread, _) = used_up(program, r#"first STUB:[{"text":"never"}]"#).await;
    let run = stage.open_run(thread).await;
    stage.until_commands().await;
    let answer = stage.command("ann", "cancel", thread).await;
    assert_eq!(
        answer,
        "Stopping it. The conversation can go on with your next message."
    );
    stage.says(thread, "🛑 Cancelled.").await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage.until_settled().await;
    assert_eq!(stage.count(thread, "🛑"), 1);
}

#[tokio::test]
async fn who_asks_on_and_on_while_the_limit_is_reached_has_no_more_waiting_than_in_the_queue() {
    let (stage, _, reset) = used_up(Program::Claude, r#"first STUB:[{"text":"never"}]"#).await;
    // Five may wait, as shipped.
    for _ in 0..4 {
        let thread = stage.ask("ann", "one more").await;
        let said = stage.says(thread, "⏳").await;
        assert_eq!(said.content, told("subscription limit", reset));
    }
    let ann = stage.sim.user("ann");
    let sixth = ann.says("@bot too many").in_(stage.channel()).await;
    let full = stage.says(stage.channel(), "queue").await;
    assert!(full.content.starts_with("Your part of the queue is full"));
    assert_eq!(full.reply_to, Some(sixth.id));
    let store = stage.store().await;
    assert_eq!(store.open_runs().await.unwrap().len(), 5);
    store.close().await;
}

both!(what_was_taken_back_as_the_server_died_does_not_wait_for_the_limit_any_more);

async fn what_was_taken_back_as_the_server_died_does_not_wait_for_the_limit_any_more(
    program: Program,
) {
    let (mut stage, thread, _) = used_up(program, r#"first STUB:[{"text":"never"}]"#).await;
    let run = stage.open_run(thread).await;
    // The wish is stored before anything is done about it.
    let store = stage.store().await;
    let ann = UserId::new(stage.sim.user("ann").id().get());
    let mut tx = store.write().await.unwrap();
    tx.note_cancel(run, ann, Millis::new(1)).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    stage.restart_after_kill().await;
    stage.says(thread, "🛑 Cancelled.").await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
}

#[tokio::test]
async fn who_is_blocked_while_his_request_waits_for_the_limit_does_not_reach_the_agent() {
    let (mut stage, thread, reset) =
        used_up(Program::Claude, r#"first STUB:[{"text":"never"}]"#).await;
    stage.kill().await;
    stage.model.force([]);
    stage.grant("ann", Scope::Global, Tier::Blocked).await;
    let before = asked(&stage, "first");
    let _server = stage.serve_here(Clock::held_at(reset.after(A_LITTLE)));
    stage.says(thread, "🚫").await;
    stage.until_settled().await;
    assert_eq!(asked(&stage, "first"), before);
    assert_eq!(stage.count(thread, "never"), 0);
}

both!(a_limit_in_the_middle_of_work_lets_the_agent_go_on_and_tells_it_so);

async fn a_limit_in_the_middle_of_work_lets_the_agent_go_on_and_tells_it_so(program: Program) {
    let mut stage = subscribed(program).await;
    let script = serde_json::json!([
        {"do": {"run": "touch begun; until [ -e go ]; do sleep 0.05; done"}},
        {"text": "done with it"},
    ]);
    let thread = stage.ask("ann", &format!("work STUB:{script}")).await;
    let at = |name: &str| stage.project().join(name);
    until("the tool has begun", || at("begun").exists()).await;
    let reset = in_an_hour();
    stage.model.force([stage.limit_until(reset)]);
    std::fs::write(at("go"), "").unwrap();
    stage.says(thread, &told("session limit", reset)).await;
    stage.kill().await;
    stage.model.force([]);
    let _server = stage.serve_here(Clock::held_at(reset.after(A_LITTLE)));
    stage.answer(thread, "done with it").await;
    let (_, turn) = stage.turn_with("[earlier you began").await;
    assert!(turn.contains("do nothing a second time"), "{turn}");
}
