//! `/login codex`: an owner logs Codex in with a code.

use std::fs;

use discord_sim::NO_OPTIONS;
use serde_json::json;

use super::{
    settings,
    trouble::{by_login, with_another_launcher},
};
use crate::{
    health::{Pages, slot},
    stage::{Stage, until},
};

/// Where Codex logs in; its own variable.
const ISSUER: &str = "CODEX_APP_SERVER_LOGIN_ISSUER";

/// A stage whose Codex is logged out, and whose service for everything is the simulated one.
async fn logged_out() -> Stage {
    let mut stage = Stage::dark(settings()).await;
    let url = stage.model.base_url();
    let config = format!(
        "chatgpt_base_url = \"{url}/backend-api\"\nmodel_provider = \"sim\"\n[model_providers.sim]\n\
         name = \"sim\"\nwire_api = \"responses\"\nbase_url = \"{url}/backend-api/codex\"\n\
         requires_openai_auth = true\n"
    );
    fs::write(stage.codex_home().join("config.toml"), config).unwrap();
    by_login(&stage, &format!("pass_env = [\"{ISSUER}\"]"));
    stage.set_env(ISSUER, &url);
    stage.start().await;
    stage
}

#[tokio::test]
async fn an_owner_logs_codex_in_by_a_code_and_its_conversations_go_on() {
    let stage = logged_out().await;
    let pages = Pages::of(&stage).await;
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.says(thread, "`/login codex`").await;
    let owner = stage.sim.user("owner");
    let used = owner.slash("login codex", NO_OPTIONS).in_(thread).await;
    let told = used.answer().await;
    assert_eq!(told.only_for.as_deref(), Some("owner"));
    for part in ["/codex/device>", "`SIML-0001`", "14 minutes"] {
        assert!(told.content.contains(part), "{}", told.content);
    }
    // Nothing is renewed, and nobody is logged in, before somebody has typed it.
    let tokens = |path: &str| {
        let requests = stage.model.requests();
        requests.iter().filter(|one| one.path == path).count()
    };
    stage
        .model
        .wait_for_request(|one| one.path == "/api/accounts/deviceauth/token")
        .await;
    assert_eq!(tokens("/oauth/token"), 0);
    stage.model.allow_devices();
    let said = || used.told().map(|told| told.content).unwrap_or_default();
    until("he is told that it is done", || said().contains("✅")).await;
    let told = said();
    assert!(told.contains("plan plus"), "{told}");
    assert_eq!(tokens("/oauth/token"), 1);
    let (claude, codex) = (slot(None, "unknown", true), slot(None, "ok", true));
    let slots = json!({"claude": claude, "codex": codex});
    pages.until_told(&[("accountSlotsHealth", slots)]).await;
    stage
        .sim
        .user("ann")
        .says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    stage.answer(thread, "answer two").await;
}

#[tokio::test]
async fn a_service_of_the_operators_needs_no_login_and_nobody_else_begins_one() {
    let stage = super::open().await;
    let place = stage.channel();
    let told = stage.command("owner", "login codex", place).await;
    assert!(told.starts_with("Codex needs no login here"), "{told}");
    let told = stage.command("ann", "login codex", place).await;
    assert!(told.contains("owner"), "{told}");
}

#[tokio::test]
async fn a_login_is_not_begun_where_projects_start_codex_with_different_launchers() {
    let mut stage = Stage::dark(settings()).await;
    by_login(&stage, "");
    with_another_launcher(&stage);
    stage.start().await;
    let told = stage.command("owner", "login codex", stage.channel()).await;
    assert!(told.contains("different launchers"), "{told}");
}

#[tokio::test]
async fn a_login_that_the_service_refuses_to_begin_says_why() {
    let stage = logged_out().await;
    let down = model_sim::ForcedError::status(503).path("/api/accounts/");
    stage.model.force([down]);
    let told = stage.command("owner", "login codex", stage.channel()).await;
    assert!(
        told.starts_with("Codex could not begin a login: "),
        "{told}"
    );
    assert!(told.contains("503") && told.contains("again"), "{told}");
}
