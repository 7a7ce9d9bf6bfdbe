//! Logging in to a `ChatGPT` account, as Codex does it with a device code, and renewing its tokens.
//!
//! A person allows a device at the hold [`DEVICE`]: until that is released Codex is told to ask again. A refresh token
//! can be used once, as the real service has it; whoever comes with it a second time is refused.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{Method, StatusCode};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::ids::new_id;
use crate::usage::Usage;

/// The hold at which a device waits until a person allows it.
pub(crate) const DEVICE: &str = "device";

/// What a person would type where he allows a device.
const USER_CODE: &str = "SIML-0001";

/// A step of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginStep {
    /// A code to type is asked for.
    UserCode,
    /// Has it been typed?
    Device,
    /// Tokens for a code, or for a refresh token.
    Tokens,
}

impl LoginStep {
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        if method != Method::POST {
            return None;
        }
        match path {
            "/api/accounts/deviceauth/usercode" => Some(Self::UserCode),
            "/api/accounts/deviceauth/token" => Some(Self::Device),
            "/oauth/token" => Some(Self::Tokens),
            _ => None,
        }
    }
}

/// How long an access token holds.
const HOLDS: Duration = Duration::from_hours(1);

/// What the service remembers of the tokens that it has given.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    used: Mutex<HashSet<String>>,
}

impl Logins {
    pub(crate) fn reset(&self) {
        self.used.lock().clear();
    }

    /// What is answered. `allowed` says whether a person has allowed the device; `usage` knows the plan of the account.
    pub(crate) fn answer(
        &self,
        step: LoginStep,
        body: &Value,
        allowed: bool,
        usage: &Usage,
    ) -> Result<Value, Box<Failure>> {
        match step {
            LoginStep::UserCode => Ok(json!({
                "device_auth_id": new_id("device-"), "user_code": USER_CODE, "interval": "1",
            })),
            LoginStep::Device if allowed => Ok(json!({
                "authorization_code": new_id("code-"), "code_challenge": "simulated", "code_verifier": "simulated",
            })),
            LoginStep::Device => Err(Box::new(Failure::new(
                StatusCode::FORBIDDEN,
                "the device is not allowed yet",
            ))),
            LoginStep::Tokens => self.tokens(&body["refresh_token"], usage),
        }
    }

    fn tokens(&self, spent: &Value, usage: &Usage) -> Result<Value, Box<Failure>> {
        if let Some(spent) = spent.as_str()
            && !self.used.lock().insert(spent.to_owned())
        {
            return Err(Box::new(Failure {
                kind: Some("invalid_request_error".to_owned()),
                code: Some("refresh_token_reused".to_owned()),
                ..Failure::new(
                    StatusCode::UNAUTHORIZED,
                    "Your refresh token has already been used to generate a new access token.",
                )
            }));
        }
        let access = token(&usage.plan);
        Ok(json!({
            "id_token": access, "access_token": access, "refresh_token": new_id("refresh-simulated-"),
        }))
    }
}

/// A token of a person of the account, as a JWT without a signature; nobody checks that.
#[expect(
    clippy::disallowed_methods,
    reason = "Codex holds its end against the clock of the machine"
)]
fn token(plan: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let claims = json!({
        "email": "simulated@example.invalid",
        "exp": (now + HOLDS).as_secs(),
        "jti": new_id(""),
        "https://api.openai.com/auth": {
            "chatgpt_account_id": "account-simulated",
            "chatgpt_user_id": "user-simulated",
            "chatgpt_plan_type": plan,
        },
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({ "alg": "none" })), part(&claims))
}
