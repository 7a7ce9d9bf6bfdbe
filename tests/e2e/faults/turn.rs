//! What an agent does that is no part of the turn, and turns that begin anew.

use std::fs;

use baton::words::RunState;

use super::{Bench, thread, wait};

#[tokio::test]
async fn what_an_agent_said_after_its_turn_is_not_the_answer_to_the_next_question() {
    let bench = Bench::new().await;
    let first = bench.ask(1, "say it twice").await;
    bench.until(first, RunState::Completed).await;
    wait("it has spoken", async || {
        bench.journal().contains("an echo")
    })
    .await;
    let next = bench.ask_in(Some(thread(1)), 2, "what is it?").await;
    bench.until(next, RunState::Completed).await;
    assert_eq!(bench.told(first).await, "the first");
    assert_eq!(bench.told(next).await, "the answer");
}

#[tokio::test]
async fn an_agent_at_work_whose_journal_cannot_be_read_is_ended() {
    let mut bench = Bench::new().await;
    let run = bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    for path in bench.lying_around() {
        let journal = path.join("journal");
        if let Ok(told) = fs::read(&journal) {
            // The runner appends to the same file.
            use std::os::unix::fs::FileExt as _;
            let file = fs::OpenOptions::new().write(true).open(journal).unwrap();
            assert_eq!(told[0], b'1');
            file.write_at(b"7", 0).unwrap();
        }
    }
    bench.restart().await;
    bench.until(run, RunState::Failed).await;
    wait("the agent is ended", async || bench.runners().is_empty()).await;
}
