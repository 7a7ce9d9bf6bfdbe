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
    let mut projects = settings.projects.iter().chain(&settings.default_project);
    if projects.all(|project| !project.launcher.is_empty()) {
        return;
    }
    for kind in runtimes.kinds() {
        let check = runtimes.of(kind).and_then(|runtime| runtime.version());
        tokio::spawn(async move {
            let Some(check) = check else { return };
            let said = said_by(&check).await;
            if let Some(warning) = said.and_then(|said| warning(kind, &said, check.proved)) {
                tracing::warn!("{warning}");
            }
        });
    }
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
    let version = said.split_whitespace().next_back()?;
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
