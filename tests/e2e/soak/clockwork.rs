//! An hour that passes in a minute: the clocks of Baton and of the simulated Discord and the timers
//! of everything in this process move together, in steps, and real sockets, files and agents get
//! real time between two of them. Agents are processes, to which no clock can be given: while one
//! works, or a message is on its way, time goes slower.

use std::time::Duration;

use baton::{clock::Clock, store::Store, words::RunState};
use tokio::sync::oneshot;

/// How far time moves at once.
const STEP: Duration = Duration::from_secs(1);

/// The real time that a step takes at least.
const REAL_STEP: Duration = Duration::from_millis(10);

/// How many times as long a step takes at most while Discord is to get something, and while an agent works: that
/// is a process, which has to do within so many seconds what Baton waits for as long.
const PATIENCE: u32 = 8;
const PATIENCE_WITH_AGENTS: u32 = 16;

/// What is under way that takes real time.
enum UnderWay {
    Nothing,
    Deliveries,
    Agents,
}

/// Moves the time. There is one for each test, in a runtime whose time is paused.
pub(super) struct Clockwork {
    baton: Clock,
    discord: discord_sim::Clock,
    passed: Duration,
    /// Where to see whether something is; there is none before the server has begun.
    store: Option<Store>,
    _hold: Hold,
}

/// Keeps tokio from skipping to the next timer whenever nothing is to be done, which would be all
/// the time, since it does not see that a socket is waited for. A blocking task does that.
pub(super) struct Hold(#[expect(dead_code, reason = "dropping it is its use")] oneshot::Sender<()>);

impl Hold {
    pub(super) fn on_time() -> Self {
        let (hold, held) = oneshot::channel::<()>();
        tokio::task::spawn_blocking(move || {
            let _ = held.blocking_recv();
        });
        Self(hold)
    }
}

impl Clockwork {
    pub(super) fn new(hold: Hold, baton: Clock, discord: discord_sim::Clock) -> Self {
        Self {
            baton,
            discord,
            passed: Duration::ZERO,
            store: None,
            _hold: hold,
        }
    }

    /// Goes slower from now on while something real is under way.
    pub(super) fn heed(&mut self, store: Store) {
        self.store = Some(store);
    }

    /// How much time has passed.
    pub(super) const fn passed(&self) -> Duration {
        self.passed
    }

    /// Lets one step pass.
    pub(super) async fn step(&mut self) {
        self.leap(STEP).await;
        for moment in 1.. {
            self.stand_still().await;
            let patience = match self.under_way().await {
                UnderWay::Nothing => 0,
                UnderWay::Deliveries => PATIENCE,
                UnderWay::Agents => PATIENCE_WITH_AGENTS,
            };
            if moment >= patience {
                break;
            }
        }
    }

    /// Moves time on at once, as where nothing is under way.
    pub(super) async fn leap(&mut self, by: Duration) {
        self.baton.advance(by);
        self.discord.advance(by);
        tokio::time::advance(by).await;
        self.passed += by;
    }

    /// Gives what is real a moment in which no time passes.
    pub(super) async fn stand_still(&self) {
        tokio::task::spawn_blocking(|| std::thread::sleep(REAL_STEP))
            .await
            .unwrap();
    }

    /// Whether an agent works, or Discord is to get something.
    async fn under_way(&self) -> UnderWay {
        let Some(store) = &self.store else {
            return UnderWay::Nothing;
        };
        let open = store.open_runs().await.unwrap();
        if open.iter().any(|run| run.state != RunState::Queued) {
            UnderWay::Agents
        } else if store.deliveries_waiting().await.unwrap() > 0 {
            UnderWay::Deliveries
        } else {
            UnderWay::Nothing
        }
    }

    /// Lets time pass until nothing is missing any more; fails with what is after `patience`.
    pub(super) async fn until(
        &mut self,
        patience: Duration,
        mut missing: impl AsyncFnMut() -> Option<String>,
    ) {
        let began = self.passed;
        while let Some(what) = missing().await {
            let waited = self.passed.saturating_sub(began);
            assert!(waited < patience, "after {waited:?}: {what}");
            self.step().await;
        }
    }
}
