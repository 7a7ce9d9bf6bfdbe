//! How long twenty people wait who ask at the same moment, each in a conversation of his own: of new ones, with no
//! agent alive, and of those that are alive. With each agent program, or with those that are named (`-- codex`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unnecessary_debug_formatting,
    dead_code,
    unused_imports,
    unused_macros,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

mod figures;
#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::time::{Duration, Instant};

use discord_sim::ChannelId;
use figures::{HEAD, Samples, chosen, times};
use futures::future::join_all;
use stage::{Program, Settings, Stage};

const PEOPLE: usize = 20;
const ROUNDS: usize = 10;

/// Turns of living conversations, a round.
const TURNS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{HEAD}");
    for program in chosen(Program::ALL) {
        let mut waits = Waits::default();
        for _ in 0..times(ROUNDS) {
            runtime.block_on(waits.round(program));
        }
        waits.print(program);
    }
}

/// From the moment that all ask.
#[derive(Default)]
struct Waits {
    /// Until the first of those has his answer who begin, and until each has.
    first_new: Samples,
    new: Samples,
    /// The same of those who go on.
    first_alive: Samples,
    alive: Samples,
}

impl Waits {
    async fn round(&mut self, program: Program) {
        let stage = Stage::with(Settings::for_crowd(program, PEOPLE)).await;
        stage.let_in(PEOPLE).await;
        let began = Instant::now();
        let asks = (0..PEOPLE).map(|n| {
            let stage = &stage;
            async move { stage.ask(&person(n), &text(0, n)).await }
        });
        let threads = join_all(asks).await;
        let (first, all) = answered(&stage, &threads, 0, began).await;
        self.first_new.add(first);
        self.new.add(all);
        for turn in 1..=TURNS {
            stage.until_settled().await;
            let began = Instant::now();
            let asks = threads.iter().enumerate().map(|(n, thread)| {
                let person = stage.sim.user(&person(n));
                async move { person.says(text(turn, n)).in_(*thread).await }
            });
            join_all(asks).await;
            let (first, all) = answered(&stage, &threads, turn, began).await;
            self.first_alive.add(first);
            self.alive.add(all);
        }
        stage.until_settled().await;
    }

    fn print(&self, program: Program) {
        for (what, first, all) in [
            ("new conversations", &self.first_new, &self.new),
            ("living conversations", &self.first_alive, &self.alive),
        ] {
            let name = program.name();
            let row = all.row(&format!(
                "{PEOPLE} people in {what} at once → all answered, {name}"
            ));
            println!("{row}\n{}", first.row("… the first of them"));
        }
    }
}

fn person(n: usize) -> String {
    format!("person{n}")
}

/// What a person says; none is the beginning of another.
fn text(turn: usize, n: usize) -> String {
    format!("turn {turn} of {n}.")
}

/// How long it took until the first had his answer, and until each had.
async fn answered(
    stage: &Stage,
    threads: &[ChannelId],
    turn: usize,
    began: Instant,
) -> (Duration, Duration) {
    let answers = threads.iter().enumerate().map(|(n, thread)| async move {
        stage.answer(*thread, &text(turn, n)).await;
        began.elapsed()
    });
    let all = join_all(answers).await;
    (*all.iter().min().unwrap(), *all.iter().max().unwrap())
}
