//! What an agent is at by itself when it is asked for something, and what becomes of that where a server dies.

use super::{
    super::obedient::{TAKE, obedient},
    *,
};

/// What the agent says at the end of what it was at by itself.
const OWN_END: &str = "end(result='mine', origin={'kind': 'task'})";

/// An agent that has answered, goes on by itself, and is given "second" then; the run of that.
async fn asked_beside() -> (Bench, RunId) {
    let bench = Bench::with(obedient()).await;
    let first = bench.ask(11, "first").await;
    bench.until_heard(1).await;
    bench.does(&format!("{TAKE}\nend(result='through')")).await;
    bench.until(first, RunState::Completed).await;
    bench.does("begins('own')").await;
    let second = bench.ask_in(Some(thread(11)), 12, "second").await;
    bench.until_heard(2).await;
    (bench, second)
}

impl Bench {
    /// The agent asks at the gate; what it is told.
    async fn asks_at_gate(&self, name: &str) -> String {
        self.does(&format!("gate('{name}')")).await;
        let id = format!("gate-{name}");
        let answer = || self.answered().into_iter().find(|(ask, _)| *ask == id);
        wait("it is answered", async || answer().is_some()).await;
        answer().map(|(_, said)| said.to_string()).unwrap()
    }

    /// No server listens to the agent any more.
    fn nobody_listens(&self) {
        self.stop.cancel();
    }

    /// Waits until the agent has written down what it said.
    async fn is_written(&self, words: &str) {
        wait("it is written down", async || {
            self.journal().contains(words)
        })
        .await;
    }
}

/// What is told to an agent that asks for what nobody stands behind.
const FOR_NOBODY: &str = "Nobody has asked for this";

#[tokio::test]
async fn another_server_gives_what_an_agent_is_at_by_itself_none_of_the_rights_of_who_asks_next() {
    let (mut bench, second) = asked_beside().await;
    bench.restart().await;
    let told = bench.asks_at_gate("own").await;
    assert!(told.contains(FOR_NOBODY), "{told}");
    bench.does("end(result='its own')").await;
    bench
        .does(&format!("{TAKE}\nend(result='the answer')"))
        .await;
    bench.until(second, RunState::Completed).await;
    assert_eq!(bench.told(second).await, "the answer");
}

#[tokio::test]
async fn what_ends_beside_a_prompt_is_not_taken_for_its_answer_in_the_journal_of_a_runner_that_is_gone()
 {
    let (mut bench, second) = asked_beside().await;
    bench.nobody_listens();
    bench.does("end(result='its own')").await;
    bench
        .does(&format!("{TAKE}\nend(result='the answer')"))
        .await;
    bench.is_written("the answer").await;
    kill(bench.runners()[0]);
    bench.restart().await;
    bench.until(second, RunState::Completed).await;
    assert_eq!(bench.told(second).await, "the answer");
}

#[tokio::test]
async fn another_server_knows_that_a_prompt_was_taken_into_what_the_agent_was_at() {
    let (mut bench, second) = asked_beside().await;
    bench.does(TAKE).await;
    // What is decided on moves the mark past that.
    bench.asks_at_gate("own").await;
    bench.restart().await;
    bench.does(OWN_END).await;
    bench.until(second, RunState::Completed).await;
    assert_eq!(bench.told(second).await, "mine");
}
