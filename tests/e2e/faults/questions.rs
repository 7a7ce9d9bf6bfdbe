//! Questions to people: who may decide, that one decision counts, and that it reaches the agent once.

mod beside;
mod ends;
mod holds;
mod past;
mod patches;
mod real;
mod record;
mod who;

use std::{fs, time::Duration};

use baton::{
    access::{Action, Permit},
    session::{Holding, NotDecided, Ruling, Settled, Span},
    store::ApprovalRow,
    words::{
        ApprovalId, ApprovalState, Approvers, ChannelId, Person, RunId, RunState, Tier, UserId,
    },
};
use serde_json::{Value, json};

use super::{Bench, Wishes, a_moment, gate, kill, let_pass, owner, place, thread, wait};

const YES: Ruling = Ruling::Allow(Span::Once);
const ALLOWED: Settled = Settled::Ended(ApprovalState::Allowed);

fn owners_decide() -> Wishes {
    Wishes {
        approvers: Approvers::Owners,
        ..Wishes::default()
    }
}

fn no(reason: &str) -> Ruling {
    Ruling::Deny(Some(reason.to_owned()))
}

impl Bench {
    /// Asks the agent something that makes it ask, and waits until it does.
    async fn asked(&self, text: &str) -> (RunId, ApprovalRow) {
        let run = self.ask(11, text).await;
        self.until(run, RunState::Waiting).await;
        (run, self.pending().await.remove(0))
    }

    async fn pending(&self) -> Vec<ApprovalRow> {
        self.store.pending_approvals().await.unwrap()
    }

    async fn permit_for(&self, person: &Person, action: Action) -> Permit {
        let here = place(Some(thread(11)));
        let permit = gate(&self.store).authorize(person, here, action).await;
        permit.unwrap().unwrap()
    }

    /// The owner decides where he was asked.
    async fn decide(&self, id: ApprovalId, ruling: Ruling) -> Result<Settled, NotDecided> {
        self.decide_as(&owner(), id, ruling, thread(11)).await
    }

    async fn decide_as(
        &self,
        person: &Person,
        id: ApprovalId,
        ruling: Ruling,
        from: ChannelId,
    ) -> Result<Settled, NotDecided> {
        let permit = self.permit_for(person, Action::Decide).await;
        let decided = self.engine.decide(&permit, person, id, ruling, from).await;
        decided.unwrap()
    }

    async fn row(&self, id: ApprovalId) -> ApprovalRow {
        self.store.approval(id).await.unwrap().unwrap()
    }

    /// What the agent was answered, in order: which question and what.
    fn answered(&self) -> Vec<(String, Value)> {
        let text = fs::read_to_string(self.home.path().join("answers")).unwrap_or_default();
        // The last may be half written.
        let whole = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let answers = whole.map(|line| {
            let said: Value = serde_json::from_str(line).unwrap();
            let id = said["request_id"].as_str().unwrap().to_owned();
            (id, said["response"].clone())
        });
        answers.collect()
    }

    /// The lines of the audit trail about questions and what was allowed.
    async fn audited(&self) -> Vec<String> {
        let lines = self.store.audit_trail(100).await.unwrap();
        lines.into_iter().map(|line| line.action).collect()
    }
}

fn allow(command: &str) -> Value {
    json!({"behavior": "allow", "updatedInput": {"command": command}})
}

#[tokio::test]
async fn what_a_person_allows_runs_and_all_of_it_is_on_record() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    assert_eq!(question.asked_by, [owner().id]);
    assert_eq!(question.input, json!({"command": "touch q1"}));
    assert_eq!(bench.engine.health().await.unwrap().questions_waiting, 1);
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.answered(), [("q1".to_owned(), allow("touch q1"))]);
    assert_eq!(
        bench.states(run).await,
        [
            "queued",
            "starting",
            "running",
            "waiting",
            "running",
            "completed"
        ]
    );
    assert_eq!(
        bench.audited().await,
        ["question_asked", "question_allowed"]
    );
    let events = bench.store.run_events(run).await.unwrap();
    let of_questions: Vec<_> = events
        .iter()
        .filter(|(kind, _)| kind.starts_with("question"))
        .map(|(kind, data)| (kind.as_str(), data["sha256"].as_str().unwrap()))
        .collect();
    let hash = question.input_hash.as_str();
    assert_eq!(of_questions, [("question", hash), ("question_ended", hash)]);
    for kind in ["question", "question-end"] {
        let key = format!("{kind}:{}", question.id);
        let of = format!("SELECT kind FROM deliveries WHERE key = '{key}'");
        assert_eq!(bench.sql(&of).await, kind.replace('-', "_"));
    }
}

