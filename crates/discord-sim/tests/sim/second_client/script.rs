//! The script as a process: what it tells, line by line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command as Blocking, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use discord_sim::Sim;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::shapes;

/// How long one step may take. Nothing waits for it when all is well.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// A running script, which ends with this value.
pub(super) struct Script {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The number of the last event of the gateway.
    seq: u64,
}

impl Script {
    pub(super) fn start(sim: &Sim) -> Result<Self, String> {
        let mut child = Command::new("node")
            .arg("bot.mjs")
            .current_dir(folder()?)
            .env("SIM_URL", sim.base_url())
            .env("SIM_TOKEN", sim.token())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("node could not be started: {error}"))?;
        let output = child.stdout.take().ok_or("node has no output")?;
        Ok(Self {
            child,
            lines: BufReader::new(output).lines(),
            seq: 0,
        })
    }

    /// Waits until the script has told all of these steps, in any order, and nothing else.
    pub(super) async fn tells<const N: usize>(
        &mut self,
        wanted: [(&str, Value); N],
    ) -> Result<(), String> {
        let mut missing: BTreeMap<&str, Value> = wanted.into_iter().collect();
        while !missing.is_empty() {
            let names: Vec<&str> = missing.keys().copied().collect();
            let (step, words) = self.next(&names.join(", ")).await?;
            let Some(wanted) = missing.remove(step.as_str()) else {
                return Err(format!("{step} came instead of {names:?}: {words}"));
            };
            if words != wanted {
                return Err(format!("{step} is {words} and should be {wanted}"));
            }
        }
        Ok(())
    }

    /// Waits until the script has ended in peace.
    pub(super) async fn ends(&mut self) -> Result<(), String> {
        let status = timeout(PATIENCE, self.child.wait()).await;
        match status {
            Ok(Ok(status)) if status.success() => Ok(()),
            other => Err(format!("the script did not end in peace: {other:?}")),
        }
    }

    /// The next step; events of the gateway are looked at on the way.
    async fn next(&mut self, waiting_for: &str) -> Result<(String, Value), String> {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await;
            let line = match line {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Err(format!("the script ended before {waiting_for}")),
                Ok(Err(error)) => return Err(format!("the script cannot be read: {error}")),
                Err(_) => return Err(format!("{waiting_for} did not come")),
            };
            let mut words: Value = serde_json::from_str(&line)
                .map_err(|error| format!("no line of the script: {line}: {error}"))?;
            let step = words["step"].as_str().unwrap_or_default().to_owned();
            match step.as_str() {
                "event" => self.look_at(&words)?,
                "failed" => return Err(format!("discord.js failed: {}", words["words"])),
                _ => {
                    if let Some(words) = words.as_object_mut() {
                        words.remove("step");
                    }
                    return Ok((step, words));
                }
            }
        }
    }

    fn look_at(&mut self, event: &Value) -> Result<(), String> {
        let name = event["name"].as_str().unwrap_or_default();
        self.seq += 1;
        if event["seq"] != self.seq {
            let number = &event["seq"];
            return Err(format!("{name} has number {number} and not {}", self.seq));
        }
        shapes::event(name, &event["data"])
    }
}

/// Where discord.js is; installs it when it is not there yet.
pub(super) fn folder() -> Result<PathBuf, String> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOLDER.get_or_init(install).clone()
}

fn install() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/discord-js");
    let installed = Blocking::new(root.join("install"))
        .stderr(Stdio::inherit())
        .output();
    let output = installed.map_err(|error| format!("{}: {error}", root.display()))?;
    if !output.status.success() {
        return Err("discord.js is not installed; what to do is written above".to_owned());
    }
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(PathBuf::from(path))
}
