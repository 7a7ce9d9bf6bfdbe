//! The search for secrets that ends every test, and what an agent says that it has one of.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model_sim::Rules;
use serde_json::json;

use super::{THE_AGENTS, guarded};
use crate::stage::{Powers, Program, Settings, Stage, canary::Canaries};

#[test]
fn a_canary_is_found_in_every_form_and_nowhere_else() {
    let secret = "canary.secret-1234567890";
    let canary = Canaries::new([("one", secret)]);
    let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
    for text in [
        format!("a {secret}, b"),
        hex.concat(),
        "canary%2Esecret%2D1234567890".to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("a{secret}b")),
        STANDARD.encode(format!("ab{secret}")),
    ] {
        assert_eq!(canary.within(text.as_bytes()).len(), 1, "{text}");
    }
    for text in ["", "canary.secret-123456789", "canary secret"] {
        assert!(canary.within(text.as_bytes()).is_empty(), "{text}");
    }
}

#[tokio::test]
async fn a_stage_finds_what_has_leaked() {
    let stage = Stage::open().await;
    let file = stage.data().join("leak");
    std::fs::write(&file, format!("x{}", stage.sim.token())).unwrap();
    let leaks = stage.leaks();
    std::fs::remove_file(&file).unwrap();
    let found: Vec<_> = leaks
        .iter()
        .map(|leak| (&leak.place, leak.secret))
        .collect();
    assert_eq!(found, [(&file, "the bot's token")]);
}

#[tokio::test]
async fn a_stage_finds_tokens_that_have_leaked_too() {
    let (stage, logins) = Stage::with_logins(Rules::default(), Settings::default()).await;
    let tokens = logins.log_in();
    let note = stage.home().join("project/note");
    let file = stage.data().join("leak");
    std::fs::create_dir_all(stage.data()).unwrap();
    std::fs::write(&note, stage.sim.token()).unwrap();
    std::fs::write(&file, format!("{}{}", tokens.access, tokens.refresh)).unwrap();
    let leaks = stage.leaks();
    for file in [&note, &file] {
        std::fs::remove_file(file).unwrap();
    }
    let mut found: Vec<_> = leaks
        .iter()
        .map(|leak| (&leak.place, leak.secret))
        .collect();
    found.sort_unstable();
    let mut expected = [(&note, "the bot's token"), (&file, "the token of a login")];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_an_agent_says_of_a_secret_nobody_reads_in_discord() {
    let stage = guarded(Program::Claude, Powers::Inherited).await;
    let written = STANDARD.encode(THE_AGENTS);
    let script = json!([{"text": format!("it is {THE_AGENTS}, or {written}.")}]);
    let thread = stage.ask("ann", &format!("hello STUB:{script}")).await;
    stage
        .answer(thread, "it is [redacted], or [redacted].")
        .await;
    // Nor in the name of the thread, which has the words of the person.
    let is_clean = |name: &str| !name.contains(THE_AGENTS);
    stage
        .sim
        .wait_for(|world| world.channel_name(thread).is_some_and(is_clean))
        .await;
}
