//! Messages that join a turn, and what of it is answered whatever happens to the turn then.

use std::time::Duration;

use baton::{
    access::Action,
    store::{MembershipRow, Subject},
    words::{Busy, MessageId, Person, RoleId, RunId, RunState, Scope, Tier, UserId},
};

use super::{
    Bench, OWNER, Wishes, a_moment, gate, heard, kill,
    obedient::{TAKE, obedient},
    owner, place, thread, wait,
};

fn steered() -> Wishes {
    Wishes {
        busy: Busy::Steer,
        ..obedient()
    }
}

/// An agent has taken up "one", and "two" has joined its turn.
async fn steer() -> (Bench, RunId) {
    let bench = Bench::with(steered()).await;
    let run = bench.ask(1, "one").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    assert_eq!(bench.ask_in(Some(thread(1)), 2, "two").await, run);
    bench.until_heard(2).await;
    (bench, run)
}

impl Bench {
    /// The states of all requests, in their order.
    pub(super) async fn requests(&self) -> String {
        let of = "SELECT GROUP_CONCAT(state, ' ') FROM (SELECT state FROM requests ORDER BY n)";
        self.sql(of).await
    }

    /// The agent answers what it has taken up.
    pub(super) async fn answers_first(&self) {
        self.does("end(result='one')").await;
        wait("the answer is stored", async || {
            self.sql("SELECT answer FROM run_parts").await == "one"
        })
        .await;
    }

    /// The agent takes up what has joined.
    pub(super) async fn takes_up_second(&self) {
        self.does(TAKE).await;
        let heard = "SELECT 'yes' FROM joined_requests WHERE heard_at IS NOT NULL";
        wait("it is known to be heard", async || {
            self.sql(heard).await == "yes"
        })
        .await;
    }

    /// What the place was told before the end of a run.
    pub(super) async fn told_before(&self, run: RunId) -> String {
        let of = "SELECT json_extract(payload, '$.markdown') FROM deliveries WHERE key =";
        self.sql(&format!("{of} 'parts:{run}'")).await
    }

    async fn runs(&self) -> String {
        self.sql("SELECT CAST(COUNT(*) AS TEXT) FROM runs").await
    }
}

#[tokio::test]
async fn what_joined_a_session_that_is_stopped_is_turned_away_and_starts_no_agent() {
    let (bench, run) = steer().await;
    // It does not stop before the test says so.
    bench.does("deaf = True").await;
    let here = place(Some(thread(1)));
    let permit = gate(&bench.store)
        .authorize(&owner(), here, Action::EndSession)
        .await;
    let permit = permit.unwrap().unwrap();
    bench.engine.stop_session(&permit).await.unwrap();
    assert_eq!(bench.requests().await, "taken cancelled");
    bench.is_to_do("end(**ABORTED)");
    bench.until(run, RunState::Cancelled).await;
    assert_eq!(bench.requests().await, "cancelled cancelled");
    assert_eq!(bench.runs().await, "1");
    let sign = "SELECT kind FROM deliveries WHERE key = 'stopped:2'";
    assert_eq!(bench.sql(sign).await, "reaction");
    wait("the agent is ended", async || bench.runners().is_empty()).await;
}

#[tokio::test]
async fn what_waits_for_a_session_that_has_ended_is_turned_away_with_its_run() {
    let (bench, run) = steer().await;
    // As it stands if the session has ended with the run still at it.
    bench.sql("UPDATE sessions SET ended_at = 1").await;
    bench
        .does("end(is_error=True, terminal_reason='aborted_streaming')")
        .await;
    bench.until(run, RunState::Cancelled).await;
    assert_eq!(bench.requests().await, "cancelled cancelled");
    assert_eq!(bench.runs().await, "1");
}

#[tokio::test]
async fn what_was_answered_first_outlives_the_server_whatever_the_agent_does_then() {
    let (mut bench, run) = steer().await;
    bench.answers_first().await;
    bench.takes_up_second().await;
    // What is decided on moves the mark.
    bench.does("may_i('q')").await;
    wait("it is answered", async || {
        bench.home.path().join("answers").exists()
    })
    .await;
    bench.restart().await;
    bench.does("end(result='two')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one\n\ntwo");
    assert_eq!(bench.requests().await, "answered answered");
    let used = "SELECT input_tokens || ' ' || output_tokens FROM runs";
    assert_eq!(bench.sql(used).await, "2 2");
}

#[tokio::test]
async fn a_server_that_dies_after_the_first_answer_waits_for_the_second() {
    let (mut bench, run) = steer().await;
    bench.answers_first().await;
    bench.restart().await;
    bench.takes_up_second().await;
    bench.does("end(result='two')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one\n\ntwo");
    assert_eq!(bench.told_before(run).await, "");
    assert_eq!(bench.runs().await, "1");
}

