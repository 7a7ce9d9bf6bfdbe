//! People who may not decide hold buttons down.

use std::time::Duration;

use baton::words::{Scope, Tier};

use super::{clicks::in_the_open_on, *};
use crate::stage::memory;

/// How many they are, half of them guests and half of them blocked, and how often each presses.
const PEOPLE: usize = 20;
const ROUNDS: usize = 150;

/// How often somebody may press in a minute.
const RATE: usize = 20;

/// By when Discord has told somebody that nothing answers.
const TOO_LATE: Duration = Duration::from_secs(6);

/// How much more memory the server may take after it, in bytes.
const MEMORY: u64 = 64 << 20;

fn name(n: usize) -> String {
    let kind = if n.is_multiple_of(2) {
        "guest"
    } else {
        "blocked"
    };
    format!("{kind}{n}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_clicks_of_people_who_may_not_leave_a_line_of_each_and_keep_nobody_waiting() {
    let mut stage = Stage::dark(owners_decide()).await;
    let told = stage.sim.create_channel("audit");
    stage.set_env("OMC_AUDIT_CHANNEL_ID", &told.to_string());
    stage.set_env("BATON_ADMISSION__COMMANDS_PER_MINUTE", &RATE.to_string());
    for n in (1..PEOPLE).step_by(2) {
        stage.grant(&name(n), Scope::Global, Tier::Blocked).await;
    }
    let (stage, thread, question) = in_the_open_on(stage).await;
    let before = memory(stage.server().pid()).resident;

    let (mut too_fast, began) = (0, std::time::Instant::now());
    for round in 0..ROUNDS {
        let mut pressed = Vec::new();
        for n in 0..PEOPLE {
            let label = ["Allow once", "Deny", "Deny with a reason…"][round % 3];
            pressed.push((n, stage.press(&name(n), &question, label).await));
        }
        if round == ROUNDS / 2 {
            // In the middle of it an approver has his form.
            let form = stage
                .press("keeper", &question, "Deny with a reason…")
                .await;
            form.acknowledged().await;
            assert!(form.data().is_some());
        }
        for (n, mut click) in pressed {
            let sign = tokio::time::timeout(TOO_LATE, click.acknowledged());
            if sign.await.is_err() {
                // A busy server has come to it too late.
                let label = "Allow once";
                let again = async || stage.press(&name(n), &question, label).await;
                click = stage.used(again).await;
            }
            let said = super::told(&name(n), &click).await;
            too_fast += usize::from(said.starts_with("That was quick."));
        }
    }
    let all = PEOPLE * ROUNDS;
    let minutes = usize::try_from(began.elapsed().as_secs() / 60).unwrap() + 2;
    let heard = PEOPLE * RATE * minutes;
    assert!(
        too_fast + heard >= all,
        "{too_fast} of {all} in {minutes} minutes"
    );
    assert_eq!(
        stage.pressed("keeper", &question, "Allow once").await,
        "Allowed. The agent goes on."
    );
    stage.answer(thread, "the end").await;
    stage.until_settled().await;

    let after = memory(stage.server().pid()).resident;
    assert!(after < before + MEMORY, "from {before} to {after} bytes");
    assert_eq!(stage.refused_clicks().await.len(), PEOPLE);
    let posts = stage.count(told, "decision refused");
    assert_eq!(posts, PEOPLE);
    assert!(stage.has("it"));
}
