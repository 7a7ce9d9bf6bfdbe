//! What each live session weighs while nothing happens: the runner, the agent program with all that it
//! has started, and what the server has grown by. A stage is weighed once in each of its states, because an
//! idle process weighs the same again; so each sample is a stage of its own, and the table has the medians.

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

use std::collections::BTreeMap;

use figures::{middle, times};
use stage::{Settings, Stage, commands_with};

/// Live sessions at once.
const SESSIONS: u8 = 4;

/// Turns of each before it is weighed.
const TURNS: usize = 3;

/// Stages.
const ROUNDS: usize = 20;

/// MiB of a process: in memory at all, and with what it shares divided among those who share it.
#[derive(Clone, Copy, Default)]
struct Weight {
    rss: f64,
    /// 0 where the system does not tell it of others' processes.
    pss: f64,
}

impl Weight {
    fn shared_by(self, sessions: u8) -> Self {
        let sessions = f64::from(sessions);
        Self {
            rss: self.rss / sessions,
            pss: self.pss / sessions,
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut table = Table::default();
    for _ in 0..times(ROUNDS) {
        runtime.block_on(weigh(&mut table));
    }
    table.print();
}

/// Weights of the same process with the same number of live sessions, one a stage.
#[derive(Default)]
struct Table(BTreeMap<(u8, usize), Vec<Weight>>);

/// What is weighed, in the order of the table.
const PROCESSES: [&str; 3] = ["server", "each runner", "each agent with its children"];

impl Table {
    fn note(&mut self, live: u8, process: usize, weight: Weight) {
        self.0.entry((live, process)).or_default().push(weight);
    }

    /// The median of what the server has grown by from one number of sessions to another, stage by stage.
    fn growth(&self, from: u8, to: u8) -> f64 {
        let pairs = self.0[&(from, 0)].iter().zip(&self.0[&(to, 0)]);
        middle(
            pairs
                .map(|(before, after)| after.rss - before.rss)
                .collect(),
        )
    }

    fn print(&self) {
        println!("| live sessions | process | samples | RSS | PSS |\n|---|---|---|---|---|");
        for ((live, process), weights) in &self.0 {
            let of = |field: fn(&Weight) -> f64| middle(weights.iter().map(field).collect());
            println!(
                "| {live} | {} | {} | {:.1} MiB | {:.1} MiB |",
                PROCESSES[*process],
                weights.len(),
                of(|weight| weight.rss),
                of(|weight| weight.pss)
            );
        }
        // The first session brings what is needed once.
        println!(
            "\nThe server has grown by {:.2} MiB with its first session, and by {:.2} MiB with each of the others (RSS).",
            self.growth(0, 1),
            self.growth(1, SESSIONS) / f64::from(SESSIONS - 1)
        );
    }
}

async fn weigh(table: &mut Table) {
    let env = vec![
        ("BATON_CLAUDE__MAX_LIVE".to_owned(), SESSIONS.to_string()),
        ("BATON_LOG__LEVEL".to_owned(), "info".to_owned()),
    ];
    let stage = Stage::with(Settings {
        env,
        ..Settings::default()
    })
    .await;
    let server = stage.server().pid();
    table.note(0, 0, of(&[server]));
    for live in 1..=SESSIONS {
        let thread = stage.ask("ann", &format!("session {live}")).await;
        stage.answer(thread, &format!("session {live}")).await;
        for turn in 1..TURNS {
            let text = format!("turn {turn} of session {live}");
            stage.sim.user("ann").says(&text).in_(thread).await;
            stage.answer(thread, &text).await;
        }
        stage.until_settled().await;
        let directory = stage.data().join("run");
        let runners = commands_with(&format!("runner --dir {}", directory.display()));
        let agents = stage.agents();
        assert_eq!(runners.len(), usize::from(live));
        table.note(live, 0, of(&[server]));
        table.note(live, 1, of(&runners).shared_by(live));
        table.note(live, 2, of(&agents).shared_by(live));
    }
}

fn of(pids: &[u32]) -> Weight {
    let mut sum = Weight::default();
    for pid in pids {
        sum.rss += field(&format!("/proc/{pid}/status"), "VmRSS:");
        sum.pss += field(&format!("/proc/{pid}/smaps_rollup"), "Pss:");
    }
    sum
}

/// A field in MiB of a file that has them in kB.
fn field(file: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
