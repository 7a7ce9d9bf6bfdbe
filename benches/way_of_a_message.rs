//! How long a message takes from Discord to the model and until its answer is there, and how fast the
//! server starts. The whole of it: the simulated Discord and model, the real server and the real CLI, each of them or
//! those that are named (`-- codex`). Right beside each turn the same CLI has the same turn without Baton, so that
//! what is Baton's can be told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unnecessary_debug_formatting,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    unused_macros,
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

mod bare;
mod figures;
mod launch;
#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::{path::Path, time::Instant};

use bare::Home;
use baton::{
    clock::{Clock, Millis},
    runtime::runner::{RecordKind, RunnerHost, RunnerLimits, Seq},
};
use discord_sim::ChannelId;
use figures::{HEAD, Samples, chosen, times};
use serde_json::json;
use stage::{Program, Settings, Stage, until};

const STARTS: usize = 20;
const COLD: usize = 20;
const WARM: usize = 60;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!("{HEAD}");
        for does in [Does::Answers, Does::Reads] {
            for program in chosen(Program::ALL) {
                warm(program, does).await;
            }
        }
        for program in chosen(Program::ALL) {
            // With Claude Code a new conversation is a new process.
            if program == Program::Codex {
                beside(program).await;
            }
        }
        for program in chosen(Program::ALL) {
            cold(program).await;
        }
        starts().await;
    });
}

async fn starts() {
    let mut ready = Samples::default();
    for _ in 0..times(STARTS) {
        // Each on a stage of its own: who starts again and again has to wait with his introduction.
        let mut stage = Stage::dark(Settings::default()).await;
        let began = Instant::now();
        stage.start().await;
        ready.add(began.elapsed());
        stage.stop().await;
    }
    println!("{}", ready.row("start → READY"));
}

/// Turns of new conversations, each with no agent alive at its beginning.
async fn cold(program: Program) {
    let mut settings = Settings::of(program);
    let at_once = ("BATON_CLAUDE__IDLE_TIMEOUT".to_owned(), "1s".to_owned());
    settings.env.push(at_once);
    let stage = Stage::with(settings).await;
    let home = Home::new(program, &stage.model.base_url());
    let mut turns = Turns::default();
    for n in 0..times(COLD) {
        let text = format!("cold {n}");
        turns.by_baton(&stage, None, &text, &text).await;
        stage.until_no_agents().await;
        until("Codex has ended", || stage.codexes().is_empty()).await;
        let began = Instant::now();
        let mut bare = home.start().await;
        bare.turn(&framed(&text)).await;
        turns.by_cli(&stage, began, &text).await;
        bare.end().await;
    }
    turns.print(program, "cold");
}

/// Turns of new conversations, while the program is alive for another one.
async fn beside(program: Program) {
    let conversations = times(COLD);
    let stage = Stage::with(Settings::for_crowd(program, conversations + 1)).await;
    let home = Home::new(program, &stage.model.base_url());
    let thread = stage.ask("ann", "begin").await;
    stage.answer(thread, "begin").await;
    let mut bare = home.start().await;
    bare.turn(&framed("begin")).await;
    let mut turns = Turns::default();
    for n in 0..conversations {
        let text = format!("new {n}");
        turns.by_baton(&stage, None, &text, &text).await;
        let began = Instant::now();
        bare.begin().await;
        bare.turn(&framed(&text)).await;
        turns.by_cli(&stage, began, &text).await;
    }
    turns.print(program, "a new conversation beside others");
}

/// Turns of one conversation, whose agent is alive.
async fn warm(program: Program, does: Does) {
    let stage = Stage::of(program).await;
    let home = Home::new(program, &stage.model.base_url());
    for project in [stage.project(), home.project()] {
        std::fs::write(project.join("a.txt"), "a").unwrap();
    }
    let thread = stage.ask("ann", "begin").await;
    stage.answer(thread, "begin").await;
    let mut bare = home.start().await;
    bare.turn(&framed("begin")).await;
    let mut turns = Turns::default();
    let what = does.name();
    for n in 0..times(WARM) {
        let said = format!("{what} {n}");
        let text = does.text(program, &said, &stage.project());
        turns.by_baton(&stage, Some(thread), &text, &said).await;
        let text = does.text(program, &said, &home.project());
        let began = Instant::now();
        bare.turn(&framed(&text)).await;
        turns.by_cli(&stage, began, &text).await;
    }
    turns.print(program, what);
}

/// What the agent does in a turn.
#[derive(Clone, Copy)]
enum Does {
    /// It answers.
    Answers,
    /// It reads a file before.
    Reads,
}

