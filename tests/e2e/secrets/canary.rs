//! The search for secrets that ends every test, and what an agent says that it has one of.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{THE_AGENTS, guarded};
use crate::stage::{Powers, Program, Stage, canary::Canary};

#[test]
fn a_canary_is_found_in_every_form_and_nowhere_else() {
    let secret = "canary.secret-1234567890";
    let canary = Canary::new("one", secret);
    let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
    for text in [
        format!("a {secret}, b"),
        hex.concat(),
        "canary%2Esecret%2D1234567890".to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("a{secret}b")),
        STANDARD.encode(format!("ab{secret}")),
    ] {
        assert!(canary.is_in(text.as_bytes()), "{text}");
    }
    for text in ["", "canary.secret-123456789", "canary secret"] {
        assert!(!canary.is_in(text.as_bytes()), "{text}");
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
