//! Which agent the demo plays with.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{config::PASS_ENV, words::RuntimeKind};

/// What of this process's environment the demo's server gets in any case: where things are. Whatever
/// this machine's own Baton is told must not reach the demo's.
const PLACES: [&str; 5] = ["PATH", "HOME", "LANG", "TMPDIR", "CLAUDE_CONFIG_DIR"];

/// A variable of the environment and its value.
pub(super) type Variable = (OsString, OsString);

/// An agent program, and who answers it.
pub(super) struct Agent {
    /// Which one.
    pub(super) runtime: RuntimeKind,
    /// The program.
    pub(super) program: PathBuf,
    /// Who answers.
    pub(super) model: Model,
    /// What the demo's server gets of this process's environment.
    pub(super) environment: Vec<Variable>,
}

/// Who answers the CLI's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// The program's own service, by the login of this machine.
    Real,
    /// The model simulator.
    Simulated,
}

impl Agent {
    /// Finds the CLI: on this machine, whose environment this is, or through npm from the lock file of
    /// the source tree.
    pub(super) fn find(runtime: RuntimeKind, environment: &[Variable]) -> Result<Self> {
        let whole = |(name, value): &Variable| match name.to_str() {
            Some("PATH") => (name.clone(), whole_parts(value)),
            Some(_) | None => (name.clone(), value.clone()),
        };
        let environment: &[Variable] = &environment.iter().map(whole).collect::<Vec<_>>();
        let with = |names: &[&str]| -> Vec<Variable> {
            let is_named = |name: &OsStr| names.iter().any(|known| name == *known);
            let passed = environment.iter().filter(|(name, _)| is_named(name));
            passed.cloned().collect()
        };
        let found = in_path(runtime.as_str(), environment);
        // Judged by what the server, and with it the agent, will have: this machine's CLI may be logged
        // in by something that neither of them gets.
        let real = with(&[PLACES.as_slice(), PASS_ENV.as_slice()].concat());
        let is_usable = |program: &&Path| match runtime {
            RuntimeKind::Claude => is_logged_in(program, &real),
            // Two that renew the same tokens lose the login, so this machine's stays with its owner.
            RuntimeKind::Codex => false,
        };
        if let Some(program) = found.as_deref().filter(is_usable) {
            return Ok(Self {
                runtime,
                program: program.to_owned(),
                model: Model::Real,
                environment: real,
            });
        }
        Ok(Self {
            runtime,
            program: found.map_or_else(|| install(runtime), Ok)?,
            model: Model::Simulated,
            environment: with(&PLACES),
        })
    }
}

/// A search path without its relative parts, with which no server starts: the demo is to work from any shell.
fn whole_parts(path: &OsStr) -> OsString {
    let parts = std::env::split_paths(path).filter(|part| part.is_absolute());
    // What was split can be joined.
    std::env::join_paths(parts).unwrap_or_default()
}

fn in_path(name: &str, environment: &[Variable]) -> Option<PathBuf> {
    let (_, path) = environment.iter().find(|(name, _)| name == "PATH")?;
    std::env::split_paths(path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// The CLI's own word; a local look without network, at the settings that Baton lets it read.
fn is_logged_in(program: &Path, environment: &[Variable]) -> bool {
    let told = Command::new(program)
        .args(["--setting-sources", "user", "auth", "status"])
        .env_clear()
        .envs(environment.iter().cloned())
        .stdin(Stdio::null())
        .output();
    told.ok()
        .and_then(|told| serde_json::from_slice::<Value>(&told.stdout).ok())
        .and_then(|status| status.get("loggedIn")?.as_bool())
        .unwrap_or(false)
}

fn install(runtime: RuntimeKind) -> Result<PathBuf> {
    let name = runtime.name();
    let package = match runtime {
        RuntimeKind::Claude => "@anthropic-ai/claude-code",
        RuntimeKind::Codex => "@openai/codex",
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent-clis/install");
    if !script.is_file() {
        bail!(
            "The demo needs the {name} CLI, and there is no `{runtime}` in PATH. Install it with \
             `npm install -g {package}` and run the demo again."
        );
    }
    let done = Command::new(&script)
        .arg(runtime.as_str())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("the installer of the {name} CLI could not be started"))?;
    if !done.status.success() {
        bail!("The demo needs the {name} CLI, which could not be installed; see above.");
    }
    Ok(PathBuf::from(String::from_utf8(done.stdout)?.trim()))
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt as _,
    };

    use super::*;

    /// A `claude` that says what the real one says (seen with 2.1.197): each of these is a login.
    const CLAUDE: &str = r#"#!/bin/sh
[ "$*" = "--setting-sources user auth status" ] || exit 2
if [ "${ANTHROPIC_API_KEY:-}${CLAUDE_CODE_USE_BEDROCK:-}${CLAUDE_CODE_OAUTH_TOKEN:-}" ]; then
    echo '{"loggedIn": true}'
else
    echo '{"loggedIn": false}'
    exit 1
fi
"#;

    /// Who answers on a machine with such a `claude`, and the names of what the server gets.
    fn found_with(more: &[(&str, &str)]) -> (Model, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("claude");
        fs::write(&program, CLAUDE).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let path = format!(".::{}:/usr/bin:bin:/bin", directory.path().display());
        let here = [
            ("PATH", path.as_str()),
            ("HOME", "/nowhere"),
            ("DISCORD_BOT_TOKEN", "a secret"),
            ("BATON_CLAUDE__COMMAND", "other"),
        ];
        let environment: Vec<Variable> = here
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let agent = Agent::find(RuntimeKind::Claude, &environment).unwrap();
        assert_eq!(agent.program, program);
        let path = agent.environment.iter().find(|(name, _)| name == "PATH");
        let whole = format!("{}:/usr/bin:/bin", directory.path().display());
        assert_eq!(path.unwrap().1, OsString::from(whole));
        let names = agent.environment.into_iter();
        let names = names.map(|(name, _)| name.into_string().unwrap());
        (agent.model, names.collect())
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_key_in_the_environment_is_a_login_and_goes_to_the_server_with_the_address_of_its_service()
    {
        let more = [
            ("ANTHROPIC_API_KEY", "key"),
            ("ANTHROPIC_BASE_URL", "https://gateway.example"),
            ("HTTPS_PROXY", "http://proxy.example"),
        ];
        let expected = names(&[
            "PATH",
            "HOME",
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_BASE_URL",
            "HTTPS_PROXY",
        ]);
        assert_eq!(found_with(&more), (Model::Real, expected));
    }

    #[test]
    fn a_login_that_the_server_would_not_get_is_none() {
        let more = [
            ("CLAUDE_CODE_USE_BEDROCK", "1"),
            ("ANTHROPIC_BASE_URL", "https://gateway.example"),
        ];
        let expected = names(&["PATH", "HOME"]);
        assert_eq!(found_with(&more), (Model::Simulated, expected));
    }

    #[test]
    fn without_a_login_the_model_is_simulated_and_nothing_leads_to_a_real_one() {
        let more = [("HTTPS_PROXY", "http://proxy.example")];
        let expected = names(&["PATH", "HOME"]);
        assert_eq!(found_with(&more), (Model::Simulated, expected));
    }
}
