//! What it costs to keep all that an agent says: the time and the bytes for each MB of output that goes
//! through a runner's journal to the server's side, beside the same output through a bare pipe and beside
//! a plain file of the same bytes, with and without waiting for the disk.
//!
//! The agent is this program itself, which writes lines as agents do: one write for each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking and prints its figures"
)]

mod figures;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use baton::{
    runtime::{
        Command, ProcessBounds,
        runner::{Link, RecordKind, RunnerHost, RunnerLimits},
    },
    words::{RunnerId, SessionId},
};
use figures::{Samples, middle, times};

/// Bytes of output in a round.
const OUTPUT: usize = 32 << 20;

/// Rounds of each length of line; the median is told.
const ROUNDS: usize = 7;

/// Bytes of a line with its newline: a piece of a streamed answer, a tool's result, a file that was read.
const LENGTHS: [usize; 3] = [400, 4 << 10, 64 << 10];

/// With this as its first argument the program is the agent; the second is the length of its lines.
const SPEAK: &str = "speak";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(SPEAK) {
        return speak(arguments.next().unwrap().parse().unwrap());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!(
            "| lines of | journal | … of it the runner's own work | bare pipe | plain file | … and fsync | journal ÷ pipe | journal ÷ file and fsync | journal bytes a byte |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        for length in LENGTHS {
            row(length).await;
        }
        println!("\nTimes are ms for each MB (10⁶ bytes), medians of {} rounds.", times(ROUNDS));
    });
}

async fn row(length: usize) {
    let (mut kept, mut bare) = (Samples::default(), Samples::default());
    let (mut plain, mut safe) = (Samples::default(), Samples::default());
    let (mut work, mut bytes) = (Vec::new(), 0.0);
    for _ in 0..times(ROUNDS) {
        let cost = through_a_runner(length).await;
        kept.add(cost.took);
        work.push(cost.work.as_secs_f64());
        bytes = cost.bytes;
        bare.add(through_a_pipe(length));
        let (written, synced) = to_a_file(length);
        plain.add(written);
        safe.add(synced);
    }
    #[expect(clippy::cast_precision_loss, reason = "some million bytes")]
    let megabytes = OUTPUT as f64 / 1e6;
    let each = |span: f64| span * 1e3 / megabytes;
    let of = |samples: &Samples| each(samples.median().as_secs_f64());
    println!(
        "| {length} B | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} | {:.2} | {bytes:.3} |",
        of(&kept),
        each(middle(work)),
        of(&bare),
        of(&plain),
        of(&safe),
        kept.times(&bare),
        kept.times(&safe),
    );
}

/// What a round through a runner cost.
struct Cost {
    /// From the word to speak until the server's side has the last line.
    took: Duration,
    /// Processor time of the runner's process meanwhile.
    work: Duration,
    /// Bytes in the journal for each byte that was said.
    bytes: f64,
}

async fn through_a_runner(length: usize) -> Cost {
    let room = tempfile::tempdir().unwrap();
    let baton = Path::new(env!("CARGO_BIN_EXE_baton")).to_owned();
    let limits = RunnerLimits::default();
    let host = RunnerHost::new(&room.path().join("run"), baton, limits).unwrap();
    let runner = RunnerId::fresh();
    let command = Command {
        program: std::env::current_exe().unwrap(),
        args: vec![SPEAK.into(), length.to_string()],
        env: BTreeMap::new(),
        directory: room.path().into(),
        handshake: Vec::new(),
        interrupt: String::new(),
        bounds: ProcessBounds::default(),
        conversation: None,
    };
    let link = host.start(runner, SessionId::fresh(), &command).await;
    let Link {
        handle,
        mut records,
    } = link.unwrap();
    let before = handle.status().await.unwrap();
    let worked = processor_time(before.pid);
    let began = Instant::now();
    handle.input("go", "").await.unwrap();
    let mut heard = 0;
    while heard < OUTPUT {
        if let RecordKind::Output { line } = records.next().await.unwrap().kind {
            heard += line.len() + 1;
        }
    }
    let took = began.elapsed();
    let work = processor_time(before.pid).saturating_sub(worked);
    let after = handle.status().await.unwrap();
    host.remove(runner).await.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "some million bytes")]
    let bytes = (after.journal_bytes - before.journal_bytes) as f64 / heard as f64;
    Cost { took, work, bytes }
}

/// The same agent with nobody between it and its reader.
fn through_a_pipe(length: usize) -> Duration {
    let mut agent = std::process::Command::new(std::env::current_exe().unwrap())
        .args([SPEAK, &length.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = agent.stdin.take().unwrap();
    let mut output = BufReader::with_capacity(64 << 10, agent.stdout.take().unwrap());
    let began = Instant::now();
    input.write_all(b"\n").unwrap();
    let (mut heard, mut line) = (0, Vec::new());
    while heard < OUTPUT {
        line.clear();
        heard += output.read_until(b'\n', &mut line).unwrap();
    }
    let took = began.elapsed();
    drop(input);
    agent.wait().unwrap();
    took
}

/// The same bytes into a file, a write for each line: how long it takes, and how long until the disk has
/// them.
fn to_a_file(length: usize) -> (Duration, Duration) {
    let room = tempfile::tempdir().unwrap();
    let mut file = File::create(room.path().join("plain")).unwrap();
    let line = line(length);
    let began = Instant::now();
    for _ in 0..lines(length) {
        file.write_all(&line).unwrap();
    }
    let written = began.elapsed();
    file.sync_all().unwrap();
    (written, began.elapsed())
}

/// The agent: waits for a word, says its lines, and stays until its input ends.
fn speak(length: usize) {
    let mut input = std::io::stdin().lock();
    let mut word = String::new();
    input.read_line(&mut word).unwrap();
    let line = line(length);
    let mut output = std::io::stdout().lock();
    for _ in 0..lines(length) {
        output.write_all(&line).unwrap();
        output.flush().unwrap();
    }
    while input.read_line(&mut word).unwrap() > 0 {}
}

fn line(length: usize) -> Vec<u8> {
    let mut line = vec![b'x'; length];
    line[length - 1] = b'\n';
    line
}

const fn lines(length: usize) -> usize {
    OUTPUT.div_ceil(length)
}

/// How long a process has had a processor, to the hundredth of a second.
fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Behind the name, which may hold spaces: the state, ten other fields, utime, stime (proc_pid_stat(5)).
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: Vec<u64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse().unwrap())
        .collect();
    // 100 ticks a second, on every Linux that Rust runs on.
    Duration::from_millis((ticks[0] + ticks[1]) * 10)
}
