//! A click and the end of a question's time, both at once.

use std::time::Duration;

use baton::words::{ApprovalState, RunState};

use discord_sim::NO_OPTIONS;

use super::*;

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// The click, which is over before the time is.
    Click,
    /// The click, which the server has begun with when the time is over; it gets so many chances to go on.
    Near(u16),
    /// The click, which the server has looked at and cannot store before the time is over.
    Looked,
    /// The end of the time, before the click is made.
    End,
}

/// How the click and the end of the time meet, again and again.
const MEETINGS: [First; 10] = [
    First::Click,
    First::End,
    First::Looked,
    First::Near(0),
    First::Near(16),
    First::Near(64),
    First::Click,
    First::Near(256),
    First::End,
    First::Looked,
];

/// So many chances are enough to look at a click.
const ENOUGH: u16 = 4_000;

/// A little more than a question's time.
const UP: Duration = Duration::from_secs(61);

/// Gives the server so many chances to go on with a click that it has taken.
async fn at_work(used: &InteractionRef, chances: u16) {
    used.acknowledged().await;
    for _ in 0..chances {
        tokio::task::yield_now().await;
    }
}

/// What everybody was told of one question: whether it was allowed.
async fn seen(stage: &Stage, question: &MessageView, pointer: MessageRef, said: &str) -> bool {
    let word = if said == "Allowed. The agent goes on." {
        "✅ Allowed for this session by <@"
    } else {
        assert!(said.starts_with("Nobody decided in time"), "{said}");
        "⌛ Nobody answered in time"
    };
    stage.closed(question.at(), word).await;
    stage.closed(pointer, word).await;
    word.starts_with('✅')
}

#[tokio::test]
async fn of_a_click_and_the_end_of_the_time_one_wins_and_everybody_sees_the_same() {
    let (stage, here, clock) = on_held_clock(&[("BATON_APPROVALS__TIMEOUT", "1m")]).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let messages = stage.owners_messages();
    for (n, first) in MEETINGS.into_iter().enumerate() {
        let (command, end) = (format!("touch it-{n}"), format!("the end of {n}."));
        let ann = stage.sim.user("ann");
        ann.says(runs(&[&command], &end)).in_(thread).await;
        let question = stage.question(messages, &command).await;
        let pointer = stage
            .sim
            .wait_for(|world| {
                let mut all = world.messages(thread).into_iter();
                all.find(|message| message.content.contains("an owner was asked"))
            })
            .await;
        let store = stage.store().await;
        let occupied = match first {
            First::Looked => Some(store.write().await.unwrap()),
            First::Click | First::Near(_) => None,
            First::End => {
                clock.advance(UP);
                None
            }
        };
        let used = stage
            .press("owner", &question, "Allow for this session")
            .await;
        match first {
            First::Click => drop(told("owner", &used).await),
            First::Near(chances) => at_work(&used, chances).await,
            First::Looked => at_work(&used, ENOUGH).await,
            First::End => {}
        }
        if first != First::End {
            clock.advance(UP);
        }
        drop(occupied);
        store.close().await;
        let said = told("owner", &used).await;
        let allowed = seen(&stage, &question, pointer.at(), &said).await;
        match first {
            First::Click => assert!(allowed, "{said}"),
            First::End => assert!(!allowed, "{said}"),
            First::Near(_) | First::Looked => {}
        }
        stage.answer(thread, &end).await;
        assert_eq!(stage.has(&format!("it-{n}")), allowed, "{first:?}: {said}");
        stage.until_settled().await;
    }
    let store = stage.store().await;
    let trail = store.audit_trail(1_000).await.unwrap();
    store.close().await;
    let on_record = |what: &str| trail.iter().filter(|line| line.action == what).count();
    let [allowed, expired] = [ApprovalState::Allowed, ApprovalState::Expired]
        .map(|state| on_record(&format!("question_{state}")));
    assert_eq!(allowed + expired, MEETINGS.len());
    // What came too late allows nothing for longer either.
    assert_eq!(on_record("grant_given"), allowed);
    here.stop(async || tokio::task::yield_now().await).await;
}

both!(of_a_click_and_a_cancel_one_wins_and_everybody_sees_the_same);

async fn of_a_click_and_a_cancel_one_wins_and_everybody_sees_the_same(program: Program) {
    let stage = Stage::with(owners_decide_on(program)).await;
    stage.until_commands().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    for n in 0..6 {
        let command = format!("touch it-{n}");
        let ann = stage.sim.user("ann");
        ann.says(runs(&[&command], "the end")).in_(thread).await;
        let question = stage.question(stage.owners_messages(), &command).await;
        let pointer = stage.says(thread, "an owner was asked").await;
        let run = stage.open_run(thread).await;
        let cancel = || ann.slash("cancel", NO_OPTIONS).in_(thread);
        let click = || stage.press("owner", &question, "Allow once");
        // Both are on their way at once, in either order.
        let (used, _) = if n % 2 == 0 {
            let used = click().await;
            (used, cancel().await)
        } else {
            let cancelled = cancel().await;
            (click().await, cancelled)
        };
        let said = told("owner", &used).await;
        let allowed = said == "Allowed. The agent goes on.";
        let word = if allowed {
            "✅ Allowed once by <@"
        } else {
            assert_eq!(
                said,
                "Nothing is to be decided here any more: it is cancelled."
            );
            "🛑 This does not matter any more."
        };
        stage.closed(question.at(), word).await;
        stage.closed(pointer.at(), word).await;
        stage.until_settled().await;
        let ended = stage.state(run).await;
        let has = stage.has(&format!("it-{n}"));
        match ended {
            // It is not taken back by a yes, and what was allowed may have run before it was stopped.
            RunState::Cancelled => assert!(allowed || !has, "{said}"),
            RunState::Completed => assert!(allowed && has, "{said}"),
            other => panic!("{other}"),
        }
    }
}