#[tokio::test]
async fn what_was_answered_first_is_told_although_the_rest_is_cancelled() {
    let (bench, run) = steer().await;
    bench.answers_first().await;
    bench.takes_up_second().await;
    bench.cancel(thread(1)).await.unwrap();
    bench.until(run, RunState::Cancelled).await;
    assert_eq!(bench.told_before(run).await, "one");
    assert_eq!(
        bench.told(run).await,
        "🛑 Cancelled. The conversation goes on with your next message."
    );
    assert_eq!(bench.requests().await, "answered cancelled");
    let told = bench.store.told_of(run).await.unwrap();
    assert_eq!(
        told.as_deref(),
        Some("one\n\n🛑 Cancelled. The conversation goes on with your next message.")
    );
}

#[tokio::test]
async fn what_was_answered_first_is_told_although_the_agent_dies_over_the_rest() {
    let (bench, run) = steer().await;
    bench.answers_first().await;
    bench.takes_up_second().await;
    bench.does("begins('x'); os._exit(1)").await;
    bench.until(run, RunState::Failed).await;
    assert_eq!(bench.told_before(run).await, "one");
    assert_eq!(bench.requests().await, "answered failed");
}

#[tokio::test]
async fn a_run_that_begins_anew_is_asked_only_what_was_not_answered() {
    let (bench, run) = steer().await;
    bench.answers_first().await;
    bench.takes_up_second().await;
    bench.does("os._exit(1)").await;
    bench.until_heard(3).await;
    only_the_second(&bench.heard()[2]);
    bench.does(TAKE).await;
    bench.does("end(result='two')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one\n\ntwo");
    assert_eq!(bench.requests().await, "answered answered");
}

fn only_the_second(prompt: &str) {
    assert!(
        prompt.ends_with("] two") && !prompt.contains("one"),
        "{prompt}"
    );
}

#[tokio::test]
async fn both_answers_are_found_in_the_journal_of_a_runner_that_is_gone() {
    let (mut bench, run) = steer().await;
    bench.stop.cancel();
    for deed in ["end(result='one')", TAKE, "end(result='two')"] {
        bench.does(deed).await;
    }
    wait("it is written down", async || {
        bench.journal().contains("\"two\"")
    })
    .await;
    kill(bench.runners()[0]);
    bench.restart().await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one\n\ntwo");
    assert_eq!(bench.requests().await, "answered answered");
    assert_eq!(bench.runs().await, "1");
}

#[tokio::test]
async fn an_answer_that_stands_in_the_journal_of_a_runner_that_is_gone_is_not_asked_for_again() {
    let (mut bench, run) = steer().await;
    bench.stop.cancel();
    bench
        .does("end(result='one'); note('heard', 'it has')")
        .await;
    bench.until_heard(3).await;
    wait("it is written down", async || {
        bench.journal().contains("\"one\"")
    })
    .await;
    kill(bench.runners()[0]);
    bench.restart().await;
    bench.until_heard(4).await;
    only_the_second(&bench.heard()[3]);
    bench.does(TAKE).await;
    bench.does("end(result='two')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one\n\ntwo");
    assert_eq!(bench.runs().await, "1");
}

/// The agent of a member has taken up "one". Another member is bob.
async fn steered_by_members() -> (Bench, RunId) {
    let bench = Bench::with(steered()).await;
    for member in [ANN, BOB] {
        let subject = Subject::User(member);
        bench.appoint(subject, Tier::Member).await;
    }
    let run = bench.ask_as(member(ANN), None, 1, "one").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    (bench, run)
}

fn member(id: UserId) -> Person {
    Person {
        id,
        name: "a member".into(),
        roles: Vec::new(),
    }
}

const ANN: UserId = UserId::new(4);
const BOB: UserId = UserId::new(5);

/// Bob is turned away, and his words came to no agent.
async fn bob_is_not_heard(bench: &Bench, run: RunId) {
    wait("he is refused", async || {
        bench.requests().await == "taken refused"
    })
    .await;
    let told = "SELECT COUNT(*) || '' FROM deliveries WHERE key = 'refused:2'";
    assert_eq!(bench.sql(told).await, "1");
    bench.does("end(result='one')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one");
    assert_eq!(bench.requests().await, "answered refused");
    assert!(!bench.journal().contains("two"));
    assert_eq!(bench.runs().await, "1");
}

#[tokio::test]
async fn who_is_blocked_while_his_message_joins_a_turn_does_not_reach_the_agent() {
    let (bench, run) = steered_by_members().await;
    // Nothing is stored as long as this stands; he has passed the gate, and is blocked before he is accepted.
    let mut held = bench.store.write().await.unwrap();
    let engine = bench.engine.clone();
    let his = heard(member(BOB), place(Some(thread(1))), 2, "two");
    let hearing = tokio::spawn(async move { engine.hear(his).await });
    for _ in 0..40 {
        a_moment().await;
    }
    assert!(!hearing.is_finished());
    let block = MembershipRow {
        subject: Subject::User(BOB),
        scope: Scope::Global,
        tier: Tier::Blocked,
        granted_by: None,
        granted_at: bench.clock.now(),
        expires_at: None,
    };
    held.set_membership(&block).await.unwrap();
    held.commit().await.unwrap();
    hearing.await.unwrap().unwrap();
    bob_is_not_heard(&bench, run).await;
}

