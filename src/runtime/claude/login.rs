//! The login of Claude Code: `.credentials.json`.
//!
//! Observed with Claude Code 2.1.197: it reads the file anew when its time of change is another, renews five minutes
//! before the expiry or when it is refused, and blanks both tokens when the service says `invalid_grant`.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    clock::Millis,
    credentials::{Format, Fresh, Held, Locking, Members, Tokens, expires_in, text},
};

/// Variables that log in by themselves (code.claude.com/docs, authentication).
pub const TOKENS: [&str; 3] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
];

/// The member with the login.
const LOGIN: &str = "claudeAiOauth";

/// How Claude Code keeps its login: `.credentials.json`.
pub struct LoginFile;

impl Format for LoginFile {
    fn file(&self) -> &'static str {
        ".credentials.json"
    }

    fn held(&self, members: &Members) -> Held {
        let Some(Value::Object(login)) = members.get(LOGIN) else {
            return Held::Nothing;
        };
        let expires_at = login
            .get("expiresAt")
            .and_then(Value::as_i64)
            .map(Millis::new);
        match (text(login, "accessToken"), text(login, "refreshToken")) {
            (None, None) if login.contains_key("refreshToken") => Held::Blanked,
            (None, None) => Held::Nothing,
            (Some(_), None) => Held::Bare { expires_at },
            (access, Some(refresh)) => Held::Tokens(Tokens {
                access: access.unwrap_or_default().into(),
                refresh: refresh.into(),
                expires_at,
                scopes: scopes(login),
                client: text(login, "clientId").map(str::to_owned),
            }),
        }
    }

    fn put(&self, members: &mut Members, fresh: &Fresh, now: Millis) {
        let login = members.entry(LOGIN).or_insert_with(|| json!({}));
        let Value::Object(login) = login else { return };
        login.insert("accessToken".into(), fresh.access.expose_secret().into());
        if let Some(refresh) = &fresh.refresh {
            login.insert("refreshToken".into(), refresh.expose_secret().into());
        }
        login.insert("expiresAt".into(), now.after(fresh.life).get().into());
        if let Some(scopes) = &fresh.scopes {
            login.insert("scopes".into(), json!(scopes));
        }
    }

    fn request(&self, tokens: &Tokens, client: &str, asked: &[String]) -> Value {
        let mut body = json!({
            "grant_type": "refresh_token",
            "refresh_token": tokens.refresh.expose_secret(),
            "client_id": tokens.client.as_deref().unwrap_or(client),
        });
        // A login of another client has its own; what was never granted is not asked for.
        let mut scopes = if tokens.client.is_some() { &[] } else { asked }.to_vec();
        let keeps = |scope: &&String| tokens.client.is_some() || is_kept(scope);
        for scope in tokens.scopes.iter().filter(keeps) {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        if !scopes.is_empty() {
            body["scope"] = scopes.join(" ").into();
        }
        body
    }

    fn life(&self, answer: &Members, _now: Millis) -> Option<Duration> {
        expires_in(answer)
    }

    fn variable(&self) -> &'static str {
        "CLAUDE_CONFIG_DIR"
    }

    fn login_words(&self) -> &'static [&'static str] {
        &["auth", "login"]
    }

    fn usual(&self, home: &Path) -> PathBuf {
        home.join(".claude")
    }

    fn login(&self, directory: &Path) -> String {
        format!(
            "`CLAUDE_CONFIG_DIR={} claude auth login`",
            directory.display()
        )
    }

    /// Around a renewal the first, then the one beside its directory; around each change of the file the last.
    fn locks(&self, directory: &Path) -> io::Result<Locking> {
        let mut beside = directory.canonicalize()?.into_os_string();
        beside.push(".lock");
        Ok(Locking::Directories(vec![
            directory.join(".oauth_refresh.lock"),
            PathBuf::from(beside),
            directory.join(".storage-write.lock"),
        ]))
    }
}

/// What the program asks for again where a login has it (2.1.197).
fn is_kept(scope: &str) -> bool {
    scope.starts_with("user:design:") || scope.starts_with("user:projects:")
}

fn scopes(login: &Members) -> Vec<String> {
    let listed = login.get("scopes").and_then(Value::as_array);
    let words = listed.into_iter().flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Document;

    fn held(file: &Value) -> Held {
        Document::parse(&LoginFile, file.to_string().as_bytes())
            .unwrap()
            .held()
    }

    #[test]
    fn what_the_file_holds_is_told() {
        assert!(matches!(held(&json!({})), Held::Nothing));
        assert!(matches!(held(&json!({"claudeAiOauth": 1})), Held::Nothing));
        assert!(matches!(held(&json!({"claudeAiOauth": {}})), Held::Nothing));
        let blanked =
            json!({"claudeAiOauth": {"accessToken": "", "refreshToken": "", "expiresAt": 0}});
        assert!(matches!(held(&blanked), Held::Blanked));
        let bare = json!({"claudeAiOauth": {"accessToken": "a", "expiresAt": 5}});
        assert!(matches!(held(&bare), Held::Bare { expires_at: Some(at) } if at.get() == 5));
        let whole = json!({"claudeAiOauth": {
            "accessToken": "a", "refreshToken": "r", "expiresAt": 7, "scopes": ["x", "y"], "clientId": "c",
        }});
        let Held::Tokens(tokens) = held(&whole) else {
            panic!("no tokens");
        };
        assert_eq!(tokens.expires_at, Some(Millis::new(7)));
        assert_eq!(tokens.scopes, ["x", "y"]);
        assert_eq!(tokens.client.as_deref(), Some("c"));
    }

    #[test]
    fn the_request_is_of_the_client_that_has_logged_in() {
        let asked = ["p".to_owned(), "q".to_owned()];
        let tokens = |client: Option<&str>| Tokens {
            access: "a".into(),
            refresh: "r".into(),
            expires_at: None,
            scopes: ["own", "p", "user:design:read"].map(str::to_owned).into(),
            client: client.map(str::to_owned),
        };
        assert_eq!(
            LoginFile.request(&tokens(None), "default", &asked),
            json!({"grant_type": "refresh_token", "refresh_token": "r", "client_id": "default", "scope": "p q user:design:read"})
        );
        assert_eq!(
            LoginFile.request(&tokens(Some("other")), "default", &asked),
            json!({"grant_type": "refresh_token", "refresh_token": "r", "client_id": "other", "scope": "own p user:design:read"})
        );
    }
}
