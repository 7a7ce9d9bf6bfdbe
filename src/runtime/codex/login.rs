//! The login of Codex: `auth.json`.
//!
//! Observed with Codex 0.169: it reads the file again before it renews, and sends what it has read without a lock.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    clock::Millis,
    credentials::{
        FileStore, Format, Fresh, Held, Locking, Look, Members, Tokens, expires_in, text,
    },
};

/// The member with the login.
const LOGIN: &str = "tokens";

/// How Codex keeps its login: `auth.json`.
pub struct LoginFile;

impl Format for LoginFile {
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

    fn variable(&self) -> &'static str {
        "CODEX_HOME"
    }

    fn login_words(&self) -> &'static [&'static str] {
        &["login"]
    }

    fn usual(&self, home: &Path) -> PathBuf {
        home.join(".codex")
    }

    fn login(&self, directory: &Path) -> String {
        format!(
            "`/login codex`, or `CODEX_HOME={} codex login`",
            directory.display()
        )
    }

    fn locks(&self, directory: &Path) -> io::Result<Locking> {
        Ok(Locking::File(directory.join("auth.lock")))
    }
}

/// How Codex is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Nobody is.
    None,
    /// With an API key.
    Key,
    /// With a `ChatGPT` subscription, whose tokens Codex renews: each can be used for that once.
    Subscription,
}

/// The login that stands in a directory of Codex's.
pub fn login_in(home: &Path) -> Login {
    match FileStore::new(&LoginFile, home).look() {
        Look::There { document, .. } => match document.held() {
            Held::Key => Login::Key,
            Held::Tokens(_) | Held::Bare { .. } => Login::Subscription,
            Held::Nothing | Held::Blanked => Login::None,
        },
        Look::Absent | Look::Refused(_) => Login::None,
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
pub(crate) mod testing {
    use super::*;

    /// A token that runs out at this second.
    pub(crate) fn token(exp: i64) -> String {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(json!({ "exp": exp }).to_string());
        format!("eyJhbGciOiJub25lIn0.{payload}.c2ln")
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::token, *};
    use crate::credentials::Document;

    fn held(file: &Value) -> Held {
        Document::parse(&LoginFile, file.to_string().as_bytes())
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

    #[test]
    fn a_login_is_told_by_what_its_file_holds() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(login_in(home.path()), Login::None);
        for (text, login) in [
            ("", Login::None),
            ("no JSON", Login::None),
            (r#"{"OPENAI_API_KEY": "", "tokens": null}"#, Login::None),
            (
                r#"{"auth_mode": "chatgpt", "tokens": {"refresh_token": ""}}"#,
                Login::None,
            ),
            (r#"{"OPENAI_API_KEY": "k"}"#, Login::Key),
            (
                r#"{"auth_mode": "apikey", "OPENAI_API_KEY": "k", "tokens": null}"#,
                Login::Key,
            ),
            (r#"{"tokens": {"access_token": "a"}}"#, Login::Subscription),
            (
                r#"{"auth_mode": "chatgpt", "OPENAI_API_KEY": "k", "tokens": {"refresh_token": "r"}}"#,
                Login::Subscription,
            ),
        ] {
            std::fs::write(home.path().join("auth.json"), text).unwrap();
            assert_eq!(login_in(home.path()), login, "{text}");
        }
    }
}
