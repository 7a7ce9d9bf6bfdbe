//! Codex itself: started, greeted, listened to.

use std::{ffi::OsString, io, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    sync::mpsc,
    time::timeout,
};

use super::super::PROVED;

/// How long Codex may take from its start to its greeting. Measured: 0.2 s.
const GREETS: Duration = Duration::from_mins(1);

/// What has to be known of a message to answer it; the rest is passed over, however it is.
#[derive(Debug, serde::Deserialize)]
struct Envelope {
    id: Option<Value>,
    method: Option<String>,
}

/// A living Codex.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    messages: Option<mpsc::UnboundedSender<String>>,
    /// By what it introduced itself.
    agent: String,
}

impl Program {
    /// Starts it and shakes hands.
    pub(super) async fn start(command: &[OsString]) -> io::Result<Self> {
        let Some((program, args)) = command.split_first() else {
            return Err(io::Error::other("no program was named"));
        };
        let failed = |error: io::Error| {
            let program = program.to_string_lossy();
            io::Error::new(error.kind(), format!("cannot start {program}: {error}"))
        };
        let mut child = tokio::process::Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("its pipes are not there"));
        };
        let (messages, queue) = mpsc::unbounded_channel();
        tokio::spawn(give(stdin, queue));
        let mut program = Self {
            child,
            lines: BufReader::new(stdout).lines(),
            messages: Some(messages),
            agent: String::new(),
        };
        timeout(GREETS, program.greet()).await.unwrap_or_else(|_| {
            let why = format!("Codex did not greet in {GREETS:?}");
            Err(io::Error::other(why))
        })?;
        Ok(program)
    }

    async fn greet(&mut self) -> io::Result<()> {
        let client =
            json!({"name": "baton", "title": "Baton", "version": env!("CARGO_PKG_VERSION")});
        let capabilities = json!({"experimentalApi": true, "requestAttestation": false});
        self.tell(&json!({"id": 0, "method": "initialize",
            "params": {"clientInfo": client, "capabilities": capabilities}}));
        loop {
            let message = self.next().await?;
            if message["id"] != 0 || !message["method"].is_null() {
                continue;
            }
            message["result"]["userAgent"]
                .as_str()
                .unwrap_or("")
                .clone_into(&mut self.agent);
            if let Some(error) = message["error"]["message"].as_str() {
                let why = format!(
                    "Codex refuses the greeting: {error} (Baton was proved against {PROVED})"
                );
                return Err(io::Error::other(why));
            }
            self.tell(&json!({"method": "initialized"}));
            return Ok(());
        }
    }

    /// Tells it something.
    pub(super) fn tell(&self, message: &Value) {
        if let Some(messages) = &self.messages {
            // One that is gone is noticed where it is listened to.
            let _ = messages.send(message.to_string());
        }
    }

    /// The next message; what is none is passed over. An error when it has ended. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> io::Result<Value> {
        loop {
            match self.lines.next_line().await? {
                Some(line) => match serde_json::from_str(&line) {
                    Ok(message) => return Ok(message),
                    Err(error) => self.refuse_unreadable(&line, &error),
                },
                None => return Err(self.ended().await),
            }
        }
    }

    /// A request that cannot be read, nested too deeply for instance, would wait for ever.
    fn refuse_unreadable(&self, line: &str, error: &serde_json::Error) {
        if let Ok(Envelope {
            id: Some(id),
            method: Some(_),
        }) = serde_json::from_str(line)
        {
            let error = json!({"code": -32600, "message": format!("it cannot be read: {error}")});
            self.tell(&json!({"id": id, "error": error}));
        }
    }

    async fn ended(&mut self) -> io::Error {
        let how = match timeout(Duration::from_secs(5), self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it has closed its output".to_owned(),
        };
        let version = match self.agent.as_str() {
            "" => String::new(),
            agent => format!("{agent}; "),
        };
        io::Error::other(format!(
            "Codex has ended by itself: {how} ({version}Baton was proved against {PROVED})"
        ))
    }

    /// Lets it leave: the end of its input tells it to.
    pub(super) async fn leave(mut self, grace: Duration) {
        self.messages = None;
        // Whoever stays is killed with this value.
        let _ = timeout(grace, self.child.wait()).await;
    }
}

async fn give(mut stdin: ChildStdin, mut queue: mpsc::UnboundedReceiver<String>) {
    while let Some(mut message) = queue.recv().await {
        message.push('\n');
        if stdin.write_all(message.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_cannot_be_read_is_answered_all_the_same() {
        // Says what it was answered where its greeting was.
        let script = r#"read line; echo '{"id":0,"result":{"userAgent":"x/1"}}'; read line
            printf '{"id":7,"method":"m","params":'; printf '[%.0s' $(seq 200); printf ']%.0s' $(seq 200); echo '}'
            read line; printf '{"method":"told","params":%s}\n' "$line"; read line"#;
        let command = ["sh", "-c", script].map(OsString::from);
        let mut program = Program::start(&command).await.unwrap();
        let told = program.next().await.unwrap();
        assert_eq!(
            (&told["method"], &told["params"]["id"]),
            (&json!("told"), &json!(7))
        );
        assert!(told["params"]["error"].is_object(), "{told}");
    }

    #[tokio::test]
    async fn one_that_ends_says_how_and_against_what_baton_was_proved() {
        let command = ["sh", "-c", "exit 3"].map(OsString::from);
        let error = Program::start(&command).await.unwrap_err().to_string();
        assert!(
            error.contains("exit status: 3") && error.contains(PROVED),
            "{error}"
        );
        let command = ["/nowhere/codex"].map(OsString::from);
        let error = Program::start(&command).await.unwrap_err().to_string();
        assert!(error.contains("cannot start /nowhere/codex"), "{error}");
    }
}
