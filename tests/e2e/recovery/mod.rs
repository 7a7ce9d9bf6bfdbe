//! A server that is killed at any point goes on at its next start with nothing done by hand; only
//! the death of the runner or of the agent ends a run.

mod death;
mod kill;
mod missed;
mod stop;
mod two;

use std::{fs, path::Path};

use discord_sim::ChannelId;

use crate::stage::{Stage, parent, until};

/// A command that says that it has begun, waits for the file `go`, and counts how often it ran;
/// then the model says something.
fn tool(before: &str, then: &str) -> String {
    let command = format!(
        "{before} echo x >> ran; touch begun; until [ -e go ]; do sleep 0.05; done; echo over"
    );
    let call = serde_json::json!([
        {"do": {"run": command}},
        {"text": then},
    ]);
    format!("STUB:{call}")
}

/// A model that says the first half, waits for `middle`, and says the rest.
fn streamed(first: &str, rest: &str) -> String {
    let text = format!("{first}{rest}");
    let script = serde_json::json!([
        {"text": text, "chunks": 2, "hold_after": 1, "hold": "middle"},
    ]);
    format!("STUB:{script}")
}

/// Waits until a file is there.
async fn until_there(path: &Path) {
    until(&format!("{} exists", path.display()), || path.exists()).await;
}

/// The process ids of the living runners of a stage.
pub(crate) fn runners(stage: &Stage) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(stage.data().join("run")) else {
        return Vec::new();
    };
    let mut found: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("alive.lock")).ok())
        .filter_map(|pid| pid.trim().parse().ok())
        .filter(|pid| is_alive(*pid))
        .collect();
    found.sort_unstable();
    found
}

/// The agent processes themselves, without what they started: the children of the runners.
fn agents(stage: &Stage) -> Vec<u32> {
    let parents = runners(stage);
    let mut found: Vec<u32> = stage
        .agents()
        .into_iter()
        .filter(|pid| parent(*pid).is_some_and(|parent| parents.contains(&parent)))
        .collect();
    found.sort_unstable();
    found
}

/// The one agent of a stage.
pub(crate) fn the_agent(stage: &Stage) -> u32 {
    let agents = agents(stage);
    assert_eq!(agents.len(), 1, "{agents:?}");
    agents[0]
}

/// Whether a process lives; a zombie does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/status"))
        .is_ok_and(|status| !status.lines().any(|line| line.starts_with("State:\tZ")))
}

pub(crate) fn kill_process(pid: u32) {
    let pid = nix::unistd::Pid::from_raw(pid.try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// Waits for an answer and until nothing is left to do, and checks that it came once, that nobody
/// was told anything else.
async fn answered_once(stage: &Stage, thread: ChannelId, text: &str) {
    stage.answer(thread, text).await;
    stage.until_settled().await;
    assert_eq!(
        stage.answers(thread, text),
        1,
        "{}",
        stage.sim.transcript(thread)
    );
    assert_eq!(
        stage.count(thread, text),
        1,
        "{}",
        stage.sim.transcript(thread)
    );
    assert_eq!(
        stage.count(thread, "⚠️"),
        0,
        "{}",
        stage.sim.transcript(thread)
    );
}
