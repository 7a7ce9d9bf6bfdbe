//! The real Claude Code against the simulator: what all other tests build on.

// Tells clippy that the helpers are test code too.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use model_sim::{ModelSim, RequestRecord};
use tempfile::TempDir;
use tokio::process::Command;

/// The pinned CLI, installed when it is missing.
async fn claude_binary() -> PathBuf {
    let install = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/agent-clis/install");
    let done = Command::new(&install).stderr(Stdio::piped()).output().await;
    let done = done.unwrap_or_else(|error| panic!("{} cannot be run: {error}", install.display()));
    assert!(
        done.status.success(),
        "Claude Code cannot be had, and this test is about nothing else:\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    PathBuf::from(
        String::from_utf8(done.stdout)
            .expect("a path in UTF-8")
            .trim_end(),
    )
}

/// Runs `claude -p PROMPT` in a directory of its own and returns what it prints.
async fn one_shot(sim: &ModelSim, home: &TempDir, prompt: &str) -> String {
    let claude = claude_binary().await;
    let run = Command::new(claude)
        .args(["-p", prompt, "--allowed-tools", "Bash(echo:*)"])
        .current_dir(home.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("CLAUDE_CONFIG_DIR", home.path().join("config"))
        // It leaves a directory per session there, which goes away with the test's own.
        .env("CLAUDE_CODE_TMPDIR", home.path())
        .env("ANTHROPIC_BASE_URL", sim.base_url())
        .env("ANTHROPIC_API_KEY", "dummy")
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .env("DISABLE_AUTOUPDATER", "1")
        // An open pipe on stdin costs three seconds.
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("claude runs");
    let error = String::from_utf8_lossy(&run.stderr);
    assert!(
        run.status.success(),
        "claude ended with {}: {error}",
        run.status
    );
    String::from_utf8(run.stdout)
        .expect("an answer in UTF-8")
        .trim_end()
        .to_owned()
}

fn model_requests(sim: &ModelSim) -> Vec<RequestRecord> {
    sim.requests()
        .into_iter()
        .filter(|request| request.path == "/v1/messages")
        .collect()
}

#[tokio::test]
async fn claude_prints_the_text_of_the_script() {
    let sim = ModelSim::start().await.expect("a free port");
    let home = tempfile::tempdir().expect("a temporary directory");
    let answer = one_shot(
        &sim,
        &home,
        r#"[message from alice] STUB:{"text":"hello from the script"}"#,
    )
    .await;
    assert_eq!(answer, "hello from the script");
    let requests = model_requests(&sim);
    assert_eq!(requests[0].header("x-api-key"), Some("dummy"));
}

#[tokio::test]
async fn claude_runs_the_tool_of_the_script_and_hands_its_result_back() {
    let sim = ModelSim::start().await.expect("a free port");
    let home = tempfile::tempdir().expect("a temporary directory");
    let prompt = r#"STUB:[{"thinking":"let me see","tool":"Bash","input":{"command":"echo from-the-shell"}}]"#;
    let answer = one_shot(&sim, &home, prompt).await;
    assert_eq!(answer, "script finished; last tool result: from-the-shell");
    let steps: Vec<bool> = model_requests(&sim)
        .iter()
        .filter_map(|request| Some(request.step.as_ref()?.tool.is_some()))
        .collect();
    assert_eq!(steps, [true, false]);
}
