//! Clicks that Discord tells of twice, and approvers who are none any more when they click.

use discord_sim::{DispatchFault, DispatchRule, EventKind};

use super::*;

/// Has Discord tell of the next uses twice.
fn told_twice(stage: &Stage, times: u32) {
    let uses = DispatchRule::of(EventKind::InteractionCreate).times(times);
    stage.sim.dispatch_fault(uses, DispatchFault::Duplicate);
}

/// How often each of these stands in the audit trail.
async fn on_record<const N: usize>(stage: &Stage, actions: [&str; N]) -> [usize; N] {
    let store = stage.store().await;
    let trail = store.audit_trail(1_000).await.unwrap();
    store.close().await;
    actions.map(|action| trail.iter().filter(|line| line.action == action).count())
}

both!(a_click_that_is_told_of_twice_decides_once_and_is_answered_once);

async fn a_click_that_is_told_of_twice_decides_once_and_is_answered_once(program: Program) {
    let (stage, thread, question) = touching_by(program, "it").await;
    told_twice(&stage, 1);
    let said = stage
        .pressed("owner", &question, "Allow for this session")
        .await;
    assert_eq!(said, "Allowed. The agent goes on.");
    stage.answer(thread, "the end").await;
    stage
        .closed(question.at(), "✅ Allowed for this session by")
        .await;
    stage.until_settled().await;
    let kept = on_record(
        &stage,
        ["question_allowed", "grant_given", "decision_refused"],
    );
    assert_eq!(kept.await, [1, 1, 0]);
}

both!(a_form_that_is_told_of_twice_decides_once_and_a_second_copy_of_it_not_at_all);

async fn a_form_that_is_told_of_twice_decides_once_and_a_second_copy_of_it_not_at_all(
    program: Program,
) {
    let (stage, thread, question) = touching_by(program, "it").await;
    // The click, and then what it opens.
    told_twice(&stage, 2);
    let form = stage.press("owner", &question, "Deny with a reason…").await;
    form.acknowledged().await;
    let sent = form.submits([("reason", "the pineapple is not ripe")]);
    assert_eq!(told("owner", &sent).await, "Denied. The agent is told.");
    stage.answer(thread, "the end").await;
    stage
        .closed(question.at(), "the pineapple is not ripe")
        .await;
    // The form is still open somewhere.
    let again = form.submits([("reason", "or is it")]);
    let late = told("owner", &again).await;
    assert!(late.contains("was faster"), "{late}");
    stage.until_settled().await;
    let ended = stage.sim.message(question.at()).unwrap();
    assert!(!ended.content.contains("or is it"), "{}", ended.content);
    assert!(!stage.model_saw("or is it") && !stage.has("it"));
    assert_eq!(
        on_record(&stage, ["question_denied", "question_asked"]).await,
        [1, 1]
    );
}

both!(who_is_no_owner_any_more_decides_nothing_with_what_he_was_sent_as_one);

async fn who_is_no_owner_any_more_decides_nothing_with_what_he_was_sent_as_one(program: Program) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    stage.set_env("BATON_APPROVALS__ROUTE", "dm");
    stage.set_env("BATON_PROJECTS__0__FOUR_EYES", "true");
    stage.grant("bob", Scope::Global, Tier::Owner).await;
    stage.start().await;
    let thread = stage.ask("owner", &runs(&["touch it"], "the end")).await;
    let bobs = stage.sim.user("bob").direct_channel();
    let question = stage.question(bobs, "touch it").await;
    let form = stage
        .press("bob", &question, "Always in this project…")
        .await;
    form.acknowledged().await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    for label in ["Allow once", "Allow for this session", "Deny"] {
        let said = stage.pressed("bob", &question, label).await;
        assert_eq!(said, "Only an owner can decide on this.", "{label}");
    }
    let sent = form.submits([("rule", "Bash(touch:*)"), ("for", "1h")]);
    assert_eq!(
        told("bob", &sent).await,
        "Only an owner can decide on this."
    );
    assert_eq!(stage.pending().await.len(), 1);
    assert!(!stage.has("it"));
    stage.grant("bob", Scope::Global, Tier::Owner).await;
    stage.pressed("bob", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    assert!(stage.has("it"));
}

/// A stage on which nobody decides on what he asks himself, with two owners.
async fn four_eyes(program: Program) -> Stage {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    stage.set_env("BATON_PROJECTS__0__FOUR_EYES", "true");
    stage.set_env("BATON_APPROVALS__ROUTE", "thread");
    let role = stage.sim.role("keys");
    stage.set_env("BATON_DISCORD__OWNER_ROLE", &role.to_string());
    // Only owners are there, so that it is asked where both see it.
    let (nobody, bot) = (
        discord_sim::Sim::everyone_in(stage.sim.guild_id()),
        stage.sim.bot_id(),
    );
    let sight = [discord_sim::Permission::ViewChannel];
    stage.sim.overwrite(stage.channel(), nobody, [], sight);
    stage.sim.overwrite(stage.channel(), role, sight, []);
    stage.sim.overwrite(stage.channel(), bot, sight, []);
    for name in ["ann", "bob"] {
        let _ = stage.sim.user(name).with_role("keys");
    }
    stage.start().await;
    stage
}

both!(with_four_eyes_who_asked_may_not_approve_and_another_one_may);

async fn with_four_eyes_who_asked_may_not_approve_and_another_one_may(program: Program) {
    let stage = four_eyes(program).await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(thread, "touch it").await;
    for label in ["Allow once", "Allow for this session", "Deny"] {
        let said = stage.pressed("ann", &question, label).await;
        assert!(said.starts_with("You asked for this yourself"), "{said}");
    }
    assert_eq!(stage.pending().await.len(), 1);
    assert!(!stage.has("it"));
    stage.pressed("bob", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    let bob = stage.sim.user("bob").id();
    stage
        .closed(question.at(), &format!("✅ Allowed once by <@{bob}>."))
        .await;
    stage.until_settled().await;
    assert!(stage.has("it"));
}

both!(with_four_eyes_ones_own_lasting_yes_allows_nothing_that_one_asks_for);

async fn with_four_eyes_ones_own_lasting_yes_allows_nothing_that_one_asks_for(program: Program) {
    let stage = four_eyes(program).await;
    let thread = stage
        .ask("ann", &runs(&["touch it"], "the first end"))
        .await;
    let question = stage.question(thread, "touch it").await;
    stage
        .pressed("bob", &question, "Allow for this session")
        .await;
    stage.answer(thread, "the first end").await;
    stage.until_settled().await;
    let again = runs(&["touch it"], "the second end");
    stage.sim.user("bob").says(again).in_(thread).await;
    let is_other = |message: &discord_sim::MessageView| {
        message.id != question.id
            && message.content.contains("touch it")
            && !message.components.is_empty()
    };
    let other = stage.sim.wait_for_message(thread, is_other).await;
    stage.pressed("ann", &other, "Allow once").await;
    stage.answer(thread, "the second end").await;
    // For whom else asks it holds.
    let third = runs(&["touch it"], "the third end");
    stage.sim.user("ann").says(third).in_(thread).await;
    stage.answer(thread, "the third end").await;
    stage.until_settled().await;
}
