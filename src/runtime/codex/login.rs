//! Whether Codex is logged in, and how. Reads a file, of which nothing is kept.

use std::path::Path;

use serde_json::Value;

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
    let file = std::fs::read_to_string(home.join("auth.json")).unwrap_or_default();
    let file: Value = serde_json::from_str(&file).unwrap_or_default();
    let is_given = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if is_given(&file["OPENAI_API_KEY"]) && file["auth_mode"] != "chatgpt" {
        Login::Key
    } else if is_given(&file["tokens"]["refresh_token"])
        || is_given(&file["tokens"]["access_token"])
    {
        Login::Subscription
    } else {
        Login::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
