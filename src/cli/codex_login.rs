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
    let Some(codex) = &settings.codex else {
        return Ok(());
    };
    let projects = settings.projects.iter().chain(&settings.default_project);
    let mut of_codex = projects.filter(|project| project.runtime == RuntimeKind::Codex);
    let Some(first) = of_codex.next() else {
        return Ok(());
    };
    let other = of_codex.find(|project| project.launcher != first.launcher);
    match other {
        Some(other) if login(codex) == Login::Subscription => Err(ConfigErrors {
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

    /// What is said of two projects, the second of which has this launcher.
    fn told(login: &str, service: &str, launcher: &str) -> Option<String> {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        for directory in ["a", "b", "codex"] {
            fs::create_dir(folder.path().join(directory)).unwrap();
        }
        fs::write(folder.path().join("codex/auth.json"), login).unwrap();
        let path = folder.path().display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_user = 2\n[data]\ndir = \"{path}/data\"\n\
             [codex]\nhome = \"{path}/codex\"\n{service}\n\
             [[projects]]\nname = \"one\"\ndirectory = \"{path}/a\"\nchannels = [3]\nruntime = \"codex\"\n\
             [[projects]]\nname = \"two\"\ndirectory = \"{path}/b\"\nchannels = [4]\n{launcher}\n"
        );
        let file = folder.path().join("baton.toml");
        fs::write(&file, toml).unwrap();
        let token = ("DISCORD_BOT_TOKEN".to_owned(), "t".to_owned());
        let settings = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap();
        check(&settings).err().map(|error| error.to_string())
    }

    #[test]
    fn a_subscription_is_not_shared_by_two_launchers() {
        const SUBSCRIPTION: &str = r#"{"tokens": {"refresh_token": "r"}}"#;
        const OTHER: &str = "runtime = \"codex\"\nlauncher = [\"env\"]";
        for (login, service, launcher) in [
            (SUBSCRIPTION, "", "runtime = \"codex\""),
            (SUBSCRIPTION, "", "launcher = [\"env\"]"),
            (SUBSCRIPTION, "base_url = \"http://127.0.0.1:9/v1\"", OTHER),
            (r#"{"OPENAI_API_KEY": "k"}"#, "", OTHER),
            ("", "", OTHER),
        ] {
            assert_eq!(
                told(login, service, launcher),
                None,
                "{login} {service} {launcher}"
            );
        }
        insta::assert_snapshot!(told(SUBSCRIPTION, "", OTHER).unwrap());
    }
}
