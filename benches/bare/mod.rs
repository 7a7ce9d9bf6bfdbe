//! The agent program without Baton: started with the same command and spoken to in the same way, by
//! nobody but this bench, which allows whatever it asks.

mod claude;
mod codex;

use std::{collections::BTreeMap, path::PathBuf, process::Stdio};

use baton::runtime::Command;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use crate::{
    launch,
    stage::{self, KEPT, Program},
};

/// Where such a program lives.
pub struct Home {
    room: TempDir,
    /// Codex's directory.
    codex: TempDir,
    program: Program,
    model: String,
}

impl Home {
    /// Of a program that asks the model service at this address.
    pub fn new(program: Program, model: &str) -> Self {
        let room = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
        for name in ["project", "tmp", "data"] {
            std::fs::create_dir(room.path().join(name)).unwrap();
        }
        Self {
            room,
            codex: tempfile::tempdir_in(KEPT).unwrap(),
            program,
            model: model.to_owned(),
        }
    }

    /// The directory in which it works.
    pub fn project(&self) -> PathBuf {
        self.room.path().join("project")
    }

    /// Starts it for a new conversation.
    pub async fn start(&self) -> Bare {
        let home = self.room.path();
        let launch = launch::launch(&self.project(), &home.join("tmp"), &home.join("data"));
        let env = BTreeMap::from([
            ("ANTHROPIC_BASE_URL".to_owned(), self.model.clone()),
            ("ANTHROPIC_API_KEY".to_owned(), "dummy-key".to_owned()),
            ("SIM_KEY".to_owned(), "dummy-key".to_owned()),
        ]);
        match self.program {
            Program::Claude => {
                let runtime = launch::runtime(&stage::claude(), home, env);
                Bare::Claude(claude::Bare::start(runtime, &launch).await)
            }
            Program::Codex => {
                let codex_home = self.codex.path().canonicalize().unwrap();
                let runtime = launch::codex(&stage::codex(), home, &codex_home, &self.model, env);
                Bare::Codex(codex::Bare::start(&runtime, &launch).await)
            }
        }
    }
}

/// Such a process, in a conversation.
pub enum Bare {
    Claude(claude::Bare),
    Codex(codex::Bare),
}

impl Bare {
    /// Gives it a turn, and waits until that is over.
    pub async fn turn(&mut self, text: &str) {
        match self {
            Self::Claude(bare) => bare.turn(text).await,
            Self::Codex(bare) => bare.turn(text).await,
        }
    }

    /// Has it begin another conversation, in which the next turns are.
    pub async fn begin(&mut self) {
        match self {
            Self::Claude(_) => panic!("a process of Claude Code has one conversation"),
            Self::Codex(bare) => bare.begin().await,
        }
    }

    /// Ends it, and waits until it has gone.
    pub async fn end(self) {
        let mut pipes = match self {
            Self::Claude(bare) => bare.pipes,
            Self::Codex(bare) => bare.pipes,
        };
        pipes.child.kill().await.unwrap();
    }
}

/// A process that is spoken to in lines.
struct Pipes {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Pipes {
    fn open(command: &Command) -> Self {
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
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    async fn write(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    async fn read(&mut self) -> String {
        let line = self.output.next_line().await.unwrap();
        line.expect("the agent program goes on")
    }
}
