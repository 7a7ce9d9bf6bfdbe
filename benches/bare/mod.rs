//! The agent program without Baton: started with the same command and spoken to in the same way, by
//! nobody but this bench, which allows whatever it asks.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
};

use baton::runtime::{
    AskKind, Reader, Reply, RunEvent, Runtime as _, Verdict, claude::ClaudeRuntime,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};
use uuid::Uuid;

use crate::launch;

/// Where such a program lives.
pub struct Home {
    room: TempDir,
    runtime: ClaudeRuntime,
}

impl Home {
    /// Of a program that asks the model service at this address.
    pub fn new(program: &Path, model: &str) -> Self {
        let room = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
        for name in ["project", "tmp", "data"] {
            std::fs::create_dir(room.path().join(name)).unwrap();
        }
        let env = BTreeMap::from([
            ("ANTHROPIC_BASE_URL".to_owned(), model.to_owned()),
            ("ANTHROPIC_API_KEY".to_owned(), "dummy-key".to_owned()),
        ]);
        let runtime = launch::runtime(program, room.path(), env);
        Self { room, runtime }
    }

    /// The directory in which it works.
    pub fn project(&self) -> PathBuf {
        self.room.path().join("project")
    }

    /// Starts it for a new conversation.
    pub async fn start(&self) -> Bare {
        let home = self.room.path();
        let launch = launch::launch(&self.project(), &home.join("tmp"), &home.join("data"));
        let command = self.runtime.command(&launch);
        let mut child = tokio::process::Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .envs(&command.env)
            .current_dir(&command.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut bare = Bare {
            runtime: self.runtime.clone(),
            reader: self.runtime.reader(),
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        };
        for line in &command.handshake {
            bare.write(line).await;
        }
        bare
    }
}

/// Such a process.
pub struct Bare {
    runtime: ClaudeRuntime,
    reader: Box<dyn Reader>,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Bare {
    /// Gives it a turn, and waits until that is over.
    pub async fn turn(&mut self, text: &str) {
        let prompt = self.runtime.prompt(Uuid::new_v4(), text);
        self.write(&prompt).await;
        loop {
            let line = self.output.next_line().await.unwrap();
            let line = line.expect("the agent program goes on");
            for event in self.reader.read(line.as_bytes()) {
                match event {
                    RunEvent::Asked(ask) => {
                        let answer = match ask.kind {
                            AskKind::Gate => self.runtime.at_gate(&ask, &Verdict::Allow),
                            AskKind::Permission => self.runtime.reply(&ask, &Reply::Allow),
                        };
                        self.write(&answer).await;
                    }
                    RunEvent::TurnEnded(_) => return,
                    _ => {}
                }
            }
        }
    }

    /// Ends it, and waits until it has gone.
    pub async fn end(mut self) {
        self.child.kill().await.unwrap();
    }

    async fn write(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }
}
