//! Codex in trouble: with its account, its service, its model.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use baton::{
    clock::{Clock, Millis},
    words::RunState,
};
use discord_sim::ChannelId;
use model_sim::{ForcedError, Usage};
use serde_json::json;

use super::{open, settings};
use crate::{
    agents_in_trouble::failure,
    health::{Pages, slot},
    stage::{Settings, Stage, until},
};

/// How long a service in trouble is left alone.
const PAUSE: Duration = Duration::from_secs(30);

const IN_TROUBLE: &str = "⏳ The model service is in trouble. I try once more";
/// What is said of a run that is parked.
const GOES_ON: &str = "takes it back";

/// An error of the service, whatever is asked.
fn error(status: u16, kind: &str, message: &str) -> ForcedError {
    ForcedError::status(status)
        .error(kind)
        .message(message)
        .path("/v1/responses")
}

/// A whole second, as services tell times.
fn in_an_hour() -> Millis {
    let at = Clock::system().now().after(Duration::from_hours(1));
    Millis::new(at.get() / 1_000 * 1_000)
}

fn seconds(at: Millis) -> u64 {
    u64::try_from(at.get() / 1_000).unwrap()
}

async fn says(stage: &Stage, thread: ChannelId, text: &str) {
    stage.sim.user("ann").says(text).in_(thread).await;
}

