//! What live sessions weigh while nothing happens, and while all are at work: the runners, the agent program with all
//! that it has started, and what the server has grown by. With each agent program, or with those that are named
//! (`-- codex`). A stage is weighed once in each of its states, because an idle process weighs the same again; so each
//! sample is a stage of its own, and the table has the medians.

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
    unused_macros,
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

mod figures;
#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::collections::BTreeMap;

use discord_sim::ChannelId;
use figures::{chosen, middle, times};
use stage::{Program, Settings, Stage, commands_with, parent};

/// With how many live sessions all is weighed.
const fn sessions(program: Program) -> &'static [usize] {
    match program {
        Program::Claude => &[1, 4],
        Program::Codex => &[1, 5, 20],
    }
}

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
    fn shared_by(self, processes: usize) -> Self {
        let processes = f64::from(u32::try_from(processes).unwrap());
        Self {
            rss: self.rss / processes,
            pss: self.pss / processes,
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for program in chosen(Program::ALL) {
        let mut table = Table::default();
        for _ in 0..times(ROUNDS) {
            runtime.block_on(weigh(program, &mut table));
        }
        table.print(program);
    }
}

/// What the sessions of a stage do: how many live, and whether all are at work.
type State = (usize, bool);

/// Weights of the same processes in the same state, one a stage, in the order of the table.
#[derive(Default)]
struct Table(BTreeMap<(State, usize), (&'static str, Vec<Weight>)>);

impl Table {
    fn note(&mut self, state: State, processes: Vec<(&'static str, Weight)>) {
        for (at, (name, weight)) in processes.into_iter().enumerate() {
            let entry = self.0.entry((state, at));
            entry.or_insert((name, Vec::new())).1.push(weight);
        }
    }

    /// The median of what the server has grown by from one number of idle sessions to another, stage by stage.
    fn growth(&self, from: usize, to: usize) -> f64 {
        let weights = |live| &self.0[&((live, false), 0)].1;
        let pairs = weights(from).iter().zip(weights(to));
        middle(
            pairs
                .map(|(before, after)| after.rss - before.rss)
                .collect(),
        )
    }

    fn print(&self, program: Program) {
        println!(
            "{}\n\n| live sessions | process | samples | RSS | PSS |\n|---|---|---|---|---|",
            program.name()
        );
        for (((live, at_work), _), (process, weights)) in &self.0 {
            let of = |field: fn(&Weight) -> f64| middle(weights.iter().map(field).collect());
            println!(
                "| {live}{} | {process} | {} | {:.1} MiB | {:.1} MiB |",
                if *at_work { ", all at work" } else { "" },
                weights.len(),
                of(|weight| weight.rss),
                of(|weight| weight.pss)
            );
        }
        let most = sessions(program).iter().max().unwrap();
        let others = f64::from(u32::try_from(most - 1).unwrap());
        // The first session brings what is needed once.
        println!(
            "\nThe server has grown by {:.2} MiB with its first session, and by {:.2} MiB with each of the others (RSS).\n",
            self.growth(0, 1),
            self.growth(1, *most) / others
        );
    }
}

async fn weigh(program: Program, table: &mut Table) {
    let most = *sessions(program).iter().max().unwrap();
    let mut settings = Settings::for_crowd(program, most);
    // As an operator has it, but for the line by which a stage knows that Baton listens.
    let level = "info,baton::discord::catch_up=debug";
    let level = ("BATON_LOG__LEVEL".to_owned(), level.to_owned());
    settings.env.push(level);
    let stage = Stage::with(settings).await;
    stage.let_in(most).await;
    table.note((0, false), processes(&stage, 0));
    let mut threads = Vec::new();
    for live in 1..=most {
        threads.push(begin(&stage, live).await);
        if sessions(program).contains(&live) {
            table.note((live, false), processes(&stage, live));
        }
    }
    all_at_work(&stage, &threads).await;
    table.note((most, true), processes(&stage, most));
    stage.model.release("weighed");
    for thread in threads {
        stage.answer(thread, "let go").await;
    }
}

/// A session that has had its turns.
async fn begin(stage: &Stage, session: usize) -> ChannelId {
    let person = person(session);
    let text = |turn| format!("turn {turn} of session {session}");
    let thread = stage.ask(&person, &text(0)).await;
    stage.answer(thread, &text(0)).await;
    for turn in 1..TURNS {
        stage.sim.user(&person).says(text(turn)).in_(thread).await;
        stage.answer(thread, &text(turn)).await;
    }
    stage.until_settled().await;
    thread
}

/// Has each session begin a turn, and waits until the model is asked by all of them.
async fn all_at_work(stage: &Stage, threads: &[ChannelId]) {
    for (at, thread) in threads.iter().enumerate() {
        let script = format!(r#"work {at} STUB:[{{"text":"let go","hold":"weighed"}}]"#);
        let person = stage.sim.user(&person(at + 1));
        person.says(script).in_(*thread).await;
    }
    for at in 0..threads.len() {
        stage.turn_with(&format!("work {at} ")).await;
    }
}

fn person(session: usize) -> String {
    format!("person{}", session - 1)
}

/// What there is of Baton, the server first.
fn processes(stage: &Stage, live: usize) -> Vec<(&'static str, Weight)> {
    let mut all = vec![("server", of(&[stage.server().pid()]))];
    if live == 0 {
        return all;
    }
    let run = stage.data().join("run");
    let hubs = commands_with(&format!("codex-hub --socket {}", run.display()));
    let mut runners = commands_with(&format!("runner --dir {}", run.display()));
    let is_hubs = |runner: &u32| hubs.iter().any(|hub| parent(*hub) == Some(*runner));
    let hubs_runners: Vec<u32> = runners.extract_if(.., |runner| is_hubs(runner)).collect();
    let agents = stage.agents();
    assert_eq!((runners.len(), agents.len()), (live, live));
    all.push(("each runner", of(&runners).shared_by(live)));
    match stage.program() {
        Program::Claude => {
            all.push(("each agent", of(&agents).shared_by(live)));
        }
        Program::Codex => {
            let codexes = stage.codexes();
            let lens = (hubs.len(), hubs_runners.len(), codexes.len());
            assert_eq!(lens, (1, 1, 1));
            all.push(("each seat", of(&agents).shared_by(live)));
            all.push(("the hub", of(&hubs)));
            all.push(("its runner", of(&hubs_runners)));
            all.push(("Codex", of(&codexes)));
        }
    }
    all
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
