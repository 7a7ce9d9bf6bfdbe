//! What a call names may lead elsewhere by the time somebody says yes.

use std::os::unix::fs::symlink;

use discord_sim::Rule;

use super::{restarts::given, *};

/// A stage in whose project a link leads to a file, and an agent that wants to write to it.
async fn writing_to_a_link() -> (Stage, ChannelId) {
    writing_to_a_link_on(Stage::with(owners_decide()).await).await
}

/// The same on a stage that was prepared otherwise.
async fn writing_to_a_link_on(stage: Stage) -> (Stage, ChannelId) {
    for name in ["notes", "keys"] {
        std::fs::write(stage.project().join(name), "as it was").unwrap();
    }
    lead_to(&stage, "notes");
    let link = stage.project().join("link");
    let play = json!([
        {"tool": "Read", "input": {"file_path": link}},
        {"tool": "Write", "input": {"file_path": link, "content": "words"}},
        {"text": "the end"},
    ]);
    let thread = stage.ask("ann", &format!("STUB:{play}")).await;
    (stage, thread)
}

fn lead_to(stage: &Stage, name: &str) {
    let link = stage.project().join("link");
    let _ = std::fs::remove_file(&link);
    symlink(name, link).unwrap();
}

/// What a question says of where a file really is.
fn really(stage: &Stage, name: &str) -> String {
    format!("is really `{}`", stage.project().join(name).display())
}

fn written(stage: &Stage) -> [String; 2] {
    ["notes", "keys"].map(|name| std::fs::read_to_string(stage.project().join(name)).unwrap())
}

#[tokio::test]
async fn a_link_that_is_changed_between_the_question_and_the_yes_is_asked_anew() {
    let (mut stage, thread) = writing_to_a_link().await;
    let messages = stage.owners_messages();
    let old = stage.question(messages, &really(&stage, "notes")).await;
    let pointer = stage.says(thread, "an owner was asked").await;
    lead_to(&stage, "keys");
    // Somebody still sees the old message as it was.
    let held = stage.sim.hold(Rule::edit_message().in_channel(messages));
    let said = stage.pressed("owner", &old, "Allow once").await;
    assert!(said.starts_with("What this names has changed"), "{said}");
    let new = stage.question(messages, &really(&stage, "keys")).await;
    for label in ["Allow once", "Deny"] {
        let said = stage.pressed("owner", &old, label).await;
        assert!(said.ends_with("Decide there."), "{label}: {said}");
    }
    drop(held);
    for at in [old.at(), pointer.at()] {
        stage.closed(at, "so it was asked anew").await;
    }
    let asked = stage.pending().await;
    assert_eq!(asked.len(), 1);
    assert_eq!(given(&stage, &asked[0]), 0);
    assert_eq!(written(&stage), ["as it was", "as it was"]);
    stage.restart_after_kill().await;
    let said = stage.pressed("owner", &new, "Allow once").await;
    assert_eq!(said, "Allowed. The agent goes on.");
    stage.answer(thread, "the end").await;
    stage.closed(new.at(), "✅ Allowed once by").await;
    stage.until_settled().await;
    // Whether it writes over what it has not read is the agent program's own decision.
    assert_eq!(given(&stage, &asked[0]), 1);
    assert_eq!(written(&stage)[0], "as it was");
    assert_eq!(stage.count(messages, "wants to overwrite"), 2);
}

#[tokio::test]
async fn what_approvers_have_open_of_a_question_that_is_asked_anew_says_so() {
    let stage = Stage::with(owners_decide()).await;
    stage.grant("keeper", Scope::Global, Tier::Owner).await;
    for who in ["owner", "keeper"] {
        stage.sim.user(who).closes_direct_messages();
    }
    let (stage, thread) = writing_to_a_link_on(stage).await;
    let veil = stage.question(thread, "has to allow first").await;
    let mut copies = Vec::new();
    for who in ["owner", "keeper"] {
        copies.push(stage.shown(who, &veil).await);
    }
    lead_to(&stage, "keys");
    let said = stage.pressed("keeper", &copies[1], "Allow once").await;
    assert!(said.starts_with("What this names has changed"), "{said}");
    for at in [copies[0].at(), copies[1].at(), veil.at()] {
        stage.closed(at, "so it was asked anew").await;
    }
    let anew = stage
        .sim
        .wait_for_message(thread, |message| {
            message.id > veil.id && !message.components.is_empty()
        })
        .await;
    let copy = stage.shown("owner", &anew).await;
    assert!(copy.content.contains(&really(&stage, "keys")), "{copy:?}");
    stage.pressed("owner", &copy, "Deny").await;
    stage.closed(copy.at(), "⛔ Denied by").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    assert_eq!(written(&stage), ["as it was", "as it was"]);
}
