//! The agent programs that a scenario is played with, and in what they differ there. What people meet is the same with
//! each, so it is written down once.

use std::path::PathBuf;

use baton::{
    clock::Millis,
    words::{RuntimeKind, Scope, Tier},
};
use model_sim::{ForcedError, Usage};

use super::{Settings, Stage, commands_with, ids_with, touching, until};

/// An agent program.
pub(crate) type Program = RuntimeKind;

impl Settings {
    /// The usual ones with this program at work in the project.
    pub(crate) fn of(program: Program) -> Self {
        Self {
            runtime: program,
            ..Self::default()
        }
    }

    /// The same where this program can work for so many at once.
    pub(crate) fn for_crowd(program: Program, people: usize) -> Self {
        let mut settings = Self::of(program);
        for name in [
            "ADMISSION__MAX_ACTIVE",
            "ADMISSION__MAX_QUEUED",
            "CLAUDE__MAX_LIVE",
        ] {
            let name = format!("BATON_{name}");
            settings.env.push((name, people.to_string()));
        }
        settings
    }
}

impl Stage {
    /// Makes `person0` and so on members.
    pub(crate) async fn let_in(&self, people: usize) {
        for n in 0..people {
            let name = format!("person{n}");
            self.grant(&name, Scope::Global, Tier::Member).await;
        }
    }

    /// A stage with Baton running on it, this program at work, and a member called `ann`.
    pub(crate) async fn of(program: Program) -> Self {
        Self::with(Settings::of(program)).await
    }

    /// The agent program that works in the project.
    pub(crate) fn program(&self) -> Program {
        self.settings.runtime
    }

    /// The sessions' own processes and what these have started: of Claude Code the program itself, of Codex, which is one
    /// process for all of them, the way there.
    pub(super) fn processes_of_agents(&self) -> Vec<u32> {
        match self.program() {
            Program::Claude => {
                let home = self.home().join("claude");
                ids_with(&format!("CLAUDE_CONFIG_DIR={}", home.display()))
            }
            Program::Codex => {
                let hubs = self.data().join("run");
                commands_with(&format!("agent-seat --socket {}", hubs.display()))
            }
        }
    }

    /// The processes of Codex itself.
    pub(crate) fn codexes(&self) -> Vec<u32> {
        let name =
            |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        let mut found = touching(&self.codex_home().display().to_string());
        found.retain(|id| name(id).trim() == "codex");
        found
    }

    /// Makes sure that nothing lives of what a run has started whose end was told: Codex says so a moment before the
    /// last of its commands' processes has died.
    pub(crate) async fn nothing_lives(&self, is_gone: impl Fn() -> bool) {
        match self.program() {
            Program::Claude => assert!(is_gone(), "something of the run lives"),
            Program::Codex => until("nothing of the run lives", is_gone).await,
        }
    }

    /// Whether a process is an agent itself and not one of its tools.
    pub(crate) fn is_agent(&self, process: u32) -> bool {
        let file = format!("/proc/{process}/cmdline");
        let line = std::fs::read_to_string(file).unwrap_or_default();
        line.contains(match self.program() {
            Program::Claude => "--replay-user-messages",
            Program::Codex => "agent-seat",
        })
    }

    /// The files of the agent's conversations.
    pub(crate) fn conversations(&self) -> Vec<PathBuf> {
        let all = match self.program() {
            Program::Claude => self.home().join("claude/projects"),
            Program::Codex => self.codex_home().join("sessions"),
        };
        let (mut found, mut open) = (Vec::new(), vec![all]);
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|kind| kind == "jsonl") {
                    found.push(path);
                }
            }
        }
        found
    }

    /// An error of the model service, whatever it is asked, of this type and with this message.
    pub(crate) fn refusal(&self, status: u16, kind: &str, message: &str) -> ForcedError {
        let path = match self.program() {
            Program::Claude => "/v1/messages",
            Program::Codex => "/v1/responses",
        };
        let error = ForcedError::status(status).error(kind).message(message);
        error.path(path)
    }

    /// What a service answers that has too much to do.
    pub(crate) fn overloaded(&self) -> ForcedError {
        match self.program() {
            Program::Claude => {
                let busy = self.refusal(529, "overloaded_error", "busy");
                busy.header("retry-after", "0")
            }
            Program::Codex => self.refusal(503, "server_is_overloaded", "busy"),
        }
    }

    /// What a service answers whose limit of a few hours is reached (seen with Claude Code 2.1.197).
    pub(crate) fn limit_until(&self, reset: Millis) -> ForcedError {
        let seconds = u64::try_from(reset.get() / 1_000).unwrap();
        match self.program() {
            Program::Claude => {
                let headers = [
                    ("status", "rejected"),
                    ("overage-status", "rejected"),
                    ("representative-claim", "five_hour"),
                    ("reset", &seconds.to_string()),
                ];
                let limited = self.refusal(429, "rate_limit_error", "limited");
                headers.iter().fold(limited, |error, (name, value)| {
                    error.header(&format!("anthropic-ratelimit-unified-{name}"), value)
                })
            }
            Program::Codex => {
                let usage = Usage::default().used_up(seconds);
                ForcedError::usage_limit_reached(&usage).path("/v1/responses")
            }
        }
    }
}
