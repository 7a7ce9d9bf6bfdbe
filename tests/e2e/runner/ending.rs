//! Nothing of an agent outlives it.

use std::{fs, time::Duration};

use baton::runtime::runner::{Exit, RecordKind, Records, Seq};
use nix::{
    sys::signal::{Signal, kill as send},
    unistd::Pid,
};

use super::{House, PATIENT, alive, said, to_the_end};

/// What escapes a careless killer: another session, another parent, a stopped process, one that
/// does not listen. Each says its process id; the last line is `ready`.
const ESCAPERS: &str = r"
exec 9>lifeline
setsid bash -c 'echo $$; exec sleep 1000' &
( ( setsid bash -c 'echo $$; exec sleep 1000' & ) & )
bash -c 'echo $$; kill -STOP $$; exec sleep 1000' &
bash -c 'trap : TERM HUP INT; echo $$; while :; do sleep 1000; done' &
";

/// The process ids of the four.
async fn escapers(records: &mut Records) -> Vec<u32> {
    let mut pids = Vec::new();
    for _ in 0..4 {
        pids.push(said(records).await.parse().unwrap());
    }
    pids
}

pub(super) fn kill(pid: u32) {
    signal(pid, Signal::SIGKILL);
}

fn signal(pid: u32, signal: Signal) {
    send(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

#[tokio::test]
async fn terminating_an_agent_ends_everything_it_has_started() {
    let house = House::new();
    let lifeline = house.lifeline();
    let (runner, mut link) = house
        .start(&format!(
            "{ESCAPERS} trap : TERM; while :; do sleep 1; done"
        ))
        .await;
    let pids = escapers(&mut link.records).await;
    assert_eq!(alive(&house, runner, &pids), 4);
    link.handle
        .terminate(Duration::from_millis(10))
        .await
        .unwrap();
    assert_eq!(alive(&house, runner, &pids), 0);
    let status = link.handle.status().await.unwrap();
    assert_eq!((status.agent, status.descendants), (None, 0));
    lifeline.await.unwrap();
}

#[tokio::test]
async fn an_agent_that_leaves_takes_everything_with_it() {
    let house = House::new();
    let lifeline = house.lifeline();
    let (runner, mut link) = house.start(&format!("{ESCAPERS} read; exit 5")).await;
    let pids = escapers(&mut link.records).await;
    link.handle.input("go", "go").await.unwrap();
    let told = to_the_end(&mut link.records).await;
    // What the shell says of its children's end stands in the tail.
    assert!(matches!(
        told.last(),
        Some(RecordKind::Exited {
            exit: Exit::Code(5),
            ..
        })
    ));
    assert_eq!(alive(&house, runner, &pids), 0);
    lifeline.await.unwrap();
}

#[tokio::test]
async fn sweeping_ends_what_the_agent_started_and_leaves_the_agent() {
    let house = House::new();
    let script = format!("{ESCAPERS} exec 9>&-; while read line; do echo $line; done");
    let lifeline = house.lifeline();
    let (runner, mut link) = house.start(&script).await;
    let pids = escapers(&mut link.records).await;
    let agent = link.handle.status().await.unwrap().agent;
    assert!(link.handle.sweep().await.unwrap() >= 4);
    assert_eq!(alive(&house, runner, &pids), 0);
    lifeline.await.unwrap();
    let status = link.handle.status().await.unwrap();
    assert_eq!((status.agent, status.descendants), (agent, 1));
    assert_eq!(link.handle.sweep().await.unwrap(), 0);
    link.handle.input("a", "still here").await.unwrap();
    assert_eq!(said(&mut link.records).await, "still here");
}

#[tokio::test]
async fn an_agent_that_obeys_is_given_its_grace() {
    let house = House::new();
    let script = "while read line; do echo \"told to $line\"; done; echo end of input";
    let (_, mut link) = house.start(script).await;
    link.handle.terminate(PATIENT).await.unwrap();
    assert_eq!(said(&mut link.records).await, "told to stop");
    assert_eq!(said(&mut link.records).await, "end of input");
    let told = to_the_end(&mut link.records).await;
    assert!(matches!(
        told.last(),
        Some(RecordKind::Exited {
            exit: Exit::Code(0),
            ..
        })
    ));
}

#[tokio::test]
async fn a_second_wish_may_be_less_patient_than_the_first() {
    let house = House::new();
    let (_, mut link) = house
        .start("trap : TERM; while :; do sleep 1000; done")
        .await;
    let patient = link.handle.clone();
    let patient = tokio::spawn(async move { patient.terminate(PATIENT).await });
    // The interrupt is written when the first wish is being fulfilled.
    while !matches!(
        link.records.next().await.unwrap().kind,
        RecordKind::Input { .. }
    ) {}
    link.handle.terminate(Duration::ZERO).await.unwrap();
    patient.await.unwrap().unwrap();
}

/// Three that live only as long as it takes to fork, each in a session of its own.
const FLEE: &str = r"
import os, time
lifeline = open('lifeline', 'w')
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True:
            if os.fork():
                os._exit(0)
print('off', flush=True)
time.sleep(1000)
";

#[tokio::test]
async fn processes_that_flee_from_parent_to_child_are_caught() {
    let house = House::new();
    let lifeline = house.lifeline();
    let mut command = house.script("");
    command.program = "python3".into();
    command.args = vec!["-c".into(), FLEE.into()];
    let (_, mut link) = house.start_command(&command).await;
    assert_eq!(said(&mut link.records).await, "off");
    link.handle.terminate(Duration::ZERO).await.unwrap();
    lifeline.await.unwrap();
}

#[tokio::test]
async fn processes_that_flee_are_caught_also_when_their_runner_is_dead() {
    let house = House::new();
    let lifeline = house.lifeline();
    let mut command = house.script("");
    command.program = "python3".into();
    command.args = vec!["-c".into(), FLEE.into()];
    let (runner, mut link) = house.start_command(&command).await;
    assert_eq!(said(&mut link.records).await, "off");
    kill(link.handle.status().await.unwrap().pid);
    house.host.remove(runner).await.unwrap();
    lifeline.await.unwrap();
}

#[tokio::test]
async fn killing_a_runner_kills_its_agent_and_removing_it_kills_the_rest() {
    let house = House::new();
    let lifeline = house.lifeline();
    let (runner, mut link) = house.start(&format!("{ESCAPERS} echo $$; read")).await;
    let mut pids = escapers(&mut link.records).await;
    pids.push(said(&mut link.records).await.parse().unwrap());
    let status = link.handle.status().await.unwrap();
    assert!(pids.contains(&status.agent.unwrap()));
    kill(status.pid);
    while link.records.next().await.is_some() {}
    assert!(link.handle.status().await.is_err());

    house.host.remove(runner).await.unwrap();
    assert_eq!(alive(&house, runner, &pids), 0);
    lifeline.await.unwrap();
    assert_eq!(house.lying_around(), [""; 0]);
}

#[tokio::test]
async fn the_agent_of_a_killed_runner_dies_without_anybodys_help() {
    let house = House::new();
    let lifeline = house.lifeline();
    let (_, mut link) = house
        .start("exec 9>lifeline; echo up; exec sleep 1000")
        .await;
    assert_eq!(said(&mut link.records).await, "up");
    kill(link.handle.status().await.unwrap().pid);
    lifeline.await.unwrap();
}

#[tokio::test]
async fn removing_a_living_runner_ends_it_and_its_tree() {
    let house = House::new();
    let lifeline = house.lifeline();
    let (runner, mut link) = house.start(&format!("{ESCAPERS} read")).await;
    escapers(&mut link.records).await;
    // What an agent may leave in its temporary directory.
    let locked = house.host.temporary(runner).join("locked");
    fs::create_dir(&locked).unwrap();
    fs::write(locked.join("file"), "").unwrap();
    fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    house.host.remove(runner).await.unwrap();
    lifeline.await.unwrap();
    assert_eq!(house.lying_around(), [""; 0]);
    house.host.remove(runner).await.unwrap();
}

#[tokio::test]
async fn fifty_runs_leave_nothing_behind() {
    let house = House::new();
    for _ in 0..50 {
        let (runner, mut link) = house.start("setsid sleep 1000 & echo $$ $!; read").await;
        let pids = said(&mut link.records).await;
        link.handle.terminate(Duration::from_secs(5)).await.unwrap();
        let last = loop {
            let record = link.records.next().await.unwrap();
            if record.kind.is_last() {
                break record.seq;
            }
        };
        link.handle.consumed(last).await.unwrap();
        assert_eq!(link.records.next().await, None);
        house.gone(runner).await;
        assert_eq!(house.lying_around(), [runner.short()]);
        house.host.remove(runner).await.unwrap();
        let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
        assert_eq!(alive(&house, runner, &pids), 0);
    }
    assert_eq!(house.lying_around(), [""; 0]);
}

#[tokio::test]
async fn a_runner_that_is_told_to_end_ends_its_agent_and_does_not_care_for_hang_ups() {
    let house = House::new();
    let (runner, mut link) = house.start("while read line; do echo $line; done").await;
    let pid = link.handle.status().await.unwrap().pid;
    signal(pid, Signal::SIGHUP);
    signal(pid, Signal::SIGINT);
    link.handle.input("a", "still here").await.unwrap();
    assert_eq!(said(&mut link.records).await, "still here");
    signal(pid, Signal::SIGTERM);
    house.gone(runner).await;
    let told: Vec<_> = (house.host.leftover(runner, Seq::START).unwrap())
        .map(|record| record.unwrap().kind)
        .collect();
    let note = "the runner was told to end (SIGTERM)";
    assert!(told.contains(&RecordKind::Note { text: note.into() }));
    assert!(matches!(
        told.last(),
        Some(RecordKind::Exited {
            exit: Exit::Code(0),
            ..
        })
    ));
}
