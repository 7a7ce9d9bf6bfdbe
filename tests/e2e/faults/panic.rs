//! A part of the server that has a fault.

use baton::words::RunState;

use super::{Bench, Wishes, thread};

#[tokio::test]
async fn a_run_that_ends_in_a_panic_fails_and_frees_its_slot() {
    let bench = Bench::with(Wishes::one_at_a_time()).await;
    // What was said before in the thread is asked for, and there lies the fault.
    let faulty = bench.ask_in(Some(thread(7)), 8, "what is it?").await;
    let next = bench.ask(9, "what is it?").await;
    bench.until(next, RunState::Completed).await;
    assert!(bench.is(faulty, RunState::Failed).await);
}
