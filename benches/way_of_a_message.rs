//! How long a message takes from Discord to the model and until its answer is there, and how fast the
//! server starts. The whole of it: the simulated Discord and model, the real server and the real CLI. Right
//! beside each turn the same CLI has the same turn without Baton, so that what is Baton's can be told.

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
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

mod bare;
mod figures;
mod launch;
#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::{path::Path, time::Instant};

use bare::{Bare, Home};
use baton::{
    clock::{Clock, Millis},
    runtime::runner::{RecordKind, RunnerHost, RunnerLimits, Seq},
};
use discord_sim::ChannelId;
use figures::{HEAD, Samples, times};
use stage::{Settings, Stage, claude};

const STARTS: usize = 20;
const COLD: usize = 20;
const WARM: usize = 60;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!("{HEAD}");
        starts().await;
        cold().await;
        warm("warm", Does::Answers).await;
        warm("warm, with a Read", Does::Reads).await;
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
async fn cold() {
    let env = vec![("BATON_CLAUDE__IDLE_TIMEOUT".to_owned(), "1s".to_owned())];
    let stage = Stage::with(Settings {
        env,
        ..Settings::default()
    })
    .await;
    let home = Home::new(&claude(), &stage.model.base_url());
    let mut turns = Turns::default();
    for n in 0..times(COLD) {
        let text = format!("cold {n}");
        turns.by_baton(&stage, None, &text, &text).await;
        stage.until_no_agents().await;
        let began = Instant::now();
        let mut bare = home.start().await;
        bare.turn(&framed(&text)).await;
        turns.bare.add(began.elapsed());
        bare.end().await;
    }
    turns.print("cold");
}

/// Turns of one conversation, whose agent is alive.
async fn warm(what: &str, does: Does) {
    let stage = Stage::open().await;
    let home = Home::new(&claude(), &stage.model.base_url());
    for project in [stage.project(), home.project()] {
        std::fs::write(project.join("a.txt"), "a").unwrap();
    }
    let thread = stage.ask("ann", "begin").await;
    stage.answer(thread, "begin").await;
    let mut bare = home.start().await;
    bare.turn(&framed("begin")).await;
    let mut turns = Turns::default();
    for n in 0..times(WARM) {
        let said = format!("{what} {n}");
        let text = does.text(&said, &stage.project());
        turns.by_baton(&stage, Some(thread), &text, &said).await;
        let text = framed(&does.text(&said, &home.project()));
        let began = Instant::now();
        bare.turn(&text).await;
        turns.bare.add(began.elapsed());
    }
    turns.print(what);
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
    /// What it is told so that it does that and then says something.
    fn text(self, said: &str, project: &Path) -> String {
        match self {
            Self::Answers => said.to_owned(),
            Self::Reads => {
                let file = project.canonicalize().unwrap().join("a.txt");
                let read = serde_json::json!({"tool": "Read", "input": {"file_path": file}});
                format!("STUB:[{read},{{\"text\":\"{said}\"}}]")
            }
        }
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
    /// The same turn without Baton: from the prompt, or from the start of a process, to the last line.
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
        let asked = stage
            .model
            .wait_for_request(|request| {
                request.path.starts_with("/v1/messages")
                    && request
                        .user_text
                        .as_deref()
                        .is_some_and(|told| told.ends_with(text))
            })
            .await;
        self.asked.add(asked.at.duration_since(began));
        stage.answer(place, said).await;
        self.answered.add(began.elapsed());
        self.prompted.add(prompted(stage).since(wall));
        // What is still to be stored and shown of this turn is no part of the next one.
        stage.until_settled().await;
    }

    fn print(&self, what: &str) {
        println!(
            "{}",
            self.asked
                .row(&format!("message → first model request, {what}"))
        );
        println!(
            "{}",
            self.prompted
                .row("… our part: message → the agent has its prompt")
        );
        println!(
            "{}",
            self.answered.row(&format!("message → answer, {what}"))
        );
        println!(
            "{}",
            self.bare.row("… the same turn by the CLI without Baton")
        );
        println!(
            "{}",
            self.answered.beyond(&self.bare).row(&format!(
                "… the difference, pair by pair ({:.2} times as long)",
                self.answered.times(&self.bare)
            ))
        );
    }
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
