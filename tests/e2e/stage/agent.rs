//! The real agent CLIs, installed from the lock file when it is missing.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The Claude CLI. A machine that cannot have it fails the test with the installer's sentence.
pub(crate) fn claude() -> PathBuf {
    static CLAUDE: OnceLock<PathBuf> = OnceLock::new();
    CLAUDE.get_or_init(|| installed("claude")).clone()
}

/// The same for Codex: its native binary.
pub(crate) fn codex() -> PathBuf {
    static CODEX: OnceLock<PathBuf> = OnceLock::new();
    CODEX.get_or_init(|| installed("codex")).clone()
}

fn installed(name: &str) -> PathBuf {
    let install = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent-clis/install");
    let done = Command::new(&install).arg(name).output().unwrap();
    assert!(
        done.status.success(),
        "the CLI {name} cannot be had: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    PathBuf::from(String::from_utf8(done.stdout).unwrap().trim())
}
