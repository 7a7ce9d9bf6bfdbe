//! Waiting, by the machine's clock and by one that is hurried.

use std::time::{Duration, Instant};

use crate::stage::HeldClock;

/// How long anything that is waited for may take, by the machine's clock.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits for what nothing announces.
pub(crate) async fn wait(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        a_moment().await;
    }
}

/// The same, while the clock of the engine runs fifty times as fast. What processes do meanwhile has so much
/// less time: what they are to do in time is waited for without hurry.
pub(super) async fn hurry(what: &str, holds: impl AsyncFn() -> bool) {
    let clock = HeldClock::new();
    wait(what, async || {
        tokio::time::advance(Duration::from_millis(250)).await;
        holds().await
    })
    .await;
    drop(clock);
}

/// Lets so much time pass by the clock of the engine, in which no process is to do anything.
pub(super) async fn let_pass(span: Duration) {
    let clock = HeldClock::new();
    let began = tokio::time::Instant::now();
    while began.elapsed() <= span {
        tokio::time::advance(Duration::from_secs(1)).await;
        a_moment().await;
    }
    drop(clock);
}

/// A moment by nobody's clock but the machine's.
pub(super) async fn a_moment() {
    let pause = || std::thread::sleep(Duration::from_millis(5));
    tokio::task::spawn_blocking(pause).await.unwrap();
}
