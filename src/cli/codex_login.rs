//! What has to be known of Codex's login before there is a Codex.

use crate::{
    config::{Codex, ConfigErrors, Problem, Project, Settings},
    runtime::codex::{Login, login_in},
    words::RuntimeKind,
};

/// How Codex is logged in with these settings. A service that the operator has named wants no other login.
pub(super) fn login(codex: &Codex) -> Login {
    match codex.service {
        Some(_) => Login::Key,
        None => login_in(&codex.home),
    }
}

/// Refuses settings that would have more than one Codex renew the tokens of one subscription: there is one for
/// each launcher, and with the second renewal by the same token the service takes the whole login away.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigErrors> {
    match &settings.codex {
        Some(codex) => check_with(settings, login(codex)),
        None => Ok(()),
    }
}

fn check_with(settings: &Settings, login: Login) -> Result<(), ConfigErrors> {
    let projects = settings.projects.iter().chain(&settings.default_project);
    let mut of_codex = projects.filter(|project| project.runtime == RuntimeKind::Codex);
    let Some(first) = of_codex.next() else {
        return Ok(());
    };
    let other = of_codex.find(|project| project.launcher != first.launcher);
    match other {
        Some(other) if login == Login::Subscription => Err(ConfigErrors {
            problems: vec![two_launchers(first, other)],
        }),
        Some(_) | None => Ok(()),
    }
}

fn two_launchers(first: &Project, other: &Project) -> Problem {
    Problem {
        key: "projects".to_owned(),
        source: None,
        text: format!(
            "Projects `{}` and `{}` start Codex with different launchers, and Codex is logged in with a ChatGPT \
             subscription: two programs that renew the same tokens lose the login.",
            first.name, other.name
        ),
        remedy: "Write the same `launcher` for both, or none; or log Codex in with an API key."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;
    use crate::cli::judge_tools;

    /// What is said of two projects, the second of which has these lines, and how Codex is logged in.
    fn told(login: Login, second: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for directory in ["a", "b"] {
            fs::create_dir(folder.path().join(directory)).unwrap();
        }
        let path = folder.path().display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_user = 2\n[data]\ndir = \"{path}/data\"\n\
             [codex]\nhome = \"/var/lib/baton/codex\"\n\
             [[projects]]\nname = \"one\"\ndirectory = \"{path}/a\"\nchannels = [3]\nruntime = \"codex\"\n\
             [[projects]]\nname = \"two\"\ndirectory = \"{path}/b\"\nchannels = [4]\n{second}\n"
        );
        let file = folder.path().join("baton.toml");
        fs::write(&file, toml).unwrap();
        let token = ("DISCORD_BOT_TOKEN".to_owned(), "t".to_owned());
        let settings = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap();
        check_with(&settings, login)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn a_subscription_is_not_shared_by_two_launchers() {
        const OTHER: &str = "runtime = \"codex\"\nlauncher = [\"true\"]";
        for (login, second) in [
            (Login::Subscription, "runtime = \"codex\""),
            (Login::Subscription, "launcher = [\"true\"]"),
            (Login::Key, OTHER),
            (Login::None, OTHER),
        ] {
            assert_eq!(told(login, second), None, "{login:?} {second}");
        }
        let told = told(Login::Subscription, OTHER).unwrap();
        for part in [
            "`one` and `two`",
            "the same `launcher` for both",
            "an API key",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn a_service_that_is_named_wants_no_other_login() {
        use crate::config::CodexService;
        let home = tempfile::tempdir().unwrap();
        let tokens = r#"{"tokens": {"refresh_token": "r"}}"#;
        fs::write(home.path().join("auth.json"), tokens).unwrap();
        let mut codex = Codex {
            command: "codex".into(),
            home: home.path().to_owned(),
            model: None,
            service: None,
            env: BTreeMap::new(),
            reconnect_timeout: std::time::Duration::from_secs(1),
        };
        assert_eq!(login(&codex), Login::Subscription);
        codex.service = Some(CodexService {
            base_url: "http://127.0.0.1:9/v1".to_owned(),
            key: None,
        });
        assert_eq!(login(&codex), Login::Key);
    }
}
