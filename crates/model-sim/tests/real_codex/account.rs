use model_sim::{ModelSim, Usage};
use serde_json::{Value, json};

use crate::codex::{Codex, Login, model_requests};

#[tokio::test]
async fn with_a_key_there_is_no_account_and_nothing_to_read_of_limits() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::Key).await;
    let account = codex.server.call("account/read", json!({})).await;
    assert_eq!(
        account,
        Ok(
            json!({ "account": null, "userId": null, "requiresOpenaiAuth": false, "workspaceRouting": null })
        )
    );
    let limits = codex
        .server
        .call("account/rateLimits/read", Value::Null)
        .await;
    assert_eq!(
        limits,
        Err(
            json!({ "code": -32600, "message": "codex account authentication required to read rate limits" })
        )
    );
    codex.turn("hello").await;
    // It asks for nothing but the model.
    assert_eq!(sim.requests().len(), model_requests(&sim).len());
}

#[tokio::test]
async fn a_stored_key_is_an_account_and_the_stream_is_taken_where_there_is_no_websocket() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::StoredKey).await;
    let account = codex.server.call("account/read", json!({})).await;
    assert_eq!(
        account,
        Ok(
            json!({ "account": { "type": "apiKey" }, "userId": null, "requiresOpenaiAuth": true, "workspaceRouting": null })
        )
    );
    assert_eq!(codex.turn("hello").await.text, "echo: hello");
    let asked: Vec<String> = model_requests(&sim)
        .into_iter()
        .map(|request| {
            assert_eq!(request.header("authorization"), Some("Bearer stored-dummy"));
            request.method
        })
        .collect();
    assert_eq!(asked, ["GET", "POST"]);
}

#[tokio::test]
async fn a_chatgpt_login_is_an_account_with_a_plan_and_limits() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::ChatGpt).await;
    let account = codex
        .server
        .call("account/read", json!({}))
        .await
        .expect("an account");
    assert_eq!(
        account["account"],
        json!({ "type": "chatgpt", "email": "simulated@example.invalid", "planType": "plus", "workspaceName": "simulated" })
    );
    assert_eq!(account["requiresOpenaiAuth"], json!(true));

    let read = limits(&mut codex).await;
    let window = |percent, minutes, end: u64| json!({ "usedPercent": percent, "windowDurationMins": minutes, "resetsAt": end });
    assert_eq!(
        [
            &read["rateLimits"]["primary"],
            &read["rateLimits"]["secondary"]
        ],
        [
            &window(12, 300, 2_000_000_000),
            &window(34, 10_080, 2_000_000_000)
        ]
    );
    assert_eq!(read["ordinaryUsageAllowed"], json!(true));

    sim.set_usage(Usage::default().used_up(1_900_000_000));
    let read = limits(&mut codex).await;
    assert_eq!(
        read["rateLimits"]["primary"],
        window(100, 300, 1_900_000_000)
    );
    assert_eq!(
        read["rateLimits"]["rateLimitReachedType"],
        "rate_limit_reached"
    );
    assert_eq!(read["ordinaryUsageAllowed"], json!(false));
}

async fn limits(codex: &mut Codex) -> Value {
    let read = codex.server.call("account/rateLimits/read", Value::Null);
    read.await.expect("limits")
}

#[tokio::test]
async fn a_turn_of_a_chatgpt_login_goes_to_its_own_address_and_brings_its_limits() {
    let sim = ModelSim::start().await.expect("a free port");
    let mut codex = Codex::start(&sim, Login::ChatGpt).await;
    let turn = codex.turn(r#"STUB:{"text":"hello"}"#).await;
    assert_eq!(turn.text, "hello");
    let request = &model_requests(&sim)[0];
    assert_eq!(request.path, "/backend-api/codex/responses");
    assert_eq!(
        request.header("chatgpt-account-id"),
        Some("account-simulated")
    );
    let limits = &turn.heard("account/rateLimits/updated")[0]["rateLimits"];
    assert_eq!(limits["primary"]["usedPercent"], json!(12));
    // Which it does beside the turn.
    sim.wait_for_request(|request| request.path == "/backend-api/wham/accounts/check")
        .await;
}

#[tokio::test]
async fn the_list_of_models_is_the_one_that_codex_brings() {
    let sim = ModelSim::start().await.expect("a free port");
    for login in [Login::Key, Login::StoredKey, Login::ChatGpt] {
        let mut codex = Codex::start(&sim, login).await;
        let list = codex
            .server
            .call("model/list", json!({}))
            .await
            .expect("models");
        let default: Vec<&Value> = list["data"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|model| model["isDefault"] == json!(true))
            .map(|model| &model["id"])
            .collect();
        assert_eq!(default, [&json!(crate::codex::DEFAULT_MODEL)], "{login:?}");
    }
}
