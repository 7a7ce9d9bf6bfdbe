//! Agents that do not start, do not stop talking, or talk nonsense; runners that cannot be had.

use std::{fs, io::Write as _, path::Path, time::Duration};

use baton::{
    runtime::runner::{
        AttachError, Exit, HostError, RecordKind, RunnerHost, RunnerLimits, Seq, StartError,
    },
    words::{RunnerId, SessionId},
};
use bytes::Bytes;

use super::{House, output, said, to_the_end};

fn exited(code: i32) -> RecordKind {
    RecordKind::Exited {
        exit: Exit::Code(code),
        stderr_tail: String::new(),
    }
}

#[tokio::test]
async fn an_agent_that_cannot_be_started_is_told_in_a_sentence() {
    let house = House::new();
    let plain = house.room.path().join("plain");
    fs::write(&plain, "no program").unwrap();
    let missing = house.room.path().join("missing");
    let mut unknown = house.script("");
    unknown.program = "no-such-agent".into();
    let mut unrunnable = house.script("");
    unrunnable.program = plain.clone();
    let mut nowhere = house.script("");
    nowhere.directory = missing.clone();
    for (command, sentence) in [
        (unknown, "there is no program `no-such-agent`".to_owned()),
        (
            unrunnable,
            format!("`{}` may not be executed", plain.display()),
        ),
        (
            nowhere,
            format!("the directory {} does not exist", missing.display()),
        ),
    ] {
        let (runner, mut link) = house.start_command(&command).await;
        assert_eq!(
            to_the_end(&mut link.records).await,
            [RecordKind::SpawnFailed { reason: sentence }]
        );
        link.handle.consumed(Seq::new(1)).await.unwrap();
        house.gone(runner).await;
    }
}

#[tokio::test]
async fn an_agent_that_leaves_early_tells_its_code_and_its_last_words() {
    let house = House::new();
    let (_, mut link) = house.start("echo hm; echo no luck >&2; exit 3").await;
    let told = to_the_end(&mut link.records).await;
    // The two streams have no order between them.
    assert!(told.contains(&output("hm")), "{told:?}");
    let complaint = Bytes::from_static(b"no luck");
    assert!(
        told.contains(&RecordKind::Stderr { line: complaint }),
        "{told:?}"
    );
    assert_eq!(
        told.last(),
        Some(&RecordKind::Exited {
            exit: Exit::Code(3),
            stderr_tail: "no luck".into()
        })
    );
}

#[tokio::test]
async fn an_agent_that_a_signal_ends_tells_which() {
    let house = House::new();
    let (_, mut link) = house.start("kill -SEGV $$").await;
    let told = to_the_end(&mut link.records).await;
    let exit = Exit::Signal(11);
    assert!(matches!(told.last(), Some(RecordKind::Exited { exit: end, .. }) if *end == exit));
}

#[tokio::test]
async fn a_line_of_fifty_megabytes_is_counted_and_the_next_one_is_whole() {
    let house = House::new();
    let (runner, mut link) = house
        .start("head -c 50000000 /dev/zero; echo; echo ok")
        .await;
    let told = to_the_end(&mut link.records).await;
    assert_eq!(
        told[1..],
        [
            RecordKind::TooLong { bytes: 50_000_000 },
            output("ok"),
            exited(0)
        ]
    );
    let journal = house.directory(runner).join("journal");
    assert!(fs::metadata(journal).unwrap().len() < 1_000);
}

#[tokio::test]
async fn garbage_arrives_as_it_was_written() {
    let house = House::new();
    let script = r"printf '\x00\xff\xfe{\n\r\n\n 1 2 X code 0\nend'; printf '\xc3\n' >&2";
    let (_, mut link) = house.start(script).await;
    let mut told = to_the_end(&mut link.records).await;
    told.retain(|kind| matches!(kind, RecordKind::Output { .. }));
    let lines: [&[u8]; 5] = [b"\x00\xff\xfe{", b"\r", b"", b" 1 2 X code 0", b"end"];
    let lines = lines.map(|line| RecordKind::Output {
        line: Bytes::from_static(line),
    });
    assert_eq!(told, lines);
}

#[tokio::test]
async fn an_agent_that_floods_its_journal_is_ended_and_told_why() {
    let house = House::with(RunnerLimits {
        journal: 100_000,
        ..RunnerLimits::default()
    });
    let (runner, mut link) = house.start("yes").await;
    let told = to_the_end(&mut link.records).await;
    let why = "the journal has reached its limit of 100000 bytes";
    assert!(told.contains(&RecordKind::Unkept { why: why.into() }));
    assert!(matches!(told.last(), Some(RecordKind::Exited { .. })));
    let journal = house.directory(runner).join("journal");
    assert!(fs::metadata(journal).unwrap().len() < 101_000);
}

#[tokio::test]
async fn an_agent_without_a_server_is_ended_after_its_time() {
    let house = House::with(RunnerLimits {
        orphan: Duration::from_millis(50),
        ..RunnerLimits::default()
    });
    let alive = house.lifeline();
    let (runner, link) = house.start("exec 9>lifeline; read; read; exit 4").await;
    drop(link);
    alive.await.unwrap();
    let mut link = house.host.attach(runner, Seq::START).await.unwrap();
    let told = to_the_end(&mut link.records).await;
    let note = "no server was connected for too long, so the agent is ended";
    assert!(told.contains(&RecordKind::Note { text: note.into() }));
    assert_eq!(told.last(), Some(&exited(4)));
}

