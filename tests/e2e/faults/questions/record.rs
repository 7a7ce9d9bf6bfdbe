//! What is on record of what an agent asks: what was decided is decided once, and people are asked so much.

use std::sync::Arc;

use super::*;
use crate::faults::obedient::{TAKE, obedient};

fn obedient_and_asked() -> Wishes {
    Wishes {
        approvers: Approvers::Owners,
        ..obedient()
    }
}

/// An agent has taken up what it was asked.
pub(super) async fn at_work() -> (Bench, RunId) {
    let bench = Bench::with(obedient_and_asked()).await;
    let run = bench.ask(11, "go").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    (bench, run)
}

impl Bench {
    /// Waits until the agent has been answered so many questions.
    pub(super) async fn until_answered(&self, answers: usize) {
        wait("the agent is answered", async || {
            self.answered().len() == answers
        })
        .await;
    }

    /// Waits until people are asked so many questions, and says which.
    pub(super) async fn until_pending(&self, questions: usize) -> Vec<ApprovalRow> {
        wait("people are asked", async || {
            self.pending().await.len() == questions
        })
        .await;
        self.pending().await
    }

    /// The lines of the audit trail about what was decided by rule.
    async fn decided(&self) -> Vec<String> {
        let mut audited = self.audited().await;
        audited.retain(|action| action.starts_with("tool_"));
        audited
    }

    async fn asked_in_all(&self) -> String {
        self.sql("SELECT CAST(COUNT(*) AS TEXT) FROM approvals")
            .await
    }
}

fn ids(rows: &[ApprovalRow]) -> Vec<&str> {
    rows.iter().map(|row| row.ask.as_str()).collect()
}

#[tokio::test]
async fn people_are_asked_ten_things_at_once_and_the_next_is_denied_for_good() {
    let (mut bench, run) = at_work().await;
    bench.does("[may_i('q%d' % n) for n in range(11)]").await;
    bench.until_answered(1).await;
    let (id, answer) = bench.answered().remove(0);
    assert_eq!((id.as_str(), &answer["behavior"]), ("q10", &json!("deny")));
    let questions = bench.until_pending(10).await;
    assert_eq!(bench.decided().await, ["tool_denied"]);
    let decided = bench.store.run_events(run).await.unwrap();
    let decided = decided.iter().filter(|(kind, _)| kind == "tool_decided");
    let rules: Vec<_> = decided.map(|(_, data)| data["rule"].clone()).collect();
    assert_eq!(
        rules,
        ["built in: people have been asked too much in the turn"]
    );
    for question in questions.iter().filter(|row| row.ask != "q0") {
        assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    }
    bench.until_answered(10).await;
    // The whole turn is found again behind the oldest question, and now there is room.
    bench.restart().await;
    bench.does("may_i('more')").await;
    assert_eq!(ids(&bench.until_pending(2).await), ["q0", "more"]);
    assert_eq!(bench.asked_in_all().await, "11");
    assert_eq!(bench.decided().await, ["tool_denied"]);
    assert_eq!(bench.answered().len(), 10);
}

#[tokio::test]
async fn people_are_asked_a_hundred_things_in_a_turn_whatever_server_asks_them() {
    let (mut bench, _) = at_work().await;
    let deed = "for n in range(100):\n  may_i('q%d' % n)\n  withdraw('q%d' % n)\nmay_i('last')";
    bench.does(deed).await;
    bench.until_answered(1).await;
    assert_eq!(bench.answered()[0].0, "last");
    assert_eq!(bench.asked_in_all().await, "100");
    bench.restart().await;
    bench.does("may_i('again')").await;
    bench.until_answered(2).await;
    let (id, answer) = bench.answered().remove(1);
    assert_eq!(
        (id.as_str(), &answer["behavior"]),
        ("again", &json!("deny"))
    );
    assert_eq!(bench.asked_in_all().await, "100");
}

