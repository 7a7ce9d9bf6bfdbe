//! What tokens look like.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ids::new_id;

/// Whose logins they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Claude Code's: `platform.claude.com`.
    Claude,
    /// Codex's with a `ChatGPT` account: `auth.openai.com`.
    Codex,
}

/// What a service gives out at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Whose they are.
    pub service: Service,
    /// What goes with each request.
    pub access: String,
    /// What gets the next tokens.
    pub refresh: String,
    /// Who logged in, for Codex.
    pub id: Option<String>,
    /// How long the access token holds from when it was given out.
    pub expires_in: Duration,
}

/// What new tokens say.
#[derive(Debug, Clone)]
pub(crate) struct Mint {
    pub(crate) service: Service,
    /// The plan of the account, which stands in Codex's tokens.
    pub(crate) plan: String,
    /// The service's time, in Unix seconds.
    pub(crate) now: u64,
    pub(crate) expires_in: Duration,
}

impl Mint {
    /// Tokens that nobody has had before.
    pub(crate) fn tokens(&self) -> Tokens {
        let (access, refresh, id) = match self.service {
            Service::Claude => (claude("oat"), claude("ort"), None),
            Service::Codex => {
                let refresh = format!("rt_{}", random());
                (self.jwt(), refresh, Some(self.jwt()))
            }
        };
        Tokens {
            service: self.service,
            access,
            refresh,
            id,
            expires_in: self.expires_in,
        }
    }

    /// A token of a person of the account, as a JWT without a signature; nobody checks that.
    fn jwt(&self) -> String {
        let claims = json!({
            "email": "simulated@example.invalid",
            "exp": self.now + self.expires_in.as_secs(),
            "jti": new_id(""),
            "https://api.openai.com/auth": {
                "chatgpt_account_id": "account-simulated",
                "chatgpt_user_id": "user-simulated",
                "chatgpt_plan_type": self.plan,
            },
        });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({ "alg": "none" })), part(&claims))
    }
}

/// As long as a real one.
fn claude(kind: &str) -> String {
    format!("sk-ant-{kind}01-{}-simulaAA", random())
}

/// 86 random letters.
fn random() -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The machine's time, in Unix seconds.
#[expect(
    clippy::disallowed_methods,
    reason = "programs hold the end of a token against the clock of the machine"
)]
pub(crate) fn unix_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}
