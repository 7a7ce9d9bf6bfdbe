//! Several accounts of one agent program: who has met a limit waits, or goes on with another one.

use std::time::Duration;

use baton::{clock::Clock, words::RunState};
use discord_sim::ChannelId;
use serde_json::{Value, json};

use super::{by_login, in_an_hour, log_in_at, warning::near};
use crate::stage::{Program, Settings, Stage};

const A_LITTLE: Duration = Duration::from_mins(1);

/// What is said where a conversation has moved.
const MOVED: &str =
    "🔀 The limit of the account `main` is reached, so this conversation goes on with `second`.";

/// A stage whose agents have two accounts: `main`, whose token is `a`, and `second`, whose is `b`.
async fn two(credentials: &str) -> Stage {
    let mut stage = Stage::dark(Settings {
        more: format!(
            "[[accounts]]\nname = \"second\"\ndirectory = \"$HOME/second\"\n[credentials]\n{credentials}\n"
        ),
        ..by_login()
    })
    .await;
    log_in_at(&stage.home().join("claude"), "a");
    log_in_at(&stage.home().join("second"), "b");
    stage.start().await;
    stage
}

/// With which tokens the model was asked what has this in it.
fn tokens(stage: &Stage, text: &str) -> Vec<String> {
    let has = |said: &String| said.contains(text);
    let requests = stage.model.requests().into_iter();
    let asked = requests.filter(|one| one.user_text.as_ref().is_some_and(has));
    asked
        .map(|one| one.headers["authorization"].replace("Bearer ", ""))
        .collect()
}

async fn goes_on(stage: &Stage, thread: ChannelId, text: &str) {
    stage.sim.user("ann").says(text).in_(thread).await;
}

/// What the health page says of an account.
async fn health(stage: &Stage, account: &str) -> Value {
    let address = stage.until_health_page().await;
    let page = reqwest::get(format!("http://{address}/healthz")).await;
    let page: Value = page.unwrap().json().await.unwrap();
    page["accountSlotsHealth"][account].clone()
}

