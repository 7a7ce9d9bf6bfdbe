//! The real agent CLI, installed from the lock file when it is missing.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The Claude CLI. A machine that cannot have it fails the test with the installer's sentence.
pub(crate) fn claude() -> PathBuf {
    static CLAUDE: OnceLock<PathBuf> = OnceLock::new();
    CLAUDE
        .get_or_init(|| {
            let install = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent-clis/install");
            let done = Command::new(&install).arg("claude").output().unwrap();
            assert!(
                done.status.success(),
                "the Claude CLI cannot be had: {}",
                String::from_utf8_lossy(&done.stderr)
            );
            PathBuf::from(String::from_utf8(done.stdout).unwrap().trim())
        })
        .clone()
}
