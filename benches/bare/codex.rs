//! `codex app-server`: a process for many conversations, each a thread of it.

use std::path::Path;

use baton::runtime::{Command, Launch, Runtime as _, codex::CodexRuntime};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Pipes;

/// Such a process.
pub struct Bare {
    pub(super) pipes: Pipes,
    /// How Baton opens a thread.
    open: Value,
    thread: Value,
    calls: u64,
}

impl Bare {
    pub(super) async fn start(runtime: &CodexRuntime, launch: &Launch) -> Self {
        // What Baton tells its hub holds all that Codex is to be told.
        let told = &runtime.command(launch).handshake[0];
        let open: Value = serde_json::from_str(told).unwrap();
        let shared = runtime.shared(&[], Path::new("/bare.sock"));
        let command = without_hub(shared.expect("Codex is shared"));
        for room in [
            command.env["TMPDIR"].as_str(),
            open["temporary"].as_str().unwrap(),
        ] {
            std::fs::create_dir_all(room).unwrap();
        }
        let mut bare = Self {
            pipes: Pipes::open(&command),
            open,
            thread: Value::Null,
            calls: 0,
        };
        let greeting = json!({
            "clientInfo": {"name": "bare", "title": "Bare", "version": "0"},
            "capabilities": {"experimentalApi": true, "requestAttestation": false},
        });
        bare.call("initialize", &greeting).await;
        bare.tell(&json!({"method": "initialized"})).await;
        bare.begin().await;
        bare
    }

    pub(super) async fn begin(&mut self) {
        let params = json!({
            "cwd": self.open["directory"],
            "model": self.open["model"],
            "approvalPolicy": "untrusted",
            "config": self.open["config"],
            "developerInstructions": self.open["instructions"],
        });
        let begun = self.call("thread/start", &params).await;
        self.thread = begun["thread"]["id"].clone();
    }

    pub(super) async fn turn(&mut self, text: &str) {
        let params = json!({
            "threadId": self.thread,
            "input": [{"type": "text", "text": text, "text_elements": []}],
            "clientUserMessageId": Uuid::new_v4(),
        });
        self.call("turn/start", &params).await;
        self.until(|said| said["method"] == "turn/completed").await;
    }

    /// Calls a method; its result.
    async fn call(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        self.tell(&json!({"id": id, "method": method, "params": params}))
            .await;
        let is_answer = |said: &Value| said["id"] == id && said["method"].is_null();
        let mut answer = self.until(is_answer).await;
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Reads until it says this, and allows what it asks meanwhile.
    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let said: Value = serde_json::from_str(&self.pipes.read().await).unwrap();
            if wanted(&said) {
                return said;
            }
            if !said["id"].is_null() && !said["method"].is_null() {
                let answer = json!({"id": said["id"], "result": {"decision": "accept"}});
                self.tell(&answer).await;
            }
        }
    }

    async fn tell(&mut self, message: &Value) {
        self.pipes.write(&message.to_string()).await;
    }
}

/// What the hub starts.
fn without_hub(mut command: Command) -> Command {
    let words = command.args.iter().position(|word| word == "--");
    let mut own = command.args.split_off(words.expect("it has a command") + 1);
    command.program = own.remove(0).into();
    command.args = own;
    command
}
