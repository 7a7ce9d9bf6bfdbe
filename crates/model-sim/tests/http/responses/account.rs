use model_sim::{ModelSim, Usage};
use reqwest::Client;
use serde_json::{Value, json};

use super::whole;
use crate::client::post;

async fn get(sim: &ModelSim, path: &str) -> Value {
    let request = Client::new()
        .get(format!("{}{path}", sim.base_url()))
        .header("chatgpt-account-id", "mine");
    let reply = request
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    reply.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_account_has_the_one_workspace_that_is_asked_for() {
    let sim = ModelSim::start().await.unwrap();
    let check = get(&sim, "/backend-api/wham/accounts/check").await;
    let workspace = json!({ "id": "mine", "name": "simulated", "plan_type": "plus", "structure": "personal",
        "workspace_backend_origin": "https://workspace.invalid", "account_routing_override": "NO_CONSTRAINT" });
    assert_eq!(
        check,
        json!({ "accounts": [workspace], "account_ordering": ["mine"], "default_account_id": "mine" })
    );
}

#[tokio::test]
async fn the_models_are_those_that_the_client_knows() {
    let sim = ModelSim::start().await.unwrap();
    let none = json!({ "object": "list", "data": [], "models": [] });
    for path in ["/v1/models", "/backend-api/codex/models?client_version=1"] {
        assert_eq!(get(&sim, path).await, none);
    }
}

#[tokio::test]
async fn usage_is_told_on_its_page_and_with_each_reply_to_a_login_but_not_to_a_key() {
    let sim = ModelSim::start().await.unwrap();
    sim.set_usage(Usage {
        secondary: None,
        ..Usage::default().used_up(7)
    });
    let page = get(&sim, "/backend-api/wham/usage").await;
    assert_eq!(
        page["rate_limit"],
        json!({ "allowed": false, "limit_reached": true, "secondary_window": null, "primary_window":
            { "used_percent": 100, "limit_window_seconds": 18_000, "reset_at": 7, "reset_after_seconds": 18_000 } })
    );
    let body = whole(r#"STUB:{"text":"x","headers":{"x-codex-primary-reset-at":8}}"#);
    let told = |path: &'static str| {
        let request = post(&sim, path, &body);
        async {
            let reply = request.send().await.unwrap();
            let names = reply
                .headers()
                .iter()
                .filter(|(name, _)| name.as_str().starts_with("x-codex-"));
            let mut told: Vec<String> = names
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            told.sort();
            told
        }
    };
    // The script has the last word.
    assert_eq!(
        told("/backend-api/codex/responses").await,
        [
            "x-codex-primary-reset-at: 8",
            "x-codex-primary-used-percent: 100",
            "x-codex-primary-window-minutes: 300",
            "x-codex-rate-limit-reached-type: rate_limit_reached",
        ]
    );
    assert_eq!(told("/v1/responses").await, ["x-codex-primary-reset-at: 8"]);
}

#[tokio::test]
async fn usage_can_be_set_over_http_and_ends_with_a_reset() {
    let sim = ModelSim::start().await.unwrap();
    let used =
        json!({ "plan": "pro", "primary": { "used_percent": 5, "minutes": 300, "resets_at": 9 } });
    let set = post(&sim, "/_ctl/usage", &used).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let page = get(&sim, "/backend-api/wham/usage").await;
    assert_eq!(
        [
            &page["plan_type"],
            &page["rate_limit"]["primary_window"]["reset_at"]
        ],
        [&json!("pro"), &json!(9)]
    );
    sim.reset();
    assert_eq!(
        get(&sim, "/backend-api/wham/usage").await["plan_type"],
        "plus"
    );
}

async fn login(sim: &ModelSim, path: &str, body: Value) -> (u16, Value) {
    let request = Client::new()
        .post(format!("{}{path}", sim.base_url()))
        .json(&body);
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn a_device_waits_until_a_person_allows_it() {
    let sim = ModelSim::start().await.unwrap();
    let asked = async || login(&sim, "/api/accounts/deviceauth/token", json!({})).await;
    let (status, code) = login(&sim, "/api/accounts/deviceauth/usercode", json!({})).await;
    assert_eq!((status, &code["user_code"]), (200, &json!("SIML-0001")));
    assert_eq!(asked().await.0, 403);
    sim.allow_devices();
    let (status, allowed) = asked().await;
    assert_eq!(status, 200);
    assert!(allowed["authorization_code"].is_string(), "{allowed}");
    sim.reset();
    assert_eq!(asked().await.0, 403);
}

#[tokio::test]
async fn a_refresh_token_is_taken_once() {
    let sim = ModelSim::start().await.unwrap();
    let renew = async |token: &str| {
        let body = json!({ "grant_type": "refresh_token", "refresh_token": token });
        login(&sim, "/oauth/token", body).await
    };
    let (status, first) = renew("dummy").await;
    assert_eq!(status, 200);
    let (status, refused) = renew("dummy").await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (401, &json!("refresh_token_reused"))
    );
    let (status, second) = renew(first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    assert_ne!(first["access_token"], second["access_token"]);
}
