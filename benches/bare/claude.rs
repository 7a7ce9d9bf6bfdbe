//! Claude Code: a process for each conversation.

use baton::runtime::{
    AskKind, Launch, Reader, Reply, RunEvent, Runtime as _, Verdict, claude::ClaudeRuntime,
};
use uuid::Uuid;

use super::Pipes;

/// Such a process.
pub struct Bare {
    runtime: ClaudeRuntime,
    reader: Box<dyn Reader>,
    pub(super) pipes: Pipes,
}

impl Bare {
    pub(super) async fn start(runtime: ClaudeRuntime, launch: &Launch) -> Self {
        let command = runtime.command(launch);
        let mut pipes = Pipes::open(&command);
        for line in &command.handshake {
            pipes.write(line).await;
        }
        Self {
            reader: runtime.reader(),
            runtime,
            pipes,
        }
    }

    pub(super) async fn turn(&mut self, text: &str) {
        let prompt = self.runtime.prompt(Uuid::new_v4(), text);
        self.pipes.write(&prompt).await;
        loop {
            let line = self.pipes.read().await;
            for event in self.reader.read(line.as_bytes()) {
                match event {
                    RunEvent::Asked(ask) => {
                        let answer = match ask.kind {
                            AskKind::Gate => self.runtime.at_gate(&ask, &Verdict::Allow),
                            AskKind::Permission => self.runtime.reply(&ask, &Reply::Allow),
                        };
                        self.pipes.write(&answer).await;
                    }
                    RunEvent::TurnEnded(_) => return,
                    _ => {}
                }
            }
        }
    }
}
