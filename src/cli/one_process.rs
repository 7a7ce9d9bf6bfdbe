//! Logins that bear one process only.

use crate::{
    config::{ConfigErrors, Problem, Project, Settings},
    runtime::Runtimes,
    words::RuntimeKind,
};

/// Refuses settings that would have more than one process of a program renew the tokens of one login: there is one for
/// each launcher, and with the second renewal by the same token the service takes the whole login away.
pub(super) fn check(settings: &Settings, runtimes: &Runtimes) -> Result<(), ConfigErrors> {
    let bear_one = runtimes.kinds().into_iter().filter(|kind| {
        let mut accounts = runtimes.accounts(*kind);
        let bears_one = |slot| {
            runtimes
                .with(slot)
                .is_some_and(|runtime| runtime.bears_one())
        };
        accounts.any(bears_one)
    });
    let problems: Vec<Problem> = bear_one
        .filter_map(|kind| two_launchers(settings, kind))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ConfigErrors { problems })
    }
}

fn two_launchers(settings: &Settings, kind: RuntimeKind) -> Option<Problem> {
    let projects = settings.all_projects();
    let mut of_kind = projects.filter(|project| project.runtime == kind);
    let first = of_kind.next()?;
    let other = of_kind.find(|project| project.launcher != first.launcher)?;
    Some(problem(first, other, kind.name()))
}

fn problem(first: &Project, other: &Project, program: &str) -> Problem {
    Problem {
        key: "projects".to_owned(),
        source: None,
        text: format!(
            "Projects `{}` and `{}` start {program} with different launchers, and {program} is logged in with a \
             subscription: two programs that renew the same tokens lose the login.",
            first.name, other.name
        ),
        remedy: format!(
            "Write the same `launcher` for both, or none; or log {program} in with an API key."
        ),
        may_pass: false,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;
    use crate::{
        cli::{judge_tools, wiring},
        runtime::HostEnv,
    };

    const SUBSCRIPTION: &str = r#"{"tokens": {"refresh_token": "r"}}"#;
    const KEY: &str = r#"{"OPENAI_API_KEY": "k"}"#;
    const OTHER: &str = "runtime = \"codex\"\nlauncher = [\"true\"]";

    /// What is said of two projects, the second of which has these lines, with this login of Codex's and these lines in
    /// its section.
    fn told(login: &str, second: &str, codex: &str) -> Option<String> {
        // A home of Codex's may not lie where temporary files do.
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        for directory in ["a", "b", "codex"] {
            fs::create_dir(folder.path().join(directory)).unwrap();
        }
        fs::write(folder.path().join("codex/auth.json"), login).unwrap();
        let path = folder.path().display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_user = 2\n[data]\ndir = \"{path}/data\"\n\
             [codex]\nhome = \"{path}/codex\"\n{codex}\n\
             [[projects]]\nname = \"one\"\ndirectory = \"{path}/a\"\nchannels = [3]\nruntime = \"codex\"\n\
             [[projects]]\nname = \"two\"\ndirectory = \"{path}/b\"\nchannels = [4]\n{second}\n"
        );
        let file = folder.path().join("baton.toml");
        fs::write(&file, toml).unwrap();
        let token = ("DISCORD_BOT_TOKEN".to_owned(), "t".to_owned());
        let settings = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap();
        let host = HostEnv::of_this_process();
        let runtimes = wiring::runtimes(&settings, Path::new("baton"), &host).unwrap();
        check(&settings, &runtimes)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn a_subscription_is_not_shared_by_two_launchers() {
        for (login, second) in [
            (SUBSCRIPTION, "runtime = \"codex\""),
            (SUBSCRIPTION, "launcher = [\"true\"]"),
            (KEY, OTHER),
            ("{}", OTHER),
        ] {
            assert_eq!(told(login, second, ""), None, "{login} {second}");
        }
        let told = told(SUBSCRIPTION, OTHER, "").unwrap();
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
        let service = "base_url = \"http://127.0.0.1:9/v1\"";
        assert_eq!(told(SUBSCRIPTION, OTHER, service), None);
    }
}