#[tokio::test]
async fn what_was_allowed_by_a_grant_is_not_asked_about_when_the_grant_and_the_server_are_gone() {
    let (mut bench, run) = at_work().await;
    bench.does("may_i('q1')").await;
    let question = bench.until_pending(1).await.remove(0);
    let session = Ruling::Allow(Span::Session);
    assert_eq!(bench.decide(question.id, session).await, Ok(ALLOWED));
    bench.until_answered(1).await;
    bench.does("may_i('q2')").await;
    bench.until_answered(2).await;
    bench.sql("UPDATE grants SET revoked_at = 1").await;
    bench.restart().await;
    bench.does("end(result='the end')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.asked_in_all().await, "1");
    assert_eq!(bench.answered().len(), 2);
    assert_eq!(bench.decided().await, ["tool_allowed"]);
}

#[tokio::test]
async fn what_waits_for_people_stays_a_question_although_the_like_was_allowed_since() {
    let (mut bench, run) = at_work().await;
    bench.does("may_i('q1'); may_i('q2')").await;
    let questions = bench.until_pending(2).await;
    let session = Ruling::Allow(Span::Session);
    assert_eq!(bench.decide(questions[1].id, session).await, Ok(ALLOWED));
    bench.until_answered(1).await;
    bench.restart().await;
    assert_eq!(ids(&bench.pending().await), ["q1"]);
    assert_eq!(
        bench.decide(questions[0].id, no("no")).await,
        Ok(Settled::Ended(ApprovalState::Denied))
    );
    bench.until_answered(2).await;
    assert_eq!(bench.answered()[1].1["behavior"], "deny");
    bench.does("end(result='the end')").await;
    bench.until(run, RunState::Completed).await;
}

#[tokio::test]
async fn each_decision_is_on_record_once_at_whichever_gate_it_was_made() {
    let (bench, run) = at_work().await;
    bench.does("gate('a'); gate('c'); may_i('a')").await;
    let question = bench.until_pending(1).await.remove(0);
    let session = Ruling::Allow(Span::Session);
    assert_eq!(bench.decide(question.id, session).await, Ok(ALLOWED));
    bench.until_answered(3).await;
    assert_eq!(bench.decided().await, ["tool_asked", "tool_asked"]);
    // Allowed behind the gate, and then at it, which is no news behind.
    bench.does("may_i('c')").await;
    bench.until_answered(4).await;
    bench.does("gate('d'); may_i('d'); gate('e')").await;
    bench.until_answered(7).await;
    let allowed = [
        "tool_asked",
        "tool_asked",
        "tool_allowed",
        "tool_allowed",
        "tool_allowed",
    ];
    assert_eq!(bench.decided().await, allowed);
    // What an agent is denied that was told to stop is news behind the gate.
    bench.does("deaf = True").await;
    bench.cancel(thread(11)).await.unwrap();
    bench.until_heard(2).await;
    bench.does("may_i('e'); end(**ABORTED)").await;
    bench.until(run, RunState::Cancelled).await;
    assert_eq!(bench.decided().await.last().unwrap(), "tool_denied");
}

#[tokio::test]
async fn nobody_is_asked_any_more_when_baton_itself_has_stopped_the_turn() {
    let (bench, run) = at_work().await;
    bench.does("deaf = True; may_i('q1')").await;
    let question = bench.until_pending(1).await.remove(0);
    bench
        .does("say(type='system', subtype='api_retry', attempt=3, error='authentication_failed', error_status=401)")
        .await;
    bench.until_heard(2).await;
    wait("the question has ended", async || {
        bench.pending().await.is_empty()
    })
    .await;
    assert_eq!(bench.row(question.id).await.state, ApprovalState::Cancelled);
    let (by, state) = (None, ApprovalState::Cancelled);
    assert_eq!(
        bench.decide(question.id, YES).await,
        Err(NotDecided::AlreadyEnded { by, state })
    );
    bench.does("end(**ABORTED)").await;
    bench.until(run, RunState::Failed).await;
}

#[tokio::test]
async fn a_question_ends_by_the_clock_of_the_world_also_if_the_machine_slept() {
    let (bench, run) = at_work().await;
    tokio::spawn(Arc::clone(&bench.engine).keep());
    bench.does("may_i('q1')").await;
    let question = bench.until_pending(1).await.remove(0);
    // The machine's own clock has stood still.
    bench.clock.advance(Duration::from_hours(2));
    bench.until_answered(1).await;
    assert_eq!(bench.row(question.id).await.state, ApprovalState::Expired);
    bench.does("end(result='the end')").await;
    bench.until(run, RunState::Completed).await;
}
