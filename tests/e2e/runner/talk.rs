//! Lines in both directions, and who hears them.

use baton::runtime::runner::{Exit, LinkError, RecordKind, RunnerLimits, Seq, Written};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{House, input, output, said, to_the_end};

/// Says back every line that it is told, and leaves when its input ends.
const ECHO: &str = "while IFS= read -r line; do echo \"got $line\"; done; echo bye";

#[tokio::test]
async fn the_handshake_comes_first_and_every_line_is_told_once_in_order() {
    let house = House::new();
    let mut command = house.script(ECHO);
    command.handshake = vec!["hello".into()];
    let (runner, mut link) = house.start_command(&command).await;
    assert_eq!(said(&mut link.records).await, "got hello");
    assert_eq!(link.handle.input("a", "one").await.unwrap(), Written::Now);
    assert_eq!(said(&mut link.records).await, "got one");
    link.handle.interrupt().await.unwrap();
    assert_eq!(said(&mut link.records).await, "got stop");
    link.handle.terminate(super::PATIENT).await.unwrap();

    let mut again = house.host.attach(runner, Seq::START).await.unwrap();
    let told = to_the_end(&mut again.records).await;
    let RecordKind::Spawned { pid } = told[0] else {
        panic!("{told:?}");
    };
    assert_eq!(super::alive(&house, runner, &[pid]), 0);
    assert_eq!(
        told[1..],
        [
            input("runner:handshake:1", "hello"),
            output("got hello"),
            input("a", "one"),
            output("got one"),
            input("runner:interrupt:2", "stop"),
            output("got stop"),
            input("runner:interrupt:3", "stop"),
            output("got stop"),
            output("bye"),
            RecordKind::Exited {
                exit: Exit::Code(0),
                stderr_tail: String::new()
            },
        ]
    );
}

#[tokio::test]
async fn a_reader_that_comes_again_and_again_misses_nothing_and_hears_nothing_twice() {
    const LINES: usize = 3_000;

    let house = House::new();
    let script = format!("read; for i in $(seq {LINES}); do echo $i; done");
    let (runner, link) = house.start(&script).await;
    link.handle.input("go", "").await.unwrap();
    let mut told = Vec::new();
    let mut last = Seq::START;
    // Each server hears some more than the one before and then dies.
    for hears in 1.. {
        let mut link = house.host.attach(runner, last).await.unwrap();
        for _ in 0..hears * 7 {
            let record = link.records.next().await.unwrap();
            assert_eq!(record.seq, last.next());
            last = record.seq;
            told.push(record);
            if told.last().unwrap().kind.is_last() {
                break;
            }
        }
        if told.last().unwrap().kind.is_last() {
            break;
        }
    }
    assert_eq!(told.len(), LINES + 3);
    for (number, record) in (1..=LINES).zip(&told[2..]) {
        assert_eq!(record.kind, output(&number.to_string()));
    }
    let journal = house.host.leftover(runner, Seq::START).unwrap();
    assert_eq!(journal.map(Result::unwrap).collect::<Vec<_>>(), told);
}

#[tokio::test]
async fn an_input_is_written_once_however_often_and_by_whomever_it_is_sent() {
    let house = House::new();
    let (runner, mut link) = house.start(ECHO).await;
    let handle = &link.handle;
    assert_eq!(handle.input("a", "one").await.unwrap(), Written::Now);
    assert_eq!(handle.input("a", "one").await.unwrap(), Written::Already);
    assert_eq!(said(&mut link.records).await, "got one");
    drop(link);

    let mut link = house.host.attach(runner, Seq::START).await.unwrap();
    let handle = &link.handle;
    assert_eq!(handle.input("a", "one").await.unwrap(), Written::Already);
    assert_eq!(handle.input("b", "two").await.unwrap(), Written::Now);
    assert_eq!(said(&mut link.records).await, "got one");
    assert_eq!(said(&mut link.records).await, "got two");
}

#[tokio::test]
async fn what_is_no_line_or_no_id_is_refused_and_changes_nothing() {
    let house = House::with(RunnerLimits {
        line: 1_000,
        ..RunnerLimits::default()
    });
    let (_, mut link) = house.start(ECHO).await;
    let long = "x".repeat(129);
    for (id, line) in [
        ("", "x"),
        ("a b", "x"),
        (&long, "x"),
        ("runner:handshake:9", "x"),
        ("a", "two\nlines"),
        ("a", &"x".repeat(1_001)),
    ] {
        let answer = link.handle.input(id, line).await;
        assert!(matches!(answer, Err(LinkError::Refused(_))), "{answer:?}");
    }
    link.handle.input("a", "fine").await.unwrap();
    assert_eq!(said(&mut link.records).await, "got fine");
}

#[tokio::test]
async fn an_agent_that_reads_nothing_is_not_given_more_and_more() {
    let house = House::with(RunnerLimits {
        line: 100_000,
        ..RunnerLimits::default()
    });
    let (_, link) = house.start("exec sleep 1000").await;
    let much = "x".repeat(100_000);
    let mut taken = 0;
    let refused = loop {
        match link.handle.input(&format!("a{taken}"), &much).await {
            Ok(Written::Now) => taken += 1,
            other => break other,
        }
    };
    assert!(matches!(refused, Err(LinkError::Refused(_))), "{refused:?}");
    assert!(taken < 10, "{taken} lines were taken");
    link.handle
        .terminate(std::time::Duration::ZERO)
        .await
        .unwrap();
    let late = link.handle.input("late", "x").await;
    assert!(matches!(late, Err(LinkError::Ended)), "{late:?}");
}

#[tokio::test]
async fn a_newer_server_takes_the_seat_of_the_older_one() {
    let house = House::new();
    let (runner, mut old) = house.start(ECHO).await;
    old.handle.status().await.unwrap();
    let mut new = house.host.attach(runner, Seq::START).await.unwrap();
    while old.records.next().await.is_some() {}
    let answer = loop {
        // What was on its way when the seat was taken may still be answered.
        if let Err(error) = old.handle.status().await {
            break error;
        }
    };
    assert!(matches!(answer, LinkError::Lost), "{answer:?}");
    new.handle.input("a", "one").await.unwrap();
    assert_eq!(said(&mut new.records).await, "got one");
}

#[tokio::test]
async fn a_server_that_does_not_read_does_not_hold_up_the_agent() {
    let house = House::new();
    let alive = house.lifeline();
    let script =
        "exec 9>lifeline; head -c 20000000 /dev/zero | tr '\\0' 'x' | fold -w 100000; echo";
    let (_, mut link) = house.start(script).await;
    alive.await.unwrap();
    let told = to_the_end(&mut link.records).await;
    let mut bytes = 0;
    for kind in told {
        if let RecordKind::Output { line } = kind {
            bytes += line.len();
        }
    }
    assert_eq!(bytes, 20_000_000);
}

#[tokio::test]
async fn who_speaks_another_version_is_told_ours_and_let_go() {
    let house = House::new();
    let (runner, _link) = house.start(ECHO).await;
    let socket = house.run_dir().join(format!("{}.sock", runner.short()));
    let mut stream = tokio::net::UnixStream::connect(socket).await.unwrap();
    stream.write_all(&[99]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, [1, b'-']);
}
