//! What guests may do where a project lets them ask: have an agent look, in conversations of their own.

use baton::words::{Scope, Tier};
use serde_json::{Value, json};

use crate::stage::{Program, Settings, Stage};

/// A stage whose project lets guests ask.
async fn open_to_guests(program: Program) -> Stage {
    let env = vec![("BATON_PROJECTS__0__GUESTS".to_owned(), "ask".to_owned())];
    Stage::with(Settings {
        env,
        ..Settings::of(program)
    })
    .await
}

/// A prompt with which the agent reads a note, then tries to write and to run something.
fn tries_everything(stage: &Stage, answer: &str) -> String {
    std::fs::write(stage.project().join("note"), "the note's words").unwrap();
    let calls = json!([
        {"do": {"read": stage.project().join("note")}},
        {"do": {"write": {"file": stage.project().join("made"), "text": "x"}}},
        {"do": {"run": "touch made"}},
        {"text": answer},
    ]);
    format!("try STUB:{calls}")
}

/// What the tools of the newest turn gave, as the model was told.
fn told(stage: &Stage) -> String {
    let requests = stage.model.requests();
    let body: &Value = &requests.last().unwrap().body;
    body["messages"].to_string()
}

// Codex has no tool that only looks at files; what it has is in `codex::turns`.
#[tokio::test]
async fn a_guest_has_a_conversation_of_his_own_in_which_an_agent_only_looks() {
    let stage = open_to_guests(Program::Claude).await;
    let thread = stage
        .ask("gus", &tries_everything(&stage, "tried all"))
        .await;
    stage.answer(thread, "tried all").await;
    let told = told(&stage);
    assert!(told.contains("the note's words"), "{told}");
    assert!(
        told.contains("Write is not available here: guests speak"),
        "{told}"
    );
    assert!(
        told.contains("Bash is not available here: guests speak"),
        "{told}"
    );
    assert!(!stage.project().join("made").exists());
    // A member does no more there: the guest's words are in the agent's memory.
    let said = stage
        .sim
        .user("ann")
        .says(tries_everything(&stage, "and again"));
    said.in_(thread).await;
    stage.answer(thread, "and again").await;
    let told = self::told(&stage);
    assert!(told.contains("Bash is not available here"), "{told}");
    assert!(!stage.project().join("made").exists());

    // In a conversation of his own he does.
    let own = stage.ask("ann", &tries_everything(&stage, "for ann")).await;
    stage.answer(own, "for ann").await;
    assert!(stage.project().join("made").exists());
}

both!(a_guest_has_no_say_in_a_conversation_of_members);

async fn a_guest_has_no_say_in_a_conversation_of_members(program: Program) {
    let stage = open_to_guests(program).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    let answer = stage.answer(thread, "answer one").await;
    let gus = stage.sim.user("gus");
    let plain = gus.says("forbidden word").in_(thread).await;
    let mention = gus.says("@bot forbidden word").in_(thread).await;
    let reply = gus.replies_to(answer.at(), "forbidden word").await;
    for message in [plain, mention, reply] {
        stage.sign(message, "🚫").await;
    }
    let why = stage
        .says(thread, "This conversation is for members.")
        .await;
    assert_eq!(
        (why.content.as_str(), why.reply_to),
        (
            "This conversation is for members. Mention me in the channel, and one of your own begins, \
             in which I only read.",
            Some(plain.id)
        )
    );
    stage
        .sim
        .user("ann")
        .says(r#"what do you know? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "tokens").await;
    assert!(!stage.model_saw("forbidden word"));
}

both!(what_a_guest_and_a_member_say_during_a_run_is_answered_apart);

async fn what_a_guest_and_a_member_say_during_a_run_is_answered_apart(program: Program) {
    let stage = open_to_guests(program).await;
    let held = r#"STUB:[{"text":"done at last","hold":"working"}]"#;
    let thread = stage.ask("gus", &format!("begin {held}")).await;
    stage.model.wait_for_hold("working").await;
    for (name, text) in [
        ("gus", r#"the guest's STUB:[{"text":"for gus"}]"#),
        ("ann", r#"the member's STUB:[{"text":"for ann"}]"#),
    ] {
        let said = stage.sim.user(name).says(text).in_(thread).await;
        stage.sign(said, "👀").await;
    }
    stage.model.release("working");
    stage.answer(thread, "for gus").await;
    stage.answer(thread, "for ann").await;
    let (_, turn) = stage.turn_with("the guest's").await;
    assert!(!turn.contains("the member's"), "{turn}");
}

both!(guests_are_let_in_by_the_settings_of_now_and_never_when_they_are_blocked);

async fn guests_are_let_in_by_the_settings_of_now_and_never_when_they_are_blocked(
    program: Program,
) {
    let mut stage = open_to_guests(program).await;
    let thread = stage
        .ask("gus", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    let bob = stage.sim.user("bob");
    let mention = bob.says("@bot forbidden word").in_(stage.channel()).await;
    let plain = bob.says("forbidden word").in_(thread).await;
    stage.sign(mention, "🚫").await;
    stage.sign(plain, "🚫").await;

    stage.kill().await;
    stage.set_env("BATON_PROJECTS__0__GUESTS", "none");
    stage.start().await;
    let gus = stage.sim.user("gus");
    let mention = gus.says("@bot forbidden word").in_(stage.channel()).await;
    let plain = gus.says("forbidden word").in_(thread).await;
    stage.sign(mention, "🚫").await;
    stage.sign(plain, "🚫").await;
    let own = stage.sim.user("ann");
    own.says(r#"and I? STUB:[{"recall":true}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "tokens").await;
    assert!(!stage.model_saw("forbidden word"));
}

both!(who_was_a_member_when_he_asked_gets_no_more_than_a_guest_when_his_turn_comes);

async fn who_was_a_member_when_he_asked_gets_no_more_than_a_guest_when_his_turn_comes(
    program: Program,
) {
    let env = vec![
        ("BATON_PROJECTS__0__GUESTS".to_owned(), "ask".to_owned()),
        ("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned()),
    ];
    let stage = Stage::with(Settings {
        env,
        ..Settings::of(program)
    })
    .await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let first = stage
        .ask("gus", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(first, "answer one").await;
    let held = r#"STUB:[{"text":"done at last","hold":"working"}]"#;
    let other = stage.ask("ann", &format!("begin {held}")).await;
    stage.model.wait_for_hold("working").await;
    // He waits in a conversation of members, and in one of guests.
    let own = stage
        .ask("bob", r#"forbidden word STUB:[{"text":"never said"}]"#)
        .await;
    stage.says(own, "⏳").await;
    let bob = stage.sim.user("bob");
    let text = tries_everything(&stage, "only looked");
    let said = bob.says(text).in_(first).await;
    stage.sign(said, "👀").await;
    let run = stage.open_run(first).await;
    stage.grant("bob", Scope::Global, Tier::Guest).await;
    stage.model.release("working");
    stage.answer(other, "done at last").await;
    stage.says(own, "🚫 A message that waited here").await;
    stage.answer(first, "only looked").await;
    assert!(!stage.project().join("made").exists());
    assert!(!stage.model_saw("forbidden word"));
    let store = stage.store().await;
    assert_eq!(store.run(run).await.unwrap().tier, Tier::Guest);
    store.close().await;
}
