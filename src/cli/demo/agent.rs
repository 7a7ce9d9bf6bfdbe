//! Which agent the demo plays with.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The Claude CLI, and who answers it.
pub(super) struct Agent {
    /// The program.
    pub(super) program: PathBuf,
    /// Who answers.
    pub(super) model: Model,
}

/// Who answers the CLI's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// Anthropic, by the login of this machine.
    Real,
    /// The model simulator.
    Simulated,
}

impl Agent {
    /// Finds the CLI: on this machine, or through npm from the lock file of the source tree.
    pub(super) fn find() -> Result<Self> {
        if let Some(program) = in_path("claude") {
            let model = if is_logged_in(&program) {
                Model::Real
            } else {
                Model::Simulated
            };
            return Ok(Self { program, model });
        }
        Ok(Self {
            program: install()?,
            model: Model::Simulated,
        })
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// The CLI's own word; a local look without network.
fn is_logged_in(program: &Path) -> bool {
    let told = Command::new(program)
        .args(["auth", "status"])
        .stdin(Stdio::null())
        .output();
    told.ok()
        .and_then(|told| serde_json::from_slice::<Value>(&told.stdout).ok())
        .and_then(|status| status.get("loggedIn")?.as_bool())
        .unwrap_or(false)
}

fn install() -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent-clis/install");
    if !script.is_file() {
        bail!(
            "The demo needs the Claude CLI, and there is no `claude` in PATH. Install it with \
             `npm install -g @anthropic-ai/claude-code` and run the demo again."
        );
    }
    let done = Command::new(&script)
        .arg("claude")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("the installer of the Claude CLI could not be started")?;
    if !done.status.success() {
        bail!("The demo needs the Claude CLI, which could not be installed; see above.");
    }
    Ok(PathBuf::from(String::from_utf8(done.stdout)?.trim()))
}
