//! How long a message takes from Discord to the model, how fast the server starts, and what it
//! weighs. The whole of it: the simulated Discord and model, the real server and the real CLI.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unnecessary_debug_formatting,
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

mod figures;
#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::{path::Path, time::Instant};

use baton::{
    clock::{Clock, Millis},
    runtime::runner::{RecordKind, RunnerHost, RunnerLimits, Seq},
};
use figures::{HEAD, Samples};
use stage::{Settings, Stage};

const STARTS: usize = 20;
const COLD: usize = 20;
const WARM: usize = 60;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!("{HEAD}");
        starts().await;
        cold().await;
        warm().await;
    });
}

async fn starts() {
    let mut ready = Samples::default();
    let mut stage = Stage::dark(Settings::default()).await;
    for _ in 0..STARTS {
        let began = Instant::now();
        stage.start().await;
        ready.add(began.elapsed());
        stage.kill().await;
    }
    println!("{}", ready.row("start → READY"));
}

async fn cold() {
    let env = vec![("BATON_CLAUDE__MAX_LIVE".to_owned(), "1".to_owned())];
    let stage = Stage::with(Settings {
        env,
        ..Settings::default()
    })
    .await;
    let (mut whole, mut ours) = (Samples::default(), Samples::default());
    for n in 0..COLD {
        measure(&stage, None, &format!("cold {n}"), &mut whole, &mut ours).await;
    }
    println!("{}", whole.row("message → first model request, cold"));
    println!(
        "{}",
        ours.row("… our part: message → the agent has its prompt")
    );
}

async fn warm() {
    let stage = Stage::open().await;
    let thread = stage.ask("ann", "begin").await;
    stage.answer(thread, "begin").await;
    let (mut whole, mut ours) = (Samples::default(), Samples::default());
    for n in 0..WARM {
        measure(
            &stage,
            Some(thread),
            &format!("warm {n}"),
            &mut whole,
            &mut ours,
        )
        .await;
    }
    println!("{}", whole.row("message → first model request, warm"));
    println!(
        "{}",
        ours.row("… our part: message → the agent has its prompt")
    );
    println!();
    println!("| process | resident memory, idle |\n|---|---|");
    println!("| server | {} MiB |", resident(stage.server().pid()));
    let runner = host(&stage).present().unwrap()[0];
    let link = host(&stage).attach(runner, Seq::START).await.unwrap();
    println!(
        "| runner | {} MiB |",
        resident(link.handle.status().await.unwrap().pid)
    );
}

/// Sends one message and notes when the agent had its prompt and when the model was asked.
async fn measure(
    stage: &Stage,
    thread: Option<discord_sim::ChannelId>,
    text: &str,
    whole: &mut Samples,
    ours: &mut Samples,
) {
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
    whole.add(asked.at.duration_since(began));
    stage.answer(place, text).await;
    ours.add(prompted(stage).since(wall));
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

/// Resident memory in MiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}