impl Does {
    const fn name(self) -> &'static str {
        match self {
            Self::Answers => "warm",
            Self::Reads => "warm, with a file read",
        }
    }

    /// What it is told so that it does that and then says something.
    fn text(self, program: Program, said: &str, project: &Path) -> String {
        let file = || project.canonicalize().unwrap().join("a.txt");
        let read = match (self, program) {
            (Self::Answers, _) => return said.to_owned(),
            (Self::Reads, Program::Claude) => {
                json!({"tool": "Read", "input": {"file_path": file()}})
            }
            // It reads files with commands.
            (Self::Reads, Program::Codex) => {
                let command = format!("cat {}", file().display());
                json!({"tool": "exec_command", "input": {"cmd": command}})
            }
        };
        format!("STUB:[{read},{{\"text\":\"{said}\"}}]")
    }
}

/// A message as Baton gives it to an agent.
fn framed(text: &str) -> String {
    format!("[message from ann, Discord user 100000000000000000]\n{text}")
}

/// What was measured of turns of one kind.
#[derive(Default)]
struct Turns {
    /// From the message until the model is asked.
    asked: Samples,
    /// Until the agent has its prompt, to the millisecond.
    prompted: Samples,
    /// Until Discord has the answer.
    answered: Samples,
    /// The same turn without Baton, from the prompt, or from the start of a process or of a conversation: until the model
    /// is asked.
    bare_asked: Samples,
    /// Until the last line.
    bare: Samples,
}

impl Turns {
    /// Sends one message and notes when the agent had its prompt, when the model was asked and when the
    /// answer was there.
    async fn by_baton(&mut self, stage: &Stage, thread: Option<ChannelId>, text: &str, said: &str) {
        let wall = Clock::system().now();
        let began = Instant::now();
        let place = match thread {
            Some(thread) => {
                stage.sim.user("ann").says(text).in_(thread).await;
                thread
            }
            None => stage.ask("ann", text).await,
        };
        let asked = first_request(stage, began, text).await;
        self.asked.add(asked.duration_since(began));
        stage.answer(place, said).await;
        self.answered.add(began.elapsed());
        self.prompted.add(prompted(stage).since(wall));
        // What is still to be stored and shown of this turn is no part of the next one.
        stage.until_settled().await;
    }

    /// Notes that the program without Baton has had its turn, which began then.
    async fn by_cli(&mut self, stage: &Stage, began: Instant, text: &str) {
        self.bare.add(began.elapsed());
        let asked = first_request(stage, began, text).await;
        self.bare_asked.add(asked.duration_since(began));
    }

    fn print(&self, program: Program, what: &str) {
        let what = format!("{}, {what}", program.name());
        let pairs = |what: &str, ours: &Samples, bare: &Samples| {
            let times = ours.times(bare);
            let what = format!("… the difference, {what}, pair by pair ({times:.2} times as long)");
            ours.beyond(bare).row(&what)
        };
        let rows = [
            self.asked
                .row(&format!("message → first model request, {what}")),
            self.bare_asked.row("… the CLI without Baton"),
            pairs("until then", &self.asked, &self.bare_asked),
            self.prompted
                .row("… our part: message → the agent has its prompt"),
            self.answered.row(&format!("message → answer, {what}")),
            self.bare.row("… the same turn by the CLI without Baton"),
            pairs("in all", &self.answered, &self.bare),
        ];
        println!("{}", rows.join("\n"));
    }
}

/// When the model was first asked, after this moment, with this at the end of what a person said.
async fn first_request(stage: &Stage, after: Instant, text: &str) -> Instant {
    let is_it = |told: &String| told.ends_with(text);
    let paths = ["/v1/messages", "/v1/responses"];
    let request = stage.model.wait_for_request(|request| {
        request.at >= after
            && paths.iter().any(|path| request.path.starts_with(path))
            && request.user_text.as_ref().is_some_and(is_it)
    });
    request.await.at
}

/// When the last prompt was written to an agent; to the millisecond.
fn prompted(stage: &Stage) -> Millis {
    let host = host(stage);
    let mut last = Millis::new(0);
    for runner in host.present().unwrap() {
        for record in host.leftover(runner, Seq::START).unwrap().flatten() {
            if matches!(&record.kind, RecordKind::Input { command_id, .. } if command_id.starts_with("prompt:"))
            {
                last = last.max(record.at);
            }
        }
    }
    last
}

fn host(stage: &Stage) -> RunnerHost {
    let baton = Path::new(env!("CARGO_BIN_EXE_baton")).to_owned();
    RunnerHost::new(&stage.data().join("run"), baton, RunnerLimits::default()).unwrap()
}
