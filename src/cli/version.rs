//! Whether the agent programs are of the versions that Baton was proved against.

use std::{process::Stdio, time::Duration};

use crate::{
    config::Settings,
    runtime::{Runtimes, VersionCheck},
    words::RuntimeKind,
};

/// How long a program may take to say it. Measured: Codex 0.1 s.
const SAYS: Duration = Duration::from_secs(30);

/// Warns of other versions, while the server starts. What a launcher starts only that one finds, and that there is no
/// such program is said elsewhere.
pub(super) fn look_at(settings: &Settings, runtimes: &Runtimes) {
    let mut projects = settings.all_projects();
    if projects.all(|project| !project.launcher.is_empty()) {
        return;
    }
    for kind in runtimes.kinds() {
        let check = runtimes.of(kind).and_then(|runtime| runtime.version());
        tokio::spawn(async move {
            let Some(check) = check else { return };
            let Some(proved) = check.proved else { return };
            let said = said_by(&check).await;
            if let Some(warning) = said.and_then(|said| warning(kind, &said, proved)) {
                tracing::warn!("{warning}");
            }
        });
    }
}

/// The version of the program; `None` if it says none, or cannot be started.
pub(super) async fn of(check: &VersionCheck) -> Option<String> {
    Some(number(&said_by(check).await?)?.to_owned())
}

/// Whether a version is older than another one. What is no number is no newer than 0.
pub(super) fn is_older(version: &str, than: [u64; 3]) -> bool {
    let mut parts = version
        .split(['.', '-'])
        .map(|part| part.parse().unwrap_or(0));
    let version: [u64; 3] = std::array::from_fn(|_| parts.next().unwrap_or(0));
    version < than
}

/// The word of what a program has said that is its version.
fn number(said: &str) -> Option<&str> {
    let mut words = said.split_whitespace();
    words.find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

async fn said_by(check: &VersionCheck) -> Option<String> {
    let saying = tokio::process::Command::new(&check.program)
        .arg("--version")
        .env_clear()
        .envs(&check.env)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let said = tokio::time::timeout(SAYS, saying).await.ok()?.ok()?;
    Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// The sentence about what a program has said of its version, if there is one.
fn warning(kind: RuntimeKind, said: &str, proved: &str) -> Option<String> {
    let version = number(said)?;
    let is_proved = version
        .strip_prefix(proved)
        .is_some_and(|rest| rest.starts_with('.'));
    (!is_proved).then(|| {
        format!(
            "{} is of version {version}, and Baton was proved against {proved}: what it says may not be \
             understood. Install a {proved}, or try each thing that you need before you rely on it.",
            kind.name()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert_eq!(number("2.1.197 (Claude Code)"), Some("2.1.197"));
        assert_eq!(number("codex-cli 0.169.0\n"), Some("0.169.0"));
        assert_eq!(number("no version at all"), None);
        for (version, is) in [
            ("2.0.65", true),
            ("2.1.1", true),
            ("2.1.2-beta", false),
            ("2.1.10", false),
            ("3", false),
            ("2", true),
        ] {
            assert_eq!(is_older(version, [2, 1, 2]), is, "{version}");
        }
    }

    #[test]
    fn another_version_than_the_proved_one_is_warned_of() {
        let warning = |said| warning(RuntimeKind::Codex, said, "0.169");
        for said in ["codex-cli 0.169.0", "codex-cli 0.169.12\n", ""] {
            assert_eq!(warning(said), None, "{said}");
        }
        for said in ["codex-cli 0.170.0", "codex-cli 0.1690.0", "codex-cli 1.0.0"] {
            let version = said.trim_start_matches("codex-cli ");
            let told = warning(said).unwrap();
            let expected =
                format!("Codex is of version {version}, and Baton was proved against 0.169:");
            assert!(told.starts_with(&expected), "{told}");
        }
    }
}
