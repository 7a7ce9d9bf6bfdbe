//! Turns that an agent begins at a time that it has set.

use std::time::Duration;

use super::*;

/// A minute, and what a busy machine may take for the rest.
const NEXT_MINUTE: Duration = Duration::from_mins(3);

/// Waits until the model is given what the agent has set a time for.
async fn until_it_is_time(stage: &Stage) {
    let is_given = |text: &String| text.contains("the time has come") && !text.contains("begin");
    let given = async {
        let mut look = tokio::time::interval(Duration::from_millis(50));
        loop {
            let requests = stage.model.requests();
            let mut texts = requests.iter().filter_map(|one| one.user_text.as_ref());
            if texts.any(is_given) {
                return;
            }
            look.tick().await;
        }
    };
    let in_time = tokio::time::timeout(NEXT_MINUTE, given).await;
    in_time.expect("the time comes");
}

/// The time comes with the next minute of the agent program's own clock, which nobody can hurry.
#[tokio::test]
async fn a_turn_at_a_time_that_an_agent_has_set_is_a_follow_up_of_what_set_it() {
    let stage = Stage::with(Settings {
        allowed_tools: vec!["CronCreate"],
        env: vec![("BATON_PROJECTS__0__BACKGROUND".into(), "schedules".into())],
        ..Settings::default()
    })
    .await;
    let then = json!([{"text": "it is time", "chunks": 2, "hold_after": 1, "hold": "middle"}]);
    let prompt = format!("the time has come STUB:{then}");
    let set = json!({"cron": "* * * * *", "recurring": false, "prompt": prompt});
    let words = play(&[
        json!({"tool": "CronCreate", "input": set}),
        json!({"text": "it is set"}),
    ]);
    let thread = stage.ask("ann", &words).await;
    stage.answer(thread, "it is set").await;
    until_it_is_time(&stage).await;
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "it is").await;
    let ann = UserId::new(stage.sim.user("ann").id().get());
    let cause = caused(&stage, thread).await;
    assert_eq!((cause.principal, cause.tier), (ann, Tier::Member));
    stage.model.release("middle");
    let answer = stage.answer(thread, "it is time").await;
    let wanted = format!("{HEADING}\nit is time\n");
    assert!(answer.content.starts_with(&wanted), "{}", answer.content);
    stage.until_settled().await;
    assert_eq!(stage.answers(thread, ""), 2);
}
