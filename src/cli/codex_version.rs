//! Whether Codex is of the version that Baton was proved against.

use std::{process::Stdio, time::Duration};

use crate::{
    config::{Codex, Settings},
    runtime::{HostEnv, codex::PROVED},
};

/// How long Codex may take to say it. Measured: 0.1 s.
const SAYS: Duration = Duration::from_secs(30);

/// Warns of another version, while the server starts. What a launcher starts only that one finds, and that there is
/// no Codex is said elsewhere.
pub(super) fn look_at(settings: &Settings) {
    let mut projects = settings.projects.iter().chain(&settings.default_project);
    let Some(codex) = settings.codex.clone() else {
        return;
    };
    if projects.any(|project| project.launcher.is_empty()) {
        tokio::spawn(async move {
            if let Some(warning) = said_by(&codex).await.as_deref().and_then(warning) {
                tracing::warn!("{warning}");
            }
        });
    }
}

async fn said_by(codex: &Codex) -> Option<String> {
    let host = HostEnv::of_this_process();
    let saying = tokio::process::Command::new(&codex.command)
        .arg("--version")
        .env_clear()
        .env("PATH", host.path)
        .env("HOME", host.home)
        .env("CODEX_HOME", &codex.home)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let said = tokio::time::timeout(SAYS, saying).await.ok()?.ok()?;
    Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// The sentence about what `codex --version` has said, if there is one.
fn warning(said: &str) -> Option<String> {
    let version = said.split_whitespace().next_back()?;
    let is_proved = version
        .strip_prefix(PROVED)
        .is_some_and(|rest| rest.starts_with('.'));
    (!is_proved).then(|| {
        format!(
            "Codex is of version {version}, and Baton was proved against {PROVED}: what it says may not be \
             understood. Install a {PROVED}, or try each thing that you need before you rely on it."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_than_the_proved_one_is_warned_of() {
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