#[tokio::test]
async fn a_runner_whose_story_nobody_reads_leaves_and_the_story_stays() {
    let house = House::with(RunnerLimits {
        linger: Duration::ZERO,
        ..RunnerLimits::default()
    });
    let (runner, link) = house.start("read; echo one").await;
    link.handle.input("go", "").await.unwrap();
    drop(link);
    house.gone(runner).await;
    let gone = house.host.attach(runner, Seq::START).await;
    assert!(matches!(gone, Err(AttachError::Gone)), "{gone:?}");
    let told: Vec<_> = (house.host.leftover(runner, Seq::new(2)).unwrap())
        .map(|record| record.unwrap().kind)
        .collect();
    assert_eq!(told, [output("one"), exited(0)]);
    assert_eq!(house.host.present().unwrap(), [runner]);
}

#[tokio::test]
async fn two_runners_never_serve_one_session() {
    let house = House::new();
    let (first, second) = (RunnerId::fresh(), RunnerId::fresh());
    let session = SessionId::fresh();
    let command = house.script("read");
    let link = house.host.start(first, session, &command).await.unwrap();
    let pid = link.handle.status().await.unwrap().pid;
    match house.host.start(second, session, &command).await {
        Err(StartError::Busy { holder }) => {
            assert_eq!(holder, format!("runner {first}, process {pid}"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(house.host.present().unwrap(), [first]);

    link.handle.terminate(Duration::ZERO).await.unwrap();
    house.host.remove(first).await.unwrap();
    house.host.start(second, session, &command).await.unwrap();
}

#[tokio::test]
async fn two_servers_never_serve_one_conversation_of_the_agent_program() {
    // Each with a data directory of its own, and with one directory of the program's.
    let (one, other) = (House::new(), House::new());
    let mut command = one.script("read");
    let lock = one.room.path().join("claude/locks/conversation.lock");
    command.conversation = Some(lock.clone());
    let (first, link) = one.start_command(&command).await;
    let pid = link.handle.status().await.unwrap().pid;
    let second = RunnerId::fresh();
    match other.host.start(second, SessionId::fresh(), &command).await {
        Err(StartError::Busy { holder }) => {
            assert_eq!(holder, format!("runner {first}, process {pid}"));
        }
        started => panic!("{started:?}"),
    }
    assert_eq!(other.lying_around(), [""; 0]);

    one.host.remove(first).await.unwrap();
    let (_, link) = other.start_command(&command).await;
    link.handle.terminate(Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_runner_goes_on_when_its_directory_is_deleted() {
    let house = House::new();
    let (runner, mut link) = house.start("read line; echo $line; read").await;
    fs::remove_dir_all(house.directory(runner)).unwrap();
    link.handle.input("a", "still here").await.unwrap();
    assert_eq!(said(&mut link.records).await, "still here");
    let mut again = house.host.attach(runner, Seq::START).await.unwrap();
    assert_eq!(said(&mut again.records).await, "still here");
    again
        .handle
        .terminate(Duration::from_secs(5))
        .await
        .unwrap();
    // Nobody else can find it any more.
    again.handle.consumed(Seq::new(u64::MAX)).await.unwrap();
    while again.records.next().await.is_some() {}
}

#[tokio::test]
async fn a_program_that_is_no_runner_is_told_with_its_last_words() {
    let house = House::new();
    let host = RunnerHost::new(
        &house.run_dir(),
        "/bin/false".into(),
        RunnerLimits::default(),
    );
    let started = host
        .unwrap()
        .start(RunnerId::fresh(), SessionId::fresh(), &house.script(""))
        .await;
    assert!(
        matches!(started, Err(StartError::Died { .. })),
        "{started:?}"
    );
    assert_eq!(house.lying_around(), [""; 0]);
}

#[tokio::test]
async fn what_was_torn_by_the_death_of_a_runner_counts_as_never_written() {
    let house = House::new();
    let (runner, mut link) = house.start("echo one; read").await;
    assert_eq!(said(&mut link.records).await, "one");
    let pid = link.handle.status().await.unwrap().pid;
    super::ending::kill(pid);
    assert_eq!(link.records.next().await, None);
    let journal = house.directory(runner).join("journal");
    let mut journal = fs::OpenOptions::new().append(true).open(journal).unwrap();
    journal.write_all(b"3 1700000000000 O tw").unwrap();
    let told: Vec<_> = (house.host.leftover(runner, Seq::new(1)).unwrap())
        .map(|record| record.unwrap().kind)
        .collect();
    assert_eq!(told, [output("one")]);
    house.host.remove(runner).await.unwrap();
}

#[test]
fn a_data_directory_whose_sockets_would_not_work_stops_the_start() {
    let room = tempfile::tempdir().unwrap();
    let deep = room.path().join("d".repeat(100));
    let host = RunnerHost::new(&deep, "baton".into(), RunnerLimits::default());
    assert!(
        matches!(host, Err(HostError::PathTooLong { limit: 100, .. })),
        "{host:?}"
    );
    assert!(!Path::new(&deep).exists());
}
