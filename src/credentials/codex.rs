//! The login of Codex: `auth.json`.
//!
//! Observed with Codex 0.169: it reads the file again before it renews, and sends what it has read without a lock.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::document::{Format, Fresh, Held, Members, Tokens, expires_in, text};
use crate::clock::Millis;

/// The member with the login.
const LOGIN: &str = "tokens";

/// How Codex keeps its login.
pub(super) struct Codex;

impl Format for Codex {
    fn file(&self) -> &'static str {
        "auth.json"
    }

    fn held(&self, members: &Members) -> Held {
        let is_key = text(members, "OPENAI_API_KEY").is_some()
            && members.get("auth_mode") != Some(&json!("chatgpt"));
        if is_key {
            return Held::Key;
        }
        let Some(Value::Object(login)) = members.get(LOGIN) else {
            return Held::Nothing;
        };
        let access = text(login, "access_token");
        let expires_at = access.and_then(expiry);
        match (access, text(login, "refresh_token")) {
            (None, None) if login.contains_key("refresh_token") => Held::Blanked,
            (None, None) => Held::Nothing,
            (Some(_), None) => Held::Bare { expires_at },
            (access, Some(refresh)) => Held::Tokens(Tokens {
                access: access.unwrap_or_default().into(),
                refresh: refresh.into(),
                expires_at,
                scopes: Vec::new(),
                client: None,
            }),
        }
    }

    fn put(&self, members: &mut Members, fresh: &Fresh, now: Millis) {
        let login = members.entry(LOGIN).or_insert_with(|| json!({}));
        let Value::Object(login) = login else { return };
        login.insert("access_token".into(), fresh.access.expose_secret().into());
        if let Some(refresh) = &fresh.refresh {
            login.insert("refresh_token".into(), refresh.expose_secret().into());
        }
        if let Some(id) = &fresh.id {
            login.insert("id_token".into(), id.expose_secret().into());
        }
        if let Some(at) = DateTime::<Utc>::from_timestamp_millis(now.get()) {
            let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
            members.insert("last_refresh".into(), at.into());
        }
    }

    fn request(&self, tokens: &Tokens, client: &str, scopes: &[String]) -> Value {
        let mut body = json!({
            "client_id": client,
            "grant_type": "refresh_token",
            "refresh_token": tokens.refresh.expose_secret(),
        });
        if !scopes.is_empty() {
            body["scope"] = scopes.join(" ").into();
        }
        body
    }

    /// The service tells no `expires_in`: the token says it itself.
    fn life(&self, answer: &Members, now: Millis) -> Option<Duration> {
        let of_token = || {
            let end = expiry(text(answer, "access_token")?)?;
            Some(end.since(now))
        };
        expires_in(answer).or_else(of_token)
    }
}

/// When a token runs out that is a JWT (RFC 7519, 4.1.4: `exp` in seconds). Its signature is the service's concern.
fn expiry(token: &str) -> Option<Millis> {
    let payload = token.split('.').nth(1)?;
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    let seconds = payload.get("exp")?.as_i64()?;
    Some(Millis::new(seconds.checked_mul(1_000)?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::Document, *};
    use crate::words::RuntimeKind;

    /// A token that runs out at this second.
    pub(in crate::credentials) fn token(exp: i64) -> String {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(json!({ "exp": exp }).to_string());
        format!("eyJhbGciOiJub25lIn0.{payload}.c2ln")
    }

    fn held(file: &Value) -> Held {
        Document::parse(RuntimeKind::Codex, file.to_string().as_bytes())
            .unwrap()
            .held()
    }

    #[test]
    fn what_the_file_holds_is_told() {
        assert!(matches!(held(&json!({})), Held::Nothing));
        assert!(matches!(held(&json!({"tokens": null})), Held::Nothing));
        assert!(matches!(held(&json!({"OPENAI_API_KEY": "k"})), Held::Key));
        let blanked = json!({"tokens": {"access_token": "", "refresh_token": ""}});
        assert!(matches!(held(&blanked), Held::Blanked));
        let bare = json!({"tokens": {"access_token": token(7)}});
        assert!(matches!(held(&bare), Held::Bare { expires_at: Some(at) } if at.get() == 7_000));
        let whole = json!({
            "auth_mode": "chatgpt", "OPENAI_API_KEY": "k",
            "tokens": {"access_token": token(9), "refresh_token": "r"},
        });
        let Held::Tokens(tokens) = held(&whole) else {
            panic!("no tokens");
        };
        assert_eq!(tokens.expires_at, Some(Millis::new(9_000)));
    }

    #[test]
    fn a_token_that_does_not_tell_its_end_has_none() {
        for token in ["", "a", "a.b", "a.!.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c"] {
            assert_eq!(expiry(token), None, "{token}");
        }
        assert_eq!(expiry(&token(i64::MAX)), None);
    }
}