#[tokio::test]
async fn a_session_waits_for_its_account_while_new_ones_take_another_also_after_a_restart() {
    let mut stage = two("").await;
    let first = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"noted"}]"#)
        .await;
    stage.answer(first, "noted").await;
    assert_eq!(tokens(&stage, "the word is"), ["a"]);
    let reset = in_an_hour();
    stage.model.force([stage.limit_until(reset).bearer("a")]);
    goes_on(&stage, first, r#"which word? STUB:[{"recall":true}]"#).await;
    stage.says(first, "⏳ The agent's session limit").await;
    let run = stage.open_run(first).await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    let limited = health(&stage, "claude").await;
    assert_eq!(limited["state"], json!("limited"), "{limited}");
    assert_eq!(limited["limitedUntil"], json!(reset.get()), "{limited}");
    assert_eq!(limited["headroomPercent"], json!(0), "{limited}");

    // Whoever begins now is not made to wait.
    let second = stage
        .ask("ann", r#"second STUB:[{"text":"at once"}]"#)
        .await;
    stage.answer(second, "at once").await;
    assert_eq!(tokens(&stage, "second"), ["b"]);
    let other = health(&stage, "claude/second").await;
    assert_eq!(other["state"], json!("ok"), "{other}");

    stage.restart_after_kill().await;
    let third = stage
        .ask("ann", r#"third STUB:[{"text":"at once too"}]"#)
        .await;
    stage.answer(third, "at once too").await;
    assert_eq!(tokens(&stage, "third"), ["b"], "the limit is remembered");

    stage.stop().await;
    stage.model.force([]);
    let before = tokens(&stage, "which word").len();
    let clock = Clock::held_at(reset.after(A_LITTLE).before(Duration::from_secs(1)));
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    clock.advance(Duration::from_secs(1));
    stage.answer(first, "apricot").await;
    stage.until_settled().await;
    assert_eq!(tokens(&stage, "which word")[before..], ["a"]);
    let transcript = stage.sim.transcript(first);
    assert_eq!(stage.count(first, "⏳ The agent's"), 1, "{transcript}");
    assert_eq!(stage.count(first, "🔀"), 0, "{transcript}");
}

#[tokio::test]
async fn where_the_settings_let_it_a_conversation_goes_on_with_another_account_and_remembers() {
    let mut stage = two("failover = true").await;
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"noted"}]"#)
        .await;
    stage.answer(thread, "noted").await;
    let (first, second) = (in_an_hour(), in_an_hour().after(Duration::from_mins(30)));
    stage.model.force([stage.limit_until(first).bearer("a")]);
    goes_on(&stage, thread, r#"which word? STUB:[{"recall":true}]"#).await;
    let said = stage.says(thread, "🔀").await;
    assert_eq!(said.content, MOVED);
    stage.answer(thread, "apricot").await;
    let asked = tokens(&stage, "which word");
    assert_eq!(asked.last().map(String::as_str), Some("b"), "{asked:?}");

    // It stays there, also with another server.
    stage.restart_after_kill().await;
    goes_on(&stage, thread, r#"and now? STUB:[{"text":"still here"}]"#).await;
    stage.answer(thread, "still here").await;
    assert_eq!(tokens(&stage, "and now"), ["b"]);
    let transcript = stage.sim.transcript(thread);
    assert_eq!(stage.count(thread, "🔀"), 1, "{transcript}");
    assert_eq!(stage.count(thread, "⏳ The agent's"), 0, "{transcript}");

    // When all have met their limits it waits, whatever the settings let it do.
    let both = [
        stage.limit_until(first).bearer("a"),
        stage.limit_until(second).bearer("b"),
    ];
    stage.model.force(both);
    goes_on(&stage, thread, r#"at last? STUB:[{"text":"at last"}]"#).await;
    stage.says(thread, "⏳ The agent's").await;
    let run = stage.open_run(thread).await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    stage.stop().await;
    stage.model.force([]);
    let _server = stage.serve_here(Clock::held_at(second.after(A_LITTLE)));
    stage.answer(thread, "at last").await;
    stage.until_settled().await;
    assert_eq!(
        stage.count(thread, "🔀"),
        1,
        "{}",
        stage.sim.transcript(thread)
    );
}

#[tokio::test]
async fn a_new_session_goes_where_the_most_is_left() {
    let stage = two("").await;
    let reset = in_an_hour();
    for (answer, used, token) in [("one", 75, "a"), ("two", 93, "b"), ("three", 80, "a")] {
        let asked = near(Program::Claude, answer, used, reset);
        let thread = stage.ask("ann", &asked).await;
        stage.answer(thread, answer).await;
        assert_eq!(tokens(&stage, &asked), [token], "{answer}");
    }
    let left = health(&stage, "claude/second").await;
    assert_eq!(left["headroomPercent"], json!(7), "{left}");
}

#[tokio::test]
async fn a_conversation_that_cannot_be_carried_over_waits_for_its_own_account() {
    let stage = two("failover = true").await;
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"noted"}]"#)
        .await;
    stage.answer(thread, "noted").await;
    // Where its memory would have to go.
    std::fs::write(stage.home().join("second/projects"), "").unwrap();
    let reset = in_an_hour();
    stage.model.force([stage.limit_until(reset).bearer("a")]);
    goes_on(&stage, thread, r#"which word? STUB:[{"recall":true}]"#).await;
    stage.says(thread, "⏳ The agent's").await;
    let run = stage.open_run(thread).await;
    assert_eq!(stage.state(run).await, RunState::Parked);
    let transcript = stage.sim.transcript(thread);
    assert_eq!(stage.count(thread, "🔀"), 0, "{transcript}");
    assert!(stage.log().contains("could not be carried over"));
}

#[tokio::test]
async fn who_owns_the_server_sees_each_account_and_until_when_it_is_limited() {
    let stage = two("").await;
    let reset = in_an_hour();
    stage.model.force([stage.limit_until(reset).bearer("a")]);
    let thread = stage.ask("ann", r#"first STUB:[{"text":"never"}]"#).await;
    stage.says(thread, "⏳ The agent's").await;
    stage.until_commands().await;
    let told = stage.command("owner", "auth status", stage.channel()).await;
    let at = reset.get() / 1_000;
    assert_eq!(
        told,
        format!(
            "`claude/main`: its limit is reached, until <t:{at}:t> (<t:{at}:R>); has a login; 0 % of its limit are \
             left\n`claude/second`: nothing was heard of it since the start; has a login"
        )
    );
}
