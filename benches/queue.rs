//! How many decisions a second the queue makes, alone and with many who wait.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench fails by panicking and prints its figures"
)]

use std::{collections::HashMap, sync::Arc, time::Instant};

use baton::{
    admission::{Caps, Queue, Rules, Ticket},
    clock::Millis,
    words::{ChannelId, RunId, SessionId, UserId},
};

const ROUNDS: u32 = 100_000;

fn main() {
    println!("| waiting | people | decisions a second |\n|---|---|---|");
    for (waiting, people) in [(0, 1), (20, 20), (1_000, 100), (10_000, 1_000)] {
        println!(
            "| {waiting} | {people} | {:.0} |",
            decisions(waiting, people)
        );
    }
}

/// One decision: somebody gets a place in the queue, somebody gives his slot back, and whose turn it is
/// gets it.
fn decisions(waiting: u64, people: u64) -> f64 {
    let caps = |active, queued| Caps { active, queued };
    let mut queue = Queue::new(Rules {
        all: caps(6, 1_000_000),
        person: caps(6, 1_000_000),
        projects: HashMap::new(),
    });
    let project: Arc<str> = Arc::from("bench");
    let ticket = |n: u64| Ticket {
        run: RunId::fresh(),
        session: SessionId::fresh(),
        person: UserId::new(n % people),
        channel: ChannelId::new(1),
        project: Arc::clone(&project),
        expires_at: Millis::new(0),
    };
    for n in 0..waiting + 6 {
        let ticket = ticket(n);
        let run = ticket.run;
        queue.reserve(ticket).unwrap();
        queue.confirm(run);
    }
    let mut working: Vec<RunId> = std::iter::from_fn(|| queue.admit())
        .map(|one| one.run)
        .collect();
    let tickets: Vec<Ticket> = (0..u64::from(ROUNDS)).map(ticket).collect();
    let began = Instant::now();
    for (n, ticket) in tickets.into_iter().enumerate() {
        let run = ticket.run;
        queue.reserve(ticket).unwrap();
        queue.confirm(run);
        let slot = n % working.len();
        assert!(queue.release(working[slot]));
        working[slot] = queue.admit().unwrap().run;
    }
    f64::from(ROUNDS) / began.elapsed().as_secs_f64()
}
