//! Who may say yes where it is not owners alone: also to a question that went to one of them in private.

use super::*;

const NOTHING: &str = "Nothing waits for your decision.";

impl Stage {
    /// What somebody is told of what waits for him, with its buttons.
    async fn waiting_for(&self, name: &str, place: ChannelId) -> MessageView {
        let used = self
            .sim
            .user(name)
            .slash("approvals", discord_sim::NO_OPTIONS)
            .in_(place)
            .await;
        let listed = used.answer().await;
        assert_eq!(listed.only_for.as_deref(), Some(name));
        listed
    }

    /// Calls a question up.
    async fn called_up(&self, name: &str, list: &MessageView, label: &str) -> MessageView {
        let shown = self.press(name, list, label).await.answer().await;
        assert_eq!(shown.only_for.as_deref(), Some(name));
        shown
    }
}

/// A stage on which these may decide, and ann's agent has asked an owner in private.
async fn asked_in_private(mut stage: Stage, approvers: &str) -> (Stage, ChannelId, MessageView) {
    let file = stage.home().join("baton.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let settings = settings.replace(
        "approvers = \"owners\"",
        &format!("approvers = {approvers}"),
    );
    std::fs::write(&file, settings).unwrap();
    with_bob(&stage).await;
    stage.start().await;
    stage.until_commands().await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    (stage, thread, question)
}

both!(a_member_calls_up_what_an_owner_was_asked_in_private_and_decides);

async fn a_member_calls_up_what_an_owner_was_asked_in_private_and_decides(program: Program) {
    let stage = Stage::dark(owners_decide_on(program)).await;
    let (mut stage, thread, question) = asked_in_private(stage, "\"members\"").await;
    let pointer = stage
        .says(thread, "Whoever else may decide finds it with `/approvals`")
        .await;
    assert_eq!(
        stage.waiting_for("nobody", thread).await.components,
        [Value::Null; 0]
    );
    let general = stage.sim.channel("general");
    let listed = stage.waiting_for("bob", general).await;
    assert!(
        listed.content.starts_with("1. 🔐 Bash in play"),
        "{listed:?}"
    );
    assert_eq!(labels(&listed), ["Show 1"]);
    let first = stage.called_up("bob", &listed, "Show 1").await;
    assert!(first.content.contains("touch it"), "{first:?}");
    assert!(labels(&first).contains(&"Allow for this session".to_owned()));
    // What he was shown holds for the next server too.
    stage.restart_after_kill().await;
    let second = stage.called_up("bob", &listed, "Show 1").await;
    assert_eq!(
        stage.pressed("bob", &second, "Allow once").await,
        "Allowed. The agent goes on."
    );
    let bob = stage.sim.user("bob").id();
    let wanted = format!("✅ Allowed once by <@{bob}>.");
    for at in [question.at(), pointer.at(), second.at()] {
        stage.closed(at, &wanted).await;
    }
    stage.answer(thread, "the end").await;
    assert!(stage.has("it"));
    // The list stays as it is, and says what became of it.
    let said = stage.pressed("bob", &listed, "Show 1").await;
    assert!(said.contains("was faster"), "{said}");
    assert_eq!(stage.waiting_for("bob", general).await.content, NOTHING);
    stage.until_settled().await;
}

both!(who_is_an_approver_by_a_role_decides_only_as_long_as_he_has_it);

async fn who_is_an_approver_by_a_role_decides_only_as_long_as_he_has_it(program: Program) {
    let stage = Stage::dark(owners_decide_on(program)).await;
    let role = stage.sim.role("signers");
    let (stage, thread, question) = asked_in_private(stage, &format!("[{role}]")).await;
    // He is a guest otherwise.
    let signer = stage.sim.user("signer").with_role("signers");
    assert_eq!(stage.waiting_for("bob", thread).await.content, NOTHING);
    let listed = stage.waiting_for("signer", thread).await;
    let shown = stage.called_up("signer", &listed, "Show 1").await;
    let form = stage.press("signer", &shown, "Deny with a reason…").await;
    form.acknowledged().await;
    let signer = signer.without_role("signers");
    let not_his =
        "Only somebody with a role that the project names, or an owner, can decide on this.";
    for label in ["Allow once", "Deny", "Allow for this session"] {
        assert_eq!(stage.pressed("signer", &shown, label).await, not_his);
    }
    assert_eq!(
        told("signer", &form.submits([("reason", "no")])).await,
        not_his
    );
    assert_eq!(stage.pressed("signer", &listed, "Show 1").await, not_his);
    assert_eq!(stage.pending().await.len(), 1);
    let _ = signer.with_role("signers");
    stage.pressed("signer", &shown, "Allow once").await;
    stage.closed(question.at(), "✅ Allowed once by").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    assert!(stage.has("it"));
}

both!(what_somebody_calls_up_is_his_alone);

async fn what_somebody_calls_up_is_his_alone(program: Program) {
    let stage = Stage::dark(owners_decide_on(program)).await;
    let (stage, thread, question) = asked_in_private(stage, "\"members\"").await;
    let listed = stage.waiting_for("bob", thread).await;
    let shown = stage.called_up("bob", &listed, "Show 1").await;
    // Another program with the bot's token puts the ids where everybody is.
    let general = stage.sim.channel("general");
    for (id, place) in [
        (control(&shown, "Allow once"), thread),
        (control(&shown, "Allow once"), general),
        (control(&listed, "Show 1"), general),
    ] {
        let message = as_bot(&stage, place, &id).await;
        let used = stage.sim.user("bob").clicks(message, &id).await;
        let said = told("bob", &used).await;
        assert!(
            said.starts_with("This belongs to another message."),
            "{said}"
        );
    }
    assert_eq!(stage.pending().await.len(), 1);
    stage.pressed("owner", &question, "Deny").await;
    stage.closed(shown.at(), "⛔ Denied by").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}