#[tokio::test]
async fn errors_that_this_service_alone_has_fail_the_run_with_what_can_be_done() {
    let stage = open().await;
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let (mut told, mut expected) = (Vec::new(), Vec::new());
    for (n, (error, sentence)) in [
        (
            error(404, "invalid_request_error", "no such model").code("model_not_found"),
            "The model that is set does not exist or is not open to the account. Choose another with \
             `/session model`, or have the operator change `model` in the project's settings; then \
             send your message once more.",
        ),
        (
            error(403, "permission_error", "not yours"),
            "The agent's account is not permitted to do this. The operator has to check the account's \
             access.",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        stage.model.force([error]);
        says(&stage, thread, "try").await;
        until("it is told", || stage.count(thread, "⚠️") > n).await;
        told.extend(stage.sim.messages(thread).pop().map(|said| said.content));
        expected.push(sentence);
        stage.model.force([]);
        says(&stage, thread, &format!(r#"again STUB:[{{"text":"after {n}"}}]"#)).await;
        stage.answer(thread, &format!("after {n}")).await;
    }
    let sentences: Vec<&str> = told
        .iter()
        .map(|said| said.lines().next().unwrap().trim_start_matches("⚠️ "))
        .collect();
    assert_eq!(sentences, expected, "{}", stage.log());
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_asked_for_again() {
    let stage = open().await;
    let cut = r#"{"text":"half whole","chunks":2,"cut":true"#;
    // Codex asks again by itself, five times.
    let thread = stage
        .ask("ann", &format!(r#"one STUB:[{cut},"times":1}}]"#))
        .await;
    stage.answer(thread, "half whole").await;
    says(&stage, thread, &format!("two STUB:[{cut}}}]")).await;
    stage.says(thread, IN_TROUBLE).await;
    let run = stage.open_run(thread).await;
    assert_eq!(stage.state(run).await, RunState::Parked);
}

#[tokio::test]
async fn what_the_service_says_in_the_middle_of_an_answer_is_known_as_what_it_is() {
    let stage = open().await;
    for (code, sentence) in [
        (
            "insufficient_quota",
            "The agent's account has no credit left. The operator has to top it up.",
        ),
        (
            "context_length_exceeded",
            "This conversation has become too long for the model. Go on in a new thread, or send less at once.",
        ),
    ] {
        let script = json!([{"sse_error": {"type": code, "message": "as it is"}}]);
        let thread = stage.ask("ann", &format!("{code} STUB:{script}")).await;
        failure(&stage, thread, sentence).await;
    }
    let script = json!([{"sse_error": {"type": "server_is_overloaded", "message": "busy"}}]);
    let thread = stage.ask("ann", &format!("busy STUB:{script}")).await;
    stage.says(thread, IN_TROUBLE).await;
}

#[tokio::test]
async fn a_version_that_nobody_has_proved_is_warned_of_at_the_start() {
    const WARNED: &str = "Codex is of version 0.170.3, and Baton was proved against 0.169";
    let mut stage = Stage::dark(settings()).await;
    let newer = stage.home().join("newer");
    fs::write(&newer, "#!/bin/sh\necho codex-cli 0.170.3\n").unwrap();
    fs::set_permissions(&newer, fs::Permissions::from_mode(0o755)).unwrap();
    stage.set_env("BATON_CODEX__COMMAND", newer.to_str().unwrap());
    stage.start().await;
    until("it is warned of", || stage.log().contains(WARNED)).await;
}

#[tokio::test]
async fn a_limit_without_an_end_is_tried_again_after_a_quarter_of_an_hour() {
    let stage = Stage::dark(settings()).await;
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    stage.model.force([error(
        429,
        "usage_limit_reached",
        "The usage limit has been reached",
    )]);
    let thread = stage
        .ask("ann", r#"first STUB:[{"text":"after all"}]"#)
        .await;
    let said = stage.says(thread, GOES_ON).await;
    let quarter = Duration::from_mins(15);
    let at = seconds(clock.now().after(quarter));
    assert_eq!(
        said.content,
        format!(
            "⏳ The agent's subscription limit is reached. Nobody says until when: I try again <t:{at}:R>, \
             and every 15 minutes from then on; `/cancel` takes it back."
        )
    );
    stage.model.force([]);
    clock.advance(quarter);
    stage.answer(thread, "after all").await;
}

#[tokio::test]
async fn a_service_that_is_not_reached_is_given_up_after_the_time_that_is_set() {
    let mut stage = Stage::dark(settings()).await;
    stage.set_env("BATON_CODEX__RECONNECT_TIMEOUT", "2s");
    // Nobody listens there.
    stage.set_env("BATON_CODEX__BASE_URL", "http://127.0.0.1:9/v1");
    let clock = Clock::held_at(Clock::system().now());
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let thread = stage.ask("ann", "hello").await;
    stage
        .says(
            thread,
            "⏳ The model service cannot be reached. I try once more",
        )
        .await;
    clock.advance(PAUSE);
    failure(
        &stage,
        thread,
        "The model service cannot be reached. Try again in a few minutes; if it lasts, the operator has to \
         check the machine's network.",
    )
    .await;
}

/// Has Codex go by the login in its home, and have these lines in place of a service.
pub(super) fn by_login(stage: &Stage, lines: &str) {
    let file = stage.home().join("baton.toml");
    let text = fs::read_to_string(&file).unwrap();
    let of_service = text.lines().find(|line| line.starts_with("base_url"));
    let text = text.replace(of_service.unwrap(), lines);
    fs::write(&file, text.replace("key_variable = \"SIM_KEY\"\n", "")).unwrap();
}

/// Until 2033, in base64url: `{"alg":"none"}`, and a person of the account `account-simulated` with the plan `plus`.
/// Nobody checks the signature.
pub(super) const TOKEN: &str = concat!(
    "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6InNpbXVsYXRlZEBleGFtcGxlLmludmFsaWQiLCJleHAiOjIwMDAwMDAwMDAsImh0dHBz",
    "Oi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X2FjY291bnRfaWQiOiJhY2NvdW50LXNpbXVsYXRlZCIsImNoYXRncHRf",
    "dXNlcl9pZCI6InVzZXItc2ltdWxhdGVkIiwiY2hhdGdwdF9wbGFuX3R5cGUiOiJwbHVzIn19.c2ln",
);

/// Logs Codex in with a subscription whose service is the simulated one.
pub(super) fn subscribe(stage: &mut Stage) {
    const REFRESH: &str = "CODEX_REFRESH_TOKEN_URL_OVERRIDE";
    let url = stage.model.base_url();
    subscribe_at(stage, &stage.codex_home(), TOKEN);
    by_login(stage, &format!("pass_env = [\"{REFRESH}\"]"));
    stage.set_env(REFRESH, &format!("{url}/oauth/token"));
}

/// Gives a home such a login with this token.
pub(super) fn subscribe_at(stage: &Stage, home: &Path, token: &str) {
    let login = json!({"auth_mode": "chatgpt", "OPENAI_API_KEY": null, "tokens": {"id_token": TOKEN,
        "access_token": token, "refresh_token": "dummy", "account_id": "account-simulated"},
        "last_refresh": "2026-11-22T00:00:00Z"});
    let url = stage.model.base_url();
    let config = format!(
        "chatgpt_base_url = \"{url}/backend-api\"\nmodel_provider = \"sim\"\n[model_providers.sim]\n\
         name = \"sim\"\nwire_api = \"responses\"\nbase_url = \"{url}/backend-api/codex\"\n\
         requires_openai_auth = true\n"
    );
    fs::write(home.join("auth.json"), login.to_string()).unwrap();
    fs::write(home.join("config.toml"), config).unwrap();
}

#[tokio::test]
async fn a_login_that_is_refused_and_cannot_be_renewed_is_said_to_be_dead() {
    let mut stage = Stage::dark(settings()).await;
    subscribe(&mut stage);
    stage.start().await;
    let thread = stage
        .ask("ann", r#"one STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    stage.model.force([
        ForcedError::status(401).path("/backend-api/codex/responses"),
        ForcedError::status(401)
            .error("invalid_request_error")
            .code("refresh_token_expired")
            .path("/oauth/token"),
    ]);
    says(&stage, thread, "two").await;
    failure(
        &stage,
        thread,
        "The model service does not accept the agent's login any more. It may be renewed just now: \
         send your message once more in a minute. If the same comes again, the operator has to log it in \
         again on the machine, Codex also with `/login codex`.",
    )
    .await;
}

/// A second project, which starts Codex with another launcher.
pub(super) fn with_another_launcher(stage: &Stage) {
    let other = stage.home().join("other");
    fs::create_dir(&other).unwrap();
    let file = stage.home().join("baton.toml");
    let text = fs::read_to_string(&file).unwrap();
    let more = format!(
        "\n[[projects]]\nname = \"other\"\ndirectory = {other:?}\nchannels = [{}]\nruntime = \"codex\"\n\
         launcher = [\"env\"]\n",
        stage.sim.channel("general")
    );
    fs::write(&file, text + &more).unwrap();
}

#[tokio::test]
async fn a_subscription_of_two_launchers_stops_the_start() {
    let mut stage = Stage::dark(settings()).await;
    subscribe(&mut stage);
    with_another_launcher(&stage);
    let ended = stage.start_another().await;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success(), "{said}");
    assert!(
        said.contains("Projects `play` and `other` start Codex with different launchers"),
        "{said}"
    );
    assert!(said.contains("log Codex in with an API key"), "{said}");
}

#[tokio::test]
async fn where_nobody_is_logged_in_no_turn_begins_and_health_says_so() {
    let mut stage = Stage::dark(settings()).await;
    by_login(&stage, "");
    // The internet is not there.
    stage.set_env("HTTPS_PROXY", "http://127.0.0.1:9");
    stage.start().await;
    let pages = Pages::of(&stage).await;
    let (claude, codex) = (slot(None, "unknown", true), slot(None, "unknown", false));
    let slots = json!({"claude": claude, "codex": codex});
    pages.until_told(&[("accountSlotsHealth", slots)]).await;
    let sentence = "The agent is not logged in. The operator has to log it in again on the machine, Codex also with `/login codex`; then \
                    send your message once more.";
    let thread = stage.ask("ann", "hello").await;
    failure(&stage, thread, sentence).await;
    let codex = slot(Some(sentence), "login_needed", false);
    let slots = json!({"claude": claude, "codex": codex});
    pages.until_told(&[("accountSlotsHealth", slots)]).await;
    assert_eq!(stage.model.requests().len(), 0);
}

/// A stage with Codex in one channel and Claude in every other.
async fn both(settings: Settings) -> Stage {
    let mut stage = Stage::dark(settings).await;
    let other = stage.home().join("other");
    fs::create_dir(&other).unwrap();
    stage.set_env("BATON_DEFAULT_PROJECT", other.to_str().unwrap());
    stage.start().await;
    stage
}

#[tokio::test]
async fn a_limit_of_codex_parks_no_run_of_claude_nor_is_it_over_when_claude_answers() {
    let stage = both(settings()).await;
    let usage = Usage::default().used_up(seconds(in_an_hour()));
    let limit = ForcedError::usage_limit_reached(&usage);
    stage.model.force([limit.path("/v1/responses")]);
    let first = stage.ask("ann", r#"one STUB:[{"text":"never"}]"#).await;
    stage.says(first, GOES_ON).await;

    let general = stage.sim.channel("general");
    let ann = stage.sim.user("ann");
    let asked = ann
        .says(r#"@bot two STUB:[{"text":"by claude"}]"#)
        .in_(general)
        .await;
    let second = crate::stage::thread_of(asked);
    stage.answer(second, "by claude").await;
    assert_eq!(stage.count(second, GOES_ON), 0);

    // The next one of Codex need not ask to know.
    let third = stage.ask("ann", r#"three STUB:[{"text":"never"}]"#).await;
    stage.says(third, GOES_ON).await;
    let is_third = |text: &String| text.contains("three");
    let requests = stage.model.requests();
    assert!(
        !requests
            .iter()
            .any(|one| one.user_text.as_ref().is_some_and(is_third))
    );
}
