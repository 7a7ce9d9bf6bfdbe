//! What a turn has cost: the agent program tells what its process has cost since its start.

use crate::stage::{Settings, Stage, until};

/// An agent whose third turn lasts until there is a file `go`.
const AGENT: &str = r#"
totals = [0.10, 0.25, 0.45]
turn = 0
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        total = totals[turn]
        turn += 1
        take(line)
        if turn == 3:
            open("began", "w").close()
            while not os.path.exists("go"):
                time.sleep(0.01)
        end(result=f"turn {turn}", total_cost_usd=total)
"#;

#[tokio::test]
async fn a_turn_has_cost_what_the_agents_process_has_cost_since_the_one_before_also_for_a_new_server()
 {
    let mut stage = Stage::with(Settings {
        fake: Some(AGENT.to_owned()),
        ..Settings::default()
    })
    .await;
    let thread = stage.ask("ann", "hello").await;
    assert_cost(&stage.answer(thread, "turn 1").await.content, "$0.10");
    let ann = stage.sim.user("ann");
    let _ = ann.says("again").in_(thread).await;
    assert_cost(&stage.answer(thread, "turn 2").await.content, "$0.15");
    let _ = ann.says("and again").in_(thread).await;
    let began = stage.project().join("began");
    until("the third turn has begun", || began.exists()).await;
    stage.kill().await;
    std::fs::write(stage.project().join("go"), "").unwrap();
    stage.start().await;
    assert_cost(&stage.answer(thread, "turn 3").await.content, "$0.20");
}

/// Below the answer stand its tokens, its cost and how long it took.
fn assert_cost(answer: &str, cost: &str) {
    let account = answer.lines().last().unwrap();
    let told: Vec<&str> = account.split(" · ").collect();
    let [tokens, found, _] = told.as_slice() else {
        panic!("no cost in {account:?}");
    };
    assert_eq!((*tokens, *found), ("-# 2 tokens", cost));
}
