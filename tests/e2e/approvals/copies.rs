//! What approvers were shown behind a veil loses its buttons with the question.

use super::*;

/// A veil in the thread, because owners can be asked nowhere else; `keeper` is an owner like `owner`.
async fn veiled(program: Program) -> (Stage, ChannelId, MessageView) {
    let stage = Stage::with(owners_decide_on(program)).await;
    stage.grant("keeper", Scope::Global, Tier::Owner).await;
    for who in ["owner", "keeper"] {
        stage.sim.user(who).closes_direct_messages();
    }
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let veil = stage.question(thread, "has to allow first").await;
    (stage, thread, veil)
}

impl Stage {
    /// What is shown to somebody behind a veil.
    pub(super) async fn shown(&self, name: &str, veil: &MessageView) -> MessageView {
        let shown = self.press(name, veil, "Show details").await.answer().await;
        assert_eq!(shown.only_for.as_deref(), Some(name));
        assert!(labels(&shown).contains(&"Deny".to_owned()), "{shown:?}");
        shown
    }
}

both!(every_copy_of_a_question_says_how_it_ended_and_has_no_buttons_any_more);

async fn every_copy_of_a_question_says_how_it_ended_and_has_no_buttons_any_more(program: Program) {
    let (stage, thread, veil) = veiled(program).await;
    let mut copies = Vec::new();
    for who in ["owner", "owner", "keeper"] {
        copies.push(stage.shown(who, &veil).await);
    }
    assert_eq!(
        stage.pressed("keeper", &copies[2], "Allow once").await,
        "Allowed. The agent goes on."
    );
    for copy in &copies {
        stage.closed(copy.at(), "✅ Allowed once by").await;
    }
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}

both!(a_copy_from_before_a_restart_says_what_became_of_the_question_when_it_is_used);

async fn a_copy_from_before_a_restart_says_what_became_of_the_question_when_it_is_used(
    program: Program,
) {
    let (mut stage, thread, veil) = veiled(program).await;
    let copy = stage.shown("owner", &veil).await;
    stage.restart_after_kill().await;
    let other = stage.shown("keeper", &veil).await;
    stage.pressed("keeper", &other, "Deny").await;
    stage.closed(veil.at(), "Denied").await;
    // Nobody knew of this one any more.
    let used = stage.press("owner", &copy, "Allow once").await;
    used.acknowledged().await;
    let closed = stage.closed(copy.at(), "was faster: it is denied.").await;
    assert_eq!(closed.only_for.as_deref(), Some("owner"));
    assert_eq!(used.follow_ups(), []);
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}
