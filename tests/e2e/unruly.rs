//! Tools of the real agent program that do not want to end, or say more than anybody reads: when their
//! conversation is over nothing is left of them, and nobody's memory has grown.

use discord_sim::ChannelId;
use serde_json::json;

use crate::{
    recovery::runners,
    stage::{Program, Settings, Stage, until},
};

/// Commands that are over at once and leave something behind, or say very much.
const HOSTILE: [&str; 5] = [
    "setsid sleep 1000 &",
    "( ( setsid sleep 1000 & ) & )",
    "bash -c \"trap '' TERM HUP INT; while :; do sleep 1000; done\" &",
    "bash -c 'exec <&- >&- 2>&-; exec sleep 1000' &",
    "head -c 30000000 /dev/zero | tr '\\0' x | fold -w 1000",
];

/// One that never is, whatever it is told.
const ENDLESS: &str = "touch deaf; trap '' TERM HUP INT; while :; do sleep 1000; done";

/// Conversations at once, how often, and how often all of them run in one: a hundred and ten runs, of which ten are
/// cancelled.
const LANES: usize = 5;
const ROUNDS: usize = 2;
const REPEATS: usize = 2;

/// The most memory that a process ever had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap()
}

/// A prompt with which the agent runs a command and then says something.
fn runs(command: &str, then: &str) -> String {
    format!("STUB:{}", json!([{"do": {"run": command}}, {"text": then}]))
}

/// A conversation in which all of them run, one after the other.
async fn lane(stage: &Stage, name: String) -> ChannelId {
    let ann = stage.sim.user("ann");
    let commands = std::iter::repeat_n(HOSTILE, REPEATS).flatten();
    let mut thread = None;
    for (n, command) in commands.enumerate() {
        let end = format!("{name} {n} is over.");
        let words = runs(command, &end);
        let place = if let Some(place) = thread {
            ann.says(words).in_(place).await;
            place
        } else {
            stage.ask("ann", &words).await
        };
        thread = Some(place);
        stage.answer(place, &end).await;
    }
    let thread = thread.expect("a conversation");
    let deaf = format!("{name}-deaf");
    let endless = ENDLESS.replace("deaf", &deaf);
    ann.says(runs(&endless, "never")).in_(thread).await;
    until("it does not end", || stage.project().join(&deaf).exists()).await;
    stage.command("ann", "cancel", thread).await;
    stage.says(thread, "🛑 Cancelled.").await;
    assert_eq!(
        stage.count(thread, "⚠️"),
        0,
        "{}",
        stage.sim.transcript(thread)
    );
    thread
}

both!(a_hundred_runs_with_hostile_tools_of_the_real_program_leave_nothing_and_cost_no_memory);

async fn a_hundred_runs_with_hostile_tools_of_the_real_program_leave_nothing_and_cost_no_memory(
    program: Program,
) {
    // Beside the runner and the process of each conversation: Codex, its hub and the runner of that.
    let (runners_beside, beside) = match program {
        Program::Claude => (0, 0),
        Program::Codex => (1, 3),
    };
    let mut stage = Stage::dark(Settings::of(program)).await;
    for cap in [
        "ADMISSION__MAX_ACTIVE",
        "ADMISSION__PERSON_MAX_ACTIVE",
        "CLAUDE__MAX_LIVE",
    ] {
        stage.set_env(&format!("BATON_{cap}"), &LANES.to_string());
    }
    stage.start().await;
    stage.until_commands().await;
    let server = stage.server().pid();
    let mut peaks = Vec::new();
    for round in 0..ROUNDS {
        let lanes = (0..LANES).map(|n| lane(&stage, format!("lane-{round}-{n}")));
        let threads = futures::future::join_all(lanes).await;
        let kept = runners(&stage);
        assert_eq!(kept.len(), LANES + runners_beside);
        for runner in kept {
            let peak = peak(runner);
            assert!(peak < 64 << 10, "a runner took {peak} KiB");
        }
        // The last turn of each was cancelled: nothing that tools have left is there while its agent waits for more.
        let expected = 2 * LANES + beside;
        until("runners and agents are left", || {
            stage.processes().len() == expected
        })
        .await;
        for thread in threads {
            stage.command("ann", "session stop", thread).await;
        }
        // The runner of Codex's hub waits for a while for whoever would still read what that has said.
        let waits = |id: &u32| program == Program::Codex && runners(&stage).contains(id);
        until("nothing is left", || stage.processes().iter().all(waits)).await;
        stage.until_settled().await;
        peaks.push(peak(server));
    }
    let ended = "SELECT GROUP_CONCAT(state || ' ' || times) FROM
        (SELECT state, COUNT(*) AS times FROM runs GROUP BY state ORDER BY state)";
    assert_eq!(stage.sql(ended).await, "cancelled 10,completed 100");
    // It reads what the agents say of their tools, and keeps none of it.
    assert!(peaks[0] < 128 << 10, "the server took {} KiB", peaks[0]);
    assert!(peaks[1] < peaks[0] + (16 << 10), "it grew: {peaks:?} KiB");
}
