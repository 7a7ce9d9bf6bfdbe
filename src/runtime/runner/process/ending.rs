//! Ending an agent and everything it has started.

use std::{process::ExitStatus, time::Duration};

use nix::sys::signal::Signal;
use tokio::{
    process::Child,
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::hub::{Agent, Ending, Hub};
use crate::runtime::runner::tree::{self, Groups, Hunt};

/// How long processes have to obey SIGTERM, at most.
const TERM: Duration = Duration::from_secs(2);

/// How long what an agent has left behind has to obey SIGTERM.
const REST: Duration = Duration::from_secs(1);

/// How long killed processes may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an agent that is dead, as far as can be seen, may take to be reaped.
const LAST: Duration = Duration::from_secs(1);

/// How long to wait between two looks at processes that are about to go.
const PAUSE: Duration = Duration::from_millis(2);

/// Processes that SIGKILL does not end.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} processes of the agent cannot be ended: {}",
    .0.len(),
    .0.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
)]
pub(super) struct Stuck(Vec<u32>);

/// Waits until the agent has ended, and makes it end when that is wished.
pub(super) async fn watch(hub: &Hub, child: &mut Child) -> Option<ExitStatus> {
    let mut wishes = hub.ending.subscribe();
    tokio::select! {
        status = child.wait() => return status.ok(),
        _ = wishes.wait_for(Option::is_some) => {}
    }
    // Ask: it may finish its sentence, and its input ends, which tells most programs to leave.
    hub.interrupt();
    hub.close_input();
    let grace = loop {
        let Some(Ending { until, grace }) = *wishes.borrow_and_update() else {
            break Duration::ZERO;
        };
        tokio::select! {
            status = child.wait() => return status.ok(),
            () = sleep_until(until) => break grace,
            // Somebody has become more impatient.
            _ = wishes.changed() => {}
        }
    };
    // Tell.
    ask_to_leave(std::process::id());
    if let Ok(status) = timeout(grace.min(TERM), child.wait()).await {
        return status.ok();
    }
    // Force.
    let agent = child.id().unwrap_or(0);
    if let Err(stuck) = kill(agent, None).await {
        hub.note(stuck.to_string());
    }
    farewell(child).await
}

/// How an agent that was killed has ended; `None` for one that SIGKILL does not end. It may sleep in
/// the kernel for ever, and whoever waits for the answer must get one.
async fn farewell(child: &mut Child) -> Option<ExitStatus> {
    timeout(LAST, child.wait()).await.ok()?.ok()
}

/// Sends SIGTERM to everything below `root`. Who is stopped cannot obey before it is continued.
fn ask_to_leave(root: u32) {
    let everybody: Vec<u32> = tree::below(root).iter().map(|proc| proc.pid).collect();
    tree::signal(everybody.iter().copied(), Signal::SIGTERM);
    tree::signal(everybody, Signal::SIGCONT);
}

/// Ends what an agent that has ended has left behind.
pub(super) async fn clear(agent: u32) -> Result<(), Stuck> {
    let me = std::process::id();
    ask_to_leave(me);
    let deadline = Instant::now() + REST;
    while !tree::below(me).is_empty() && Instant::now() < deadline {
        tree::reap(agent);
        sleep(PAUSE).await;
    }
    kill(agent, None).await?;
    tree::reap(agent);
    Ok(())
}

/// Ends every process below the runner except the agent; answers how many there were.
pub(super) async fn sweep(agent: &watch::Sender<Agent>) -> Result<u32, Stuck> {
    let state = *agent.borrow();
    match state {
        Agent::Alive(agent) => kill(agent, Some(agent)).await,
        // Before its start there is nothing, and its end takes everything with it.
        Agent::Starting | Agent::Gone(_) => Ok(0),
    }
}

/// Kills everything below the runner but `spared`, until nothing of it is left.
async fn kill(agent: u32, spared: Option<u32>) -> Result<u32, Stuck> {
    let meant = |pid: u32| Some(pid) != spared;
    let groups = match spared {
        None => Groups::Whole,
        Some(_) => Groups::Spared,
    };
    let me = std::process::id();
    let deadline = Instant::now() + PATIENCE;
    let look = || {
        let mut found = tree::below(me);
        found.retain(|proc| meant(proc.pid));
        found
    };
    let glance = || {
        let mut found = tree::children();
        found.retain(|pid| meant(*pid));
        found
    };
    let mut hunt = Hunt::new(look, glance, groups);
    loop {
        let struck = hunt.round();
        tree::reap(agent);
        // A look can miss one that forks and leaves all the time, but its shells come to us.
        if struck.is_empty() && glance().iter().all(|pid| *pid == agent) {
            return Ok(hunt.count());
        }
        if Instant::now() > deadline {
            return Err(Stuck(if struck.is_empty() { glance() } else { struck }));
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_agent_that_nothing_ends_is_waited_for_no_longer_than_it_may_take() {
        let mut undying = tokio::process::Command::new("sleep")
            .arg("1000")
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        assert_eq!(farewell(&mut undying).await, None);
    }
}
