//! An hour that passes in a minute: the clocks of Baton and of the simulated Discord and the timers
//! of everything in this process move together, in steps, and real sockets, files and agents get
//! real time between two of them.

use std::time::Duration;

use baton::clock::Clock;
use tokio::sync::oneshot;

/// How far time moves at once.
const STEP: Duration = Duration::from_secs(1);

/// The real time that a step takes.
const REAL_STEP: Duration = Duration::from_millis(15);

/// Moves the time. There is one for each test, in a runtime whose time is paused.
pub(super) struct Clockwork {
    baton: Clock,
    discord: discord_sim::Clock,
    passed: Duration,
    /// A blocking task keeps tokio from skipping to the next timer whenever nothing is to be done,
    /// which would be all the time, since it does not see that a socket is waited for.
    _hold: oneshot::Sender<()>,
}

impl Clockwork {
    pub(super) fn new(baton: Clock, discord: discord_sim::Clock) -> Self {
        let (hold, held) = oneshot::channel::<()>();
        tokio::task::spawn_blocking(move || {
            let _ = held.blocking_recv();
        });
        Self {
            baton,
            discord,
            passed: Duration::ZERO,
            _hold: hold,
        }
    }

    /// How much time has passed.
    pub(super) const fn passed(&self) -> Duration {
        self.passed
    }

    /// Lets one step pass.
    pub(super) async fn step(&mut self) {
        self.baton.advance(STEP);
        self.discord.advance(STEP);
        tokio::time::advance(STEP).await;
        tokio::task::spawn_blocking(|| std::thread::sleep(REAL_STEP))
            .await
            .unwrap();
        self.passed += STEP;
    }

    /// Lets time pass until something is so; fails if it is not within `patience`.
    pub(super) async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        mut is_so: impl AsyncFnMut() -> bool,
    ) {
        let began = self.passed;
        while !is_so().await {
            let waited = self.passed.saturating_sub(began);
            assert!(waited < patience, "{what}: not so");
            self.step().await;
        }
    }
}
