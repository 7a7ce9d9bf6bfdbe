//! How long it takes to clean a text of secrets before anybody sees it: an answer while it grows, what a tool has
//! printed, and what looks like the beginning of a token all the way. Beside each, on the same text, a search for one word.

#![allow(
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a bench prints its figures"
)]

mod figures;

use std::{hint::black_box, time::Instant};

use baton::observe::Secrets;
use figures::{HEAD, Samples, times};

/// How often each text is cleaned.
const TIMES: usize = 500;

/// So many secrets a server knows that keeps some accounts alive: tokens, keys and the bot's own.
const KNOWN: usize = 40;

fn main() {
    let known = (0..KNOWN).map(|n| format!("sk-known-{n:04}-{}", "x7".repeat(40)).into());
    let secrets = Secrets::new(known);
    let words = "The build fails because `src/main.rs` names a module that is not there: see https://example.com/a?b=c. ";
    let prose = |bytes: usize| words.chars().cycle().take(bytes).collect::<String>();
    let begun = |bytes: usize| "eyJ".chars().cycle().take(bytes).collect::<String>();
    println!("{HEAD}");
    for (what, text) in [
        ("an answer of 2 KB", prose(2 << 10)),
        ("64 KB that a tool has printed", prose(64 << 10)),
        (
            "64 KB that begin like a token again and again",
            begun(64 << 10),
        ),
    ] {
        let (mut cleaned, mut searched) = (Samples::default(), Samples::default());
        for _ in 0..times(TIMES) {
            let start = Instant::now();
            black_box(secrets.redact(black_box(&text)));
            cleaned.add(start.elapsed());
            let start = Instant::now();
            black_box(black_box(&text).matches("module-that-is-nowhere").count());
            searched.add(start.elapsed());
        }
        println!("{}", cleaned.row(what));
        println!(
            "| … beside a search for one word | | {:.1} times | |",
            cleaned.times(&searched)
        );
    }
}
