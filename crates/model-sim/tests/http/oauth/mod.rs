//! Logins that are given out and renewed.

mod families;
mod faults;
mod roads;

use model_sim::{ModelSim, OauthSim, Rules, Service, Tokens};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

/// A service and the model that it keeps.
struct Stage {
    oauth: OauthSim,
    model: ModelSim,
}

impl Stage {
    async fn open(rules: Rules) -> Self {
        let model = ModelSim::start().await.expect("a free port");
        let oauth = OauthSim::start(&model, rules).expect("a free port");
        model.accept_logins_of(&oauth);
        Self { oauth, model }
    }

    async fn renew(&self, refresh: &str) -> Response {
        let sent = self.try_to_renew(refresh).await;
        sent.expect("the service answers")
    }

    async fn try_to_renew(&self, refresh: &str) -> reqwest::Result<Response> {
        let url = self.oauth.token_url(Service::Claude);
        Client::new().post(url).json(&asks(refresh)).send().await
    }

    /// The tokens that a renewal brings.
    async fn renewed(&self, refresh: &str) -> Value {
        let answer = self.renew(refresh).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("tokens")
    }

    /// What the model says to an access token: its status, and its complaint if it has one.
    async fn model(&self, access: &str) -> (StatusCode, Value) {
        let request = json!({ "model": "m", "messages": [{ "role": "user", "content": "hello" }] });
        let answer = Client::new()
            .post(format!("{}/v1/messages", self.model.base_url()))
            .bearer_auth(access)
            .json(&request)
            .send()
            .await
            .expect("the model answers");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        (status, body["error"]["message"].clone())
    }

    fn newest(&self) -> Tokens {
        self.oauth.live().swap_remove(0)
    }
}

/// As Claude Code asks for it.
fn asks(refresh: &str) -> Value {
    json!({
        "grant_type": "refresh_token",
        "refresh_token": refresh,
        "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
        "scope": "user:profile user:inference",
    })
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