#[tokio::test]
async fn a_no_reaches_the_agent_with_its_reason() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    let denied = Settled::Ended(ApprovalState::Denied);
    assert_eq!(bench.decide(question.id, no("not today")).await, Ok(denied));
    bench.until(run, RunState::Completed).await;
    let message = "A person decided against it and says: not today";
    let answer = json!({"behavior": "deny", "message": message});
    assert_eq!(bench.answered(), [("q1".to_owned(), answer)]);
    let row = bench.row(question.id).await;
    assert_eq!(row.reason.as_deref(), Some("not today"));
    assert_eq!(row.decided_by, Some(owner().id));
}

#[tokio::test]
async fn what_the_agent_wants_to_know_is_answered_piece_by_piece() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("choose!").await;
    let answer = |n: u8, words: &str| Ruling::Answer(vec![(n, words.to_owned())]);
    let id = question.id;
    assert_eq!(bench.decide(id, YES).await, Err(NotDecided::NotThatWay));
    assert_eq!(
        bench.decide(id, answer(2, "x")).await,
        Err(NotDecided::NotThatWay)
    );
    assert_eq!(
        bench.decide(id, answer(0, "red")).await,
        Ok(Settled::Partly)
    );
    assert!(bench.is(run, RunState::Waiting).await);
    let whole = Settled::Ended(ApprovalState::Answered);
    assert_eq!(bench.decide(id, answer(1, "my own words")).await, Ok(whole));
    bench.until(run, RunState::Completed).await;
    let answers = &bench.answered()[0].1["updatedInput"];
    assert_eq!(
        answers["answers"],
        json!({"Which?": "red", "And then?": "my own words"})
    );
    assert_eq!(answers["questions"], question.input["questions"]);
    let trail = bench.store.audit_trail(100).await.unwrap();
    let parts: Vec<_> = trail
        .iter()
        .filter(|line| line.action == "question_partly_answered")
        .collect();
    let [part] = parts.as_slice() else {
        panic!("{trail:?}");
    };
    assert_eq!(part.actor, Some(owner().id));
    let wanted = format!(
        "AskUserQuestion sha256 {}, answers so far: ",
        question.input_hash
    );
    assert!(part.detail.starts_with(&wanted), "{}", part.detail);
    assert!(
        part.detail.ends_with(r#"{"Which?":"red"}"#),
        "{}",
        part.detail
    );
}

#[tokio::test]
async fn a_plan_is_approved_or_rejected_and_nothing_else() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("plan it").await;
    let session = Ruling::Allow(Span::Session);
    assert_eq!(
        bench.decide(question.id, session).await,
        Err(NotDecided::NotThatWay)
    );
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    let plan = json!({"behavior": "allow", "updatedInput": {"plan": "1. do it"}});
    assert_eq!(bench.answered(), [("q1".to_owned(), plan)]);
}

#[tokio::test]
async fn what_is_allowed_for_the_session_is_not_asked_again_until_it_is_taken_back() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    let session = Ruling::Allow(Span::Session);
    assert_eq!(bench.decide(question.id, session).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    let again = bench.ask_in(Some(thread(11)), 12, "may you again?").await;
    bench.until(again, RunState::Completed).await;
    assert_eq!(bench.answered().len(), 2);
    assert!(!bench.states(again).await.contains(&"waiting".to_owned()));
    let see = bench.permit_for(&owner(), Action::SeeGrants).await;
    let grants = bench.engine.grants(&see).await.unwrap();
    let rules: Vec<_> = grants
        .iter()
        .map(|given| (given.grant.rule.clone(), given.holding))
        .collect();
    let rule = format!("Bash(touch q1) in {}", bench.home.path().display());
    assert_eq!(rules, [(rule, Holding::Holds)]);
    assert_eq!(bench.row(question.id).await.grant, Some(grants[0].grant.id));
    let revoke = bench.permit_for(&owner(), Action::RevokeGrant).await;
    let id = grants[0].grant.id;
    assert!(bench.engine.revoke_grant(&revoke, id).await.unwrap());
    assert!(!bench.engine.revoke_grant(&revoke, id).await.unwrap());
    let asked = bench
        .ask_in(Some(thread(11)), 13, "may you again and again?")
        .await;
    bench.until(asked, RunState::Waiting).await;
    let audited = bench.audited().await;
    for action in ["grant_given", "tool_allowed", "grant_revoked"] {
        assert!(audited.iter().any(|one| one == action), "{audited:?}");
    }
}
