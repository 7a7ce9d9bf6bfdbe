//! `codex app-server` over its pipes, as thin as can be: JSON-RPC without the member `jsonrpc`, a line a message, in both
//! directions. Nothing is lost: what comes while a test waits for an answer is there when it asks for it.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a test waits for a message. Far beyond what a slow machine needs, so that it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running app server, which is killed when the value is dropped.
pub(crate) struct AppServer {
    // Held for its end: it dies with this value.
    _child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    /// What came while an answer was waited for.
    unread: VecDeque<Value>,
    /// All that came, for a test that fails.
    seen: Vec<Value>,
    calls: u64,
}

impl AppServer {
    /// Starts one with the environment that the command has, and shakes hands. Its stderr goes to a file in `codex_home`.
    pub(crate) async fn start(mut command: Command, codex_home: &Path) -> Self {
        let stderr = std::fs::File::create(codex_home.join("stderr")).expect("a file");
        let mut child = command
            .arg("app-server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .expect("codex starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut server = Self {
            _child: child,
            stdin,
            stdout,
            unread: VecDeque::new(),
            seen: Vec::new(),
            calls: 0,
        };
        let client = json!({ "name": "model_sim_test", "title": "test", "version": "0" });
        let wanted = json!({ "experimentalApi": true, "requestAttestation": false });
        server
            .call(
                "initialize",
                json!({ "clientInfo": client, "capabilities": wanted }),
            )
            .await
            .expect("the handshake");
        server.send(&json!({ "method": "initialized" })).await;
        server
    }

    /// Calls a method: its result, or the error it answers with.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.calls += 1;
        let id = self.calls;
        self.send(&json!({ "id": id, "method": method, "params": params }))
            .await;
        let mut passed = VecDeque::new();
        loop {
            let mut message = self.receive(&format!("the answer to {method}")).await;
            // The server numbers its own requests from 0, so an id alone says nothing.
            if message["id"] == id && message.get("method").is_none() {
                self.unread.extend(passed);
                return match message.get_mut("result") {
                    Some(result) => Ok(result.take()),
                    None => Err(message["error"].take()),
                };
            }
            passed.push_back(message);
        }
    }

    /// Answers a request of the server.
    pub(crate) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(&json!({ "id": request["id"], "result": result }))
            .await;
    }

    /// The next message that `wanted` accepts; those before it are gone.
    pub(crate) async fn wait_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = match self.unread.pop_front() {
                Some(message) => message,
                None => self.receive(what).await,
            };
            if wanted(&message) {
                return message;
            }
        }
    }

    /// The `params` of the next notification or request of this method.
    pub(crate) async fn heard(&mut self, method: &str) -> Value {
        self.wait_for(method, |message| message["method"] == method)
            .await["params"]
            .take()
    }

    /// All messages up to the first one of this method, which is the last of them.
    pub(crate) async fn up_to(&mut self, method: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.wait_for(method, |_| true).await;
            let last = message["method"] == method;
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.stdin
            .write_all(line.as_bytes())
            .await
            .expect("codex reads");
    }

    async fn receive(&mut self, what: &str) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.stdout.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            let seen: Vec<String> = self.seen.iter().map(Value::to_string).collect();
            panic!(
                "waited for {what}, but {line:?}. Before:\n{}",
                seen.join("\n")
            );
        };
        let message: Value = serde_json::from_str(&line).expect("a line of JSON");
        self.seen.push(message.clone());
        message
    }
}
