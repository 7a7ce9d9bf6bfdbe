//! What Codex reads beside the model.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::usage::Usage;

/// The header in which Codex says whose the login is.
const ACCOUNT: &str = "chatgpt-account-id";

/// Something to read. Codex 0.169 asks for more (`wham/settings/user`, `wham/rate-limit-reset-credits`,
/// `wham/profiles/me`, `ps/…`) and goes on without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The models beside those that the client knows by itself: none.
    Models,
    /// The workspaces of the login. Without them no turn begins.
    Accounts,
    /// The limits of the account.
    Usage,
}

impl Page {
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/models" | "/backend-api/codex/models" => Some(Self::Models),
            "/backend-api/wham/accounts/check" => Some(Self::Accounts),
            "/backend-api/wham/usage" => Some(Self::Usage),
            _ => None,
        }
    }

    pub(crate) fn content(self, headers: &HeaderMap, usage: &Usage) -> Value {
        match self {
            Self::Models => json!({ "object": "list", "data": [], "models": [] }),
            Self::Accounts => accounts(headers, usage),
            Self::Usage => usage.page(),
        }
    }
}

/// One workspace: the one that is asked for.
fn accounts(headers: &HeaderMap, usage: &Usage) -> Value {
    let id = headers
        .get(ACCOUNT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("account-simulated");
    json!({
        "accounts": [{
            "id": id,
            "name": "simulated",
            "plan_type": usage.plan,
            "structure": "personal",
            // Codex insists on https. With a provider of its own in the settings it does not go there.
            "workspace_backend_origin": "https://workspace.invalid",
            "account_routing_override": "NO_CONSTRAINT",
        }],
        "account_ordering": [id],
        "default_account_id": id,
    })
}
