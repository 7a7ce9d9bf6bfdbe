//! Settings that were changed between two servers: an agent keeps the rules that it was started with.

use std::fs;

use baton::words::RunState;

use super::{Bench, thread, wait};

impl Bench {
    async fn answers(&self, message: u64) {
        let run = self.ask_in(Some(thread(11)), message, "what is it?").await;
        self.until(run, RunState::Completed).await;
    }
}

#[tokio::test]
async fn an_idle_agent_outlives_its_server_unless_the_settings_have_changed() {
    let mut bench = Bench::new().await;
    let run = bench.ask(11, "what is it?").await;
    bench.until(run, RunState::Completed).await;
    wait("the agent is kept", async || bench.warm().await == 1).await;
    let runners = bench.runners();
    bench.restart().await;
    assert_eq!((bench.warm().await, bench.runners()), (1, runners.clone()));

    bench.wishes.denied_tools = vec!["Read(keys/**)".to_owned()];
    bench.restart().await;
    assert_eq!(bench.warm().await, 0);
    wait("the agent is ended", async || bench.runners().is_empty()).await;
    bench.answers(12).await;
    assert_ne!(bench.runners(), runners);
}

#[tokio::test]
async fn an_agent_at_work_ends_its_turn_by_the_old_settings_and_is_then_begun_anew() {
    let mut bench = Bench::new().await;
    let run = bench.ask(11, "work for ever").await;
    bench.until_begun().await;
    let runners = bench.runners();
    bench.wishes.denied_tools = vec!["Read(keys/**)".to_owned()];
    bench.restart().await;
    fs::write(bench.home.path().join("go"), "").unwrap();
    bench.until(run, RunState::Completed).await;
    bench.answers(12).await;
    wait("the old agent is gone", async || {
        bench.runners().iter().all(|pid| !runners.contains(pid))
    })
    .await;
}