#[tokio::test]
async fn who_is_blocked_before_a_server_gives_on_what_joined_does_not_reach_the_agent() {
    let (mut bench, run) = steered_by_members().await;
    // This server gives nobody anything any more.
    bench.stop.cancel();
    wait("nobody watches the run", async || {
        bench.engine.health().await.unwrap().pulse.active == 0
    })
    .await;
    let joined = bench.ask_as(member(BOB), Some(thread(1)), 2, "two").await;
    assert_eq!(joined, run);
    bench.appoint(Subject::User(BOB), Tier::Blocked).await;
    bench.restart().await;
    bob_is_not_heard(&bench, run).await;
}

#[tokio::test]
async fn who_is_blocked_while_the_agent_has_his_message_breaks_its_turn_off_also_after_a_restart() {
    let (mut bench, run) = steered_by_members().await;
    bench.ask_as(member(BOB), Some(thread(1)), 2, "two").await;
    bench.until_heard(2).await;
    bench.stop.cancel();
    bench.appoint(Subject::User(BOB), Tier::Blocked).await;
    bench.restart().await;
    // Whoever answers its calls has given it what there is to give.
    bench.does("may_i('q')").await;
    wait("it is answered", async || {
        bench.home.path().join("answers").exists()
    })
    .await;
    tokio::spawn(std::sync::Arc::clone(&bench.engine).keep());
    // Whose words the agent may be working on is looked at when a server starts.
    wait("the turn was broken off", async || {
        let of = "SELECT 'yes' FROM runs WHERE broken_off_at IS NOT NULL";
        bench.sql(of).await == "yes"
    })
    .await;
    bench.is_to_do("end(**ABORTED)");
    wait("it has ended", async || {
        let row = bench.store.run(run).await;
        row.is_ok_and(|row| row.state.is_final())
    })
    .await;
    assert!(!bench.requests().await.contains("answered"));
}

#[tokio::test]
async fn what_may_not_join_now_is_answered_before_what_was_written_after_it() {
    let (bench, run) = steered_by_members().await;
    // Who may still ask by a role that was looked at long ago, nobody knows.
    bench
        .appoint(Subject::Role(RoleId::new(6)), Tier::Blocked)
        .await;
    let old = MessageId::at(bench.clock.now()).get();
    bench.clock.advance(Duration::from_mins(2));
    let now = MessageId::at(bench.clock.now()).get();
    let here = Some(thread(1));
    bench.ask_as(member(BOB), here, old, "two").await;
    wait("it was asked in vain", async || bench.chat.asked() >= 3).await;
    bench.ask_as(member(ANN), here, now, "drei").await;
    wait("and again", async || bench.chat.asked() >= 6).await;
    bench.does("end(result='one')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.told(run).await, "one");
    let waiting = "SELECT GROUP_CONCAT(text, ' ') FROM (SELECT text FROM requests
                   WHERE state <> 'answered' ORDER BY n)";
    assert_eq!(bench.sql(waiting).await, "two drei");
    assert!(!bench.journal().contains("drei"));
}

#[tokio::test]
async fn a_message_that_ends_a_turn_is_on_record_as_who_ended_it() {
    let bench = Bench::with(Wishes {
        busy: Busy::Interrupt,
        ..obedient()
    })
    .await;
    let run = bench.ask(1, "one").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    let heard = heard(owner(), place(Some(thread(1))), 2, "two");
    bench.engine.hear(heard).await.unwrap();
    bench.until(run, RunState::Cancelled).await;
    let lines = bench.store.audit_trail(100).await.unwrap();
    let cancelled: Vec<_> = lines
        .into_iter()
        .filter(|line| line.action == "cancel")
        .map(|line| (line.actor, line.object))
        .collect();
    assert_eq!(cancelled, [(Some(OWNER), format!("run {run}"))]);
}

#[tokio::test]
async fn what_joined_a_turn_has_cost_what_came_on_top_also_for_another_server() {
    let (mut bench, run) = steer().await;
    bench.does("end(result='one', total_cost_usd=0.10)").await;
    let part = "SELECT answer || ' ' || cost_microusd FROM run_parts";
    wait("the part is stored", async || {
        bench.sql(part).await == "one 100000"
    })
    .await;
    bench.restart().await;
    bench.takes_up_second().await;
    bench.does("end(result='two', total_cost_usd=0.25)").await;
    bench.until(run, RunState::Completed).await;
    let cost = "SELECT GROUP_CONCAT(cost_microusd) FROM runs";
    assert_eq!(bench.sql(cost).await, "250000");
}
