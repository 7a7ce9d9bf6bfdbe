//! For how long something is waited for, however fast the machine is.

use std::{future::Future, pin::pin, time::Duration};

use tokio::{task::spawn_blocking, time::Instant};

/// What the machine is given for a step of the clock.
const MOMENT: Duration = Duration::from_millis(50);

/// What takes longer has no end: five minutes of the machine's time.
const MOST: u32 = 6_000;

/// A step of a clock that goes five times as slowly as the machine's: what has to be done, and is not waited for, takes
/// next to no time.
pub(in crate::discord) const SLOWLY: Duration = Duration::from_millis(10);

/// A step of a clock that goes twenty times as fast, for what waits long and has little to do.
pub(in crate::discord) const QUICKLY: Duration = Duration::from_secs(1);

/// Does something on a clock that goes in such steps; says how long it took by that. For a runtime of one thread.
pub(in crate::discord) async fn timed<T>(
    step: Duration,
    work: impl Future<Output = T>,
) -> (T, Duration) {
    tokio::time::pause();
    // A stopped clock jumps to the next timer whenever nobody has anything to do, unless something
    // is done on a thread of its own.
    let (end, ended) = std::sync::mpsc::channel::<()>();
    spawn_blocking(move || ended.recv());
    let began = Instant::now();
    let mut work = pin!(work);
    let mut moments = 0;
    let done = loop {
        moments += 1;
        assert!(moments < MOST, "it has no end");
        let moment = spawn_blocking(|| std::thread::sleep(MOMENT));
        tokio::select! {
            done = &mut work => break done,
            _ = moment => tokio::time::advance(step).await,
        }
    };
    let took = began.elapsed();
    drop(end);
    tokio::time::resume();
    (done, took)
}
