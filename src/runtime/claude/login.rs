//! Whether the program can log in, as far as that can be seen without it.

use std::path::PathBuf;

use serde_json::Value;

use super::ClaudeSettings;
use crate::clock::Millis;

/// Variables that log in by themselves (code.claude.com/docs, authentication).
pub const TOKENS: [&str; 3] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
];

/// The login of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whether there is one; `None` if it may be where Baton does not look: in the keychain of macOS.
    pub has_token: Option<bool>,
    /// When it has to be renewed, if it says so. The program does that by itself.
    pub expires_at: Option<Millis>,
}

impl ClaudeSettings {
    /// Looks for a login. Reads a file, of which nothing but the time is kept.
    pub fn login(&self) -> Login {
        let is_given = |name: &str| self.pass_env.get(name).is_some_and(|it| !it.is_empty());
        if TOKENS.into_iter().any(is_given) {
            return Login {
                has_token: Some(true),
                expires_at: None,
            };
        }
        let file = std::fs::read_to_string(self.credentials()).unwrap_or_default();
        let file: Value = serde_json::from_str(&file).unwrap_or_default();
        let login = &file["claudeAiOauth"];
        let has_token = login["accessToken"]
            .as_str()
            .is_some_and(|it| !it.is_empty());
        let is_unseen = cfg!(target_os = "macos") && !has_token;
        Login {
            has_token: (!is_unseen).then_some(has_token),
            expires_at: login["expiresAt"].as_i64().map(Millis::new),
        }
    }

    /// Where the program keeps its login on Linux.
    fn credentials(&self) -> PathBuf {
        let default = || self.host.home.join(".claude");
        let directory = self.config_dir.clone().unwrap_or_else(default);
        directory.join(".credentials.json")
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::*;
    use crate::runtime::HostEnv;

    fn login(home: &Path, env: &[(&str, &str)]) -> Login {
        let env = env
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let settings = ClaudeSettings {
            command: "claude".into(),
            config_dir: None,
            pass_env: env.collect::<BTreeMap<_, _>>(),
            host: HostEnv {
                path: String::new(),
                home: home.into(),
                lang: None,
            },
            agent_prompt: None,
        };
        settings.login()
    }

    fn written(text: &str) -> Login {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".claude")).unwrap();
        std::fs::write(home.path().join(".claude/.credentials.json"), text).unwrap();
        login(home.path(), &[])
    }

    #[test]
    fn a_login_is_found_in_the_programs_file_with_its_end() {
        let found = written(r#"{"claudeAiOauth": {"accessToken": "x", "expiresAt": 1234567}}"#);
        let expected = Login {
            has_token: Some(true),
            expires_at: Some(Millis::new(1_234_567)),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_key_in_the_environment_is_a_login_without_an_end() {
        let home = tempfile::tempdir().unwrap();
        let found = login(home.path(), &[("ANTHROPIC_API_KEY", "key")]);
        let expected = Login {
            has_token: Some(true),
            expires_at: None,
        };
        assert_eq!(found, expected);
    }

    #[test]
    #[cfg_attr(target_os = "macos", ignore = "the keychain may hold one")]
    fn without_a_file_or_with_one_that_says_nothing_there_is_none() {
        let none = Login {
            has_token: Some(false),
            expires_at: None,
        };
        let home = tempfile::tempdir().unwrap();
        assert_eq!(login(home.path(), &[("ANTHROPIC_API_KEY", "")]), none);
        for text in [
            "",
            "no JSON",
            "[]",
            r#"{"claudeAiOauth": {"accessToken": ""}}"#,
        ] {
            assert_eq!(written(text), none, "{text}");
        }
    }
}
