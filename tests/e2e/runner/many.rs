//! A hundred runs with tools that do not want to end.

use std::time::Duration;

use super::{House, to_the_end};
use crate::stage::memory;

/// Each of them is a way out of being ended, or of being heard: another session, another parent, deaf to
/// SIGTERM, without pipes, and more to say than anybody reads.
const HOSTILE: [&str; 5] = [
    "setsid sleep 1000 & ",
    "( ( setsid sleep 1000 & ) & ); ",
    "bash -c 'trap : TERM HUP INT; while :; do sleep 1000; done' & ",
    "bash -c 'exec <&- >&- 2>&-; exec sleep 1000' & ",
    "(head -c 4000000 /dev/zero | tr '\\0' x | fold -w 1000; echo) & ",
];

/// How many go on at once, and how many one after the other.
const LANES: usize = 10;
const RUNS: usize = 10;

#[tokio::test]
async fn a_hundred_runs_with_hostile_tools_leave_nothing_and_cost_no_memory() {
    let half = futures::future::join_all((0..LANES).map(|_| lane(RUNS / 2))).await;
    let early = memory(std::process::id()).resident;
    let rest = futures::future::join_all((0..LANES).map(|_| lane(RUNS / 2))).await;
    let late = memory(std::process::id()).resident;
    // A runner has the pipe's and the journal's buffers, whatever goes through it.
    let largest = half.into_iter().chain(rest).max().unwrap();
    assert!(largest < 64 << 20, "a runner took {largest} bytes");
    assert!(late < early + (16 << 20), "from {early} to {late} bytes");
}

/// Runs one after the other; the most memory that a runner of them ever had, in bytes.
async fn lane(runs: usize) -> u64 {
    let house = House::new();
    let script = format!(
        "exec 9>lifeline; {} wait $!; echo up; trap : TERM; while :; do sleep 1000; done",
        HOSTILE.concat()
    );
    let mut largest = 0;
    for _ in 0..runs {
        let lifeline = house.lifeline();
        let (runner, mut link) = house.start(&script).await;
        let mut heard = 0_usize;
        while super::said(&mut link.records).await != "up" {
            heard += 1;
        }
        assert!(heard >= 4_000, "only {heard} lines came");
        let pid = link.handle.status().await.unwrap().pid;
        largest = largest.max(memory(pid).peak);
        link.handle
            .terminate(Duration::from_millis(10))
            .await
            .unwrap();
        to_the_end(&mut link.records).await;
        // Whatever was started held it open.
        lifeline.await.unwrap();
        house.host.remove(runner).await.unwrap();
        std::fs::remove_file(house.room.path().join("lifeline")).unwrap();
    }
    assert_eq!(house.lying_around(), [""; 0]);
    largest
}
