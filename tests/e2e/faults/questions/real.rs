//! The same with the real agent program, whose model does what the message says.

use model_sim::ModelSim;

use super::*;
use crate::stage::claude;

async fn bench(model: &ModelSim) -> Bench {
    let mut wishes = Wishes {
        real: Some((claude(), model.base_url())),
        ..owners_decide()
    };
    wishes.journal = 10_000_000;
    Bench::with(wishes).await
}

fn touch(then: &str) -> String {
    let script = json!([
        {"tool": "Bash", "input": {"command": "touch it", "description": "make it"}},
        {"text": then},
    ]);
    format!("STUB:{script}")
}

#[tokio::test]
async fn a_command_that_no_rule_allows_waits_across_a_restart_and_runs_once_it_is_allowed() {
    let model = ModelSim::start().await.unwrap();
    let mut bench = bench(&model).await;
    let (run, question) = bench.asked(&touch("it is made")).await;
    assert_eq!(question.tool, "Bash");
    assert_eq!(question.directory.as_deref(), Some(bench.home.path()));
    let file = bench.home.path().join("it");
    assert!(!file.exists());
    bench.restart().await;
    assert!(bench.is(run, RunState::Waiting).await);
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    assert!(bench.told(run).await.contains("it is made"));
    assert!(file.exists());
    let answer = format!("answer:{}", question.ask);
    assert_eq!(bench.journal().matches(&answer).count(), 1);
}

#[tokio::test]
async fn a_command_that_is_denied_or_cancelled_does_not_run() {
    let model = ModelSim::start().await.unwrap();
    let bench = bench(&model).await;
    let (run, question) = bench.asked(&touch("then not")).await;
    let denied = bench.decide(question.id, no("it is not yours")).await;
    assert_eq!(denied, Ok(Settled::Ended(ApprovalState::Denied)));
    bench.until(run, RunState::Completed).await;
    let heard = format!("{:?}", model.requests());
    assert!(heard.contains("says: it is not yours"));
    let again = bench.ask_in(Some(thread(11)), 12, &touch("never")).await;
    bench.until(again, RunState::Waiting).await;
    bench.cancel(thread(11)).await.unwrap();
    bench.until(again, RunState::Cancelled).await;
    assert!(!bench.home.path().join("it").exists());
}

#[tokio::test]
async fn what_the_agent_asks_is_answered_in_its_own_tool() {
    let model = ModelSim::start().await.unwrap();
    let bench = bench(&model).await;
    let script = json!([
        {"tool": "AskUserQuestion", "input": {"questions": [{"question": "Which colour?",
            "header": "Colour", "multiSelect": false, "options": [
                {"label": "red", "description": "warm"}, {"label": "blue", "description": "cold"}]}]}},
        {"text": "thanks"},
    ]);
    let (run, question) = bench.asked(&format!("STUB:{script}")).await;
    let blue = Ruling::Answer(vec![(0, "blue".to_owned())]);
    let answered = bench.decide(question.id, blue).await;
    assert_eq!(answered, Ok(Settled::Ended(ApprovalState::Answered)));
    bench.until(run, RunState::Completed).await;
    let heard = format!("{:?}", model.requests());
    assert!(heard.contains("blue"), "{heard}");
}
