use model_sim::{ForcedError, ModelSim, Usage};
use serde_json::{Value, json};

use crate::codex::{Codex, Login, model_requests};

/// Runs a turn that fails: what of, in Codex's words.
async fn failure(codex: &mut Codex, prompt: &str) -> Value {
    let turn = codex.turn(prompt).await;
    assert_eq!(turn.status, "failed", "{:?}", turn.messages);
    turn.error["codexErrorInfo"].clone()
}

#[tokio::test]
async fn each_error_of_the_api_is_known_to_codex_as_what_it_is() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    for (script, info) in [
        (
            r#"{"status":401,"message":"Incorrect API key provided"}"#,
            json!({ "httpConnectionFailed": { "httpStatusCode": 401 } }),
        ),
        (
            r#"{"status":429,"headers":{"retry-after":"0"}}"#,
            json!({ "responseTooManyFailedAttempts": { "httpStatusCode": 429 } }),
        ),
        (
            r#"{"status":429,"error":"usage_limit_reached"}"#,
            json!("usageLimitExceeded"),
        ),
        (r#"{"status":500}"#, json!("internalServerError")),
        (
            r#"{"status":503,"error":"server_is_overloaded"}"#,
            json!("serverOverloaded"),
        ),
        (
            r#"{"status":404,"error":"invalid_request_error","code":"model_not_found"}"#,
            json!("modelNotFound"),
        ),
        (
            r#"{"status":400,"error":"invalid_request_error","code":"context_length_exceeded"}"#,
            json!("contextWindowExceeded"),
        ),
        (
            r#"{"sse_error":{"type":"context_length_exceeded","message":"too long"}}"#,
            json!("contextWindowExceeded"),
        ),
        (
            r#"{"sse_error":{"type":"server_is_overloaded","message":"busy"}}"#,
            json!("serverOverloaded"),
        ),
        (
            r#"{"text":"half whole","chunks":2,"cut":true}"#,
            json!("other"),
        ),
        (
            r#"{"text":"half","stop_reason":"max_tokens"}"#,
            json!("other"),
        ),
    ] {
        assert_eq!(
            failure(&mut codex, &format!("STUB:{script}")).await,
            info,
            "{script}"
        );
    }
    // And none of them is for ever.
    assert_eq!(codex.turn("well?").await.text, "echo: well?");
}

#[tokio::test]
async fn an_error_that_passes_is_tried_again_and_said_to_be() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let turn = codex
        .turn(r#"STUB:{"text":"half whole","chunks":2,"cut":true,"times":1}"#)
        .await;
    assert_eq!(turn.text, "half whole");
    let told: Vec<&Value> = turn
        .heard("error")
        .into_iter()
        .map(|params| &params["willRetry"])
        .collect();
    assert_eq!(told, [&json!(true)]);
}

#[tokio::test]
async fn a_forced_error_hits_whatever_comes_next() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    sim.force([ForcedError::status(400)
        .body(json!({ "detail": "no such thing" }))
        .path("/v1/responses")
        .times(1)]);
    let turn = codex.turn("hello").await;
    assert_eq!(turn.error["message"], r#"{"detail":"no such thing"}"#);
    assert_eq!(codex.turn("hello").await.text, "echo: hello");
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_refused() {
    let sim = ModelSim::start().await.expect("a free port");
    sim.accept_only(Some(vec!["another".to_owned()]));
    let mut codex = Codex::start(&sim, Login::Key).await;
    let turn = codex.turn("hello").await;
    let said = turn.error["message"].as_str().unwrap_or_default();
    let wanted = "unexpected status 401 Unauthorized: Invalid authentication credentials, url: ";
    assert!(said.starts_with(wanted), "{said}");
}

#[tokio::test]
async fn a_limit_that_is_reached_says_when_it_ends_and_is_not_tried_again() {
    let sim = ModelSim::start().await.expect("a free port");
    let usage = Usage::default().used_up(1_900_000_000);
    sim.force([ForcedError::usage_limit_reached(&usage).path("/backend-api/codex/responses")]);
    let mut codex = Codex::start(&sim, Login::ChatGpt).await;
    let turn = codex.turn("hello").await;
    assert_eq!(turn.error["codexErrorInfo"], "usageLimitExceeded");
    let limits = &turn.heard("account/rateLimits/updated")[0]["rateLimits"];
    assert_eq!(
        limits["primary"],
        json!({ "usedPercent": 100, "windowDurationMins": 300, "resetsAt": 1_900_000_000 })
    );
    assert_eq!(limits["rateLimitReachedType"], "rate_limit_reached");
    assert_eq!(model_requests(&sim).len(), 1);
}

#[tokio::test]
async fn a_login_that_is_refused_and_cannot_be_refreshed_is_dead() {
    let sim = ModelSim::start().await.expect("a free port");
    sim.force([
        ForcedError::status(401).path("/backend-api/codex/responses"),
        ForcedError::status(401)
            .error("invalid_request_error")
            .code("refresh_token_expired")
            .path("/oauth/token"),
    ]);
    let mut codex = Codex::start(&sim, Login::ChatGpt).await;
    let turn = codex.turn("hello").await;
    assert_eq!(turn.error["codexErrorInfo"], "unauthorized");
    let said = turn.error["message"].as_str().unwrap_or_default();
    assert!(
        said.contains("your refresh token has expired. Please log out and sign in again."),
        "{said}"
    );
}
