//! Logging in to a `ChatGPT` account, as Codex does it with a device code, and renewing its tokens.
//!
//! A person allows a device at the hold [`DEVICE`]: until that is released Codex is told to ask again. A refresh token
//! can be used once, as the real service has it; whoever comes with it a second time is refused.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::ids::new_id;
use crate::oauth::{Issuer, Mint, Refusal, Rules, Service, spent, told, unix_now};
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

/// A token that comes again is refused, and the login goes on with its newest.
const RULES: Rules = Rules {
    one_time: true,
    grace: Duration::ZERO,
    revoke_on_reuse: false,
    ends_the_old: false,
    expires_in: HOLDS,
    leeway: Duration::ZERO,
};

/// What the service remembers of the tokens that it has given.
#[derive(Debug, Default)]
pub(crate) struct Logins(Issuer);

impl Logins {
    pub(crate) fn reset(&self) {
        self.0.reset();
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

    fn tokens(&self, refresh: &Value, usage: &Usage) -> Result<Value, Box<Failure>> {
        let mint = Mint {
            service: Service::Codex,
            plan: usage.plan.clone(),
            now: unix_now(),
            expires_in: HOLDS,
        };
        let given = match refresh.as_str() {
            None => Ok(self.0.login(&mint)),
            Some(refresh) => match self.0.renew(refresh, &RULES, &mint) {
                // A login that a test has written itself.
                Err(Refusal::Unknown) => Ok(self.0.adopt(refresh, &mint)),
                given => given,
            },
        };
        match given {
            Ok(tokens) => Ok(told(&tokens, &Value::Null)),
            Err(refusal) => Err(Box::new(spent(refusal))),
        }
    }
}
