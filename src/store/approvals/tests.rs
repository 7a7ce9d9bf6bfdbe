mod rounds;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    store::{NewRun, NewSession, ProjectRow, open::MIGRATIONS},
    words::{Circle, Found, GuildId, RuntimeKind, Unread},
};

pub(crate) const NOW: Millis = Millis::new(1_000);
const DUE: Millis = Millis::new(2_000);
const ANN: UserId = UserId::new(5);

/// A store with a run that works.
pub(crate) struct Bench {
    _home: TempDir,
    pub(crate) store: Store,
    pub(crate) session: SessionId,
    pub(crate) run: RunId,
    runner: RunnerId,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let (session, run, runner) = (SessionId::fresh(), RunId::fresh(), RunnerId::fresh());
        let mut tx = store.write().await.unwrap();
        let project = ProjectRow {
            name: "play".into(),
            directory: "/".into(),
            runtime: RuntimeKind::Claude,
        };
        tx.note_project(&project, NOW).await.unwrap();
        let new = NewSession {
            id: session,
            project: "play".into(),
            runtime: RuntimeKind::Claude,
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: ChannelId::new(3),
            context_before: None,
            context_after: None,
            title: "a talk".into(),
            name: None,
            model: None,
            agent_session: uuid::Uuid::nil(),
            circle: Circle::Members,
        };
        assert!(tx.insert_session(&new, NOW).await.unwrap());
        let new = NewRun {
            id: run,
            session,
            principal: ANN,
            tier: Tier::Member,
            expires_at: DUE,
        };
        tx.insert_run(&new, NOW).await.unwrap();
        tx.insert_runner(runner, session, "", NOW).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            _home: home,
            store,
            session,
            run,
            runner,
        }
    }

    fn new_approval(&self, ask: &str) -> NewApproval {
        NewApproval {
            id: ApprovalId::fresh(),
            runner: self.runner,
            ask: ask.into(),
            round: 0,
            run: self.run,
            session: self.session,
            project: "play".into(),
            kind: ApprovalKind::Call,
            tool: "Bash".into(),
            input: json!({"command": "touch x"}),
            input_hash: "abc".into(),
            directory: Some("/srv/app".into()),
            leads_to: Some("/srv/app".into()),
            found: Some(Found::Text("old".into())),
            why: "no rule allows it".into(),
            rule: "built in".into(),
            grant_rule: Some("Bash(touch x)".into()),
            sub_agent: Some("scout".into()),
            tier: Tier::Member,
            asked_by: vec![ANN],
            expires_at: DUE,
        }
    }

    async fn insert(&self, new: &NewApproval, controls: &[(String, Choice)]) -> bool {
        let mut tx = self.store.write().await.unwrap();
        let stored = tx.insert_approval(new, controls, NOW).await.unwrap();
        tx.commit().await.unwrap();
        stored
    }

    async fn end(&self, id: ApprovalId, end: &ApprovalEnd, now: i64) -> bool {
        let mut tx = self.store.write().await.unwrap();
        let ended = tx.end_approval(id, end, Millis::new(now)).await.unwrap();
        tx.commit().await.unwrap();
        ended
    }
}

fn allowed() -> ApprovalEnd {
    ApprovalEnd {
        state: ApprovalState::Allowed,
        reach: Some(GrantReach::Once),
        grant: None,
        by: Some(ANN),
        reason: None,
        answers: None,
    }
}

#[tokio::test]
async fn a_question_reads_back_and_is_stored_once_with_its_controls() {
    let bench = Bench::new().await;
    let new = bench.new_approval("ask-1");
    let controls = [
        ("one".to_owned(), Choice::Once),
        (
            "two".to_owned(),
            Choice::Answer {
                question: 0,
                option: 1,
            },
        ),
    ];
    assert!(bench.insert(&new, &controls).await);
    let again = bench.new_approval("ask-1");
    let other = [("three".to_owned(), Choice::Deny)];
    assert!(!bench.insert(&again, &other).await);
    let store = &bench.store;
    let row = store.approval(new.id).await.unwrap().unwrap();
    let expected = ApprovalRow {
        id: new.id,
        runner: bench.runner,
        ask: "ask-1".into(),
        round: 0,
        run: bench.run,
        session: bench.session,
        project: "play".into(),
        kind: ApprovalKind::Call,
        tool: "Bash".into(),
        input: json!({"command": "touch x"}),
        input_hash: "abc".into(),
        directory: Some("/srv/app".into()),
        leads_to: Some("/srv/app".into()),
        found: Some(Found::Text("old".into())),
        why: "no rule allows it".into(),
        rule: "built in".into(),
        grant_rule: Some("Bash(touch x)".into()),
        sub_agent: Some("scout".into()),
        tier: Tier::Member,
        asked_by: vec![ANN],
        state: ApprovalState::Pending,
        reach: None,
        grant: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        answers: None,
        created_at: NOW,
        expires_at: DUE,
        posted: None,
        route: None,
    };
    assert_eq!(row, expected);
    let found = store.approval_of(bench.runner, "ask-1").await.unwrap();
    assert_eq!(found, Some(expected));
    assert_eq!(store.controls_of(new.id).await.unwrap(), controls);
    let control = store.control("two").await.unwrap();
    assert_eq!(control, Some((new.id, controls[1].1)));
    assert_eq!(store.control("three").await.unwrap(), None);
}

#[tokio::test]
async fn who_has_called_a_question_up_may_decide_there_and_nobody_else_nor_elsewhere() {
    let bench = Bench::new().await;
    let (one, other) = (bench.new_approval("1"), bench.new_approval("2"));
    for new in [&one, &other] {
        bench.insert(new, &[]).await;
    }
    let (here, there) = (ChannelId::new(8), ChannelId::new(9));
    let mut tx = bench.store.write().await.unwrap();
    for _ in 0..2 {
        tx.note_shown(one.id, ANN, here).await.unwrap();
    }
    tx.commit().await.unwrap();
    for (id, person, channel, was) in [
        (one.id, ANN, here, true),
        (one.id, ANN, there, false),
        (one.id, UserId::new(6), here, false),
        (other.id, ANN, here, false),
    ] {
        let shown = bench.store.was_shown(id, person, channel).await.unwrap();
        assert_eq!(shown, was, "{id} {person} {channel}");
    }
}

#[tokio::test]
async fn a_question_has_one_end_and_a_person_is_in_time_or_not_at_all() {
    let bench = Bench::new().await;
    let (first, second) = (bench.new_approval("1"), bench.new_approval("2"));
    for new in [&first, &second] {
        bench.insert(new, &[]).await;
    }
    let store = &bench.store;
    assert_eq!(store.approvals_waiting().await.unwrap(), 2);
    assert_eq!(store.next_approval_expiry().await.unwrap(), Some(DUE));
    assert_eq!(store.approvals_due(NOW).await.unwrap(), []);
    assert!(bench.end(first.id, &allowed(), 1_999).await);
    assert!(!bench.end(first.id, &allowed(), 1_999).await, "twice");
    assert!(!bench.end(second.id, &allowed(), 2_000).await, "too late");
    assert_eq!(store.approvals_due(DUE).await.unwrap(), [second.id]);
    let expired = ApprovalEnd::without_a_person(ApprovalState::Expired, None);
    assert!(bench.end(second.id, &expired, 2_000).await);
    assert!(!bench.end(first.id, &expired, 2_000).await, "it has an end");
    let ended = async |id| {
        let row = store.approval(id).await.unwrap().unwrap();
        (row.state, row.reach, row.decided_by)
    };
    let once = Some(GrantReach::Once);
    let by = (ApprovalState::Allowed, once, Some(ANN));
    assert_eq!(ended(first.id).await, by);
    assert_eq!(ended(second.id).await, (ApprovalState::Expired, None, None));
    assert_eq!(store.pending_approvals().await.unwrap(), []);
    assert_eq!(store.next_approval_expiry().await.unwrap(), None);
}

#[tokio::test]
async fn answers_gather_while_a_question_waits_and_its_message_is_noted() {
    let bench = Bench::new().await;
    let new = bench.new_approval("1");
    bench.insert(&new, &[]).await;
    let note = async |answers: Value, now: i64| {
        let mut tx = bench.store.write().await.unwrap();
        let noted = tx
            .note_answers(new.id, &answers, Millis::new(now))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        noted
    };
    assert!(note(json!({"Which?": "this"}), 1_500).await);
    assert!(!note(json!({"Which?": "that"}), 2_000).await, "too late");
    let mut tx = bench.store.write().await.unwrap();
    let (channel, message) = (ChannelId::new(7), MessageId::new(8));
    tx.note_posted(new.id, channel, message, Route::Dm)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // An end without answers of its own keeps those that are there.
    assert!(bench.end(new.id, &allowed(), 1_600).await);
    assert!(
        !note(json!({"Which?": "that"}), 1_700).await,
        "it has ended"
    );
    let row = bench.store.approval(new.id).await.unwrap().unwrap();
    assert_eq!(row.answers, Some(json!({"Which?": "this"})));
    assert_eq!(
        (row.posted, row.route),
        (Some((channel, message)), Some(Route::Dm))
    );
}

#[tokio::test]
async fn who_answered_what_the_agent_wanted_to_know_is_known_by_its_run() {
    let bench = Bench::new().await;
    for (ask, kind, state) in [
        ("1", ApprovalKind::Choice, ApprovalState::Answered),
        ("2", ApprovalKind::Call, ApprovalState::Allowed),
        ("3", ApprovalKind::Choice, ApprovalState::Denied),
    ] {
        let new = NewApproval {
            kind,
            ..bench.new_approval(ask)
        };
        bench.insert(&new, &[]).await;
        let by = UserId::new(ask.parse().unwrap());
        let end = ApprovalEnd {
            state,
            by: Some(by),
            ..allowed()
        };
        assert!(bench.end(new.id, &end, 1_500).await);
    }
    let answerers = async |run| bench.store.answerers_in(run).await.unwrap();
    assert_eq!(answerers(bench.run).await, [UserId::new(1)]);
    let mut tx = bench.store.write().await.unwrap();
    let data = json!({"by": UserId::new(4)});
    tx.run_event(bench.run, NOW, "question_answered", &data)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let both = [UserId::new(1), UserId::new(4)];
    assert_eq!(answerers(bench.run).await, both);
    assert_eq!(answerers(RunId::fresh()).await, []);
}

#[tokio::test]
async fn every_word_of_the_house_has_its_row() {
    let bench = Bench::new().await;
    let new = bench.new_approval("1");
    bench.insert(&new, &[]).await;
    for (n, kind) in ApprovalKind::ALL.iter().enumerate() {
        let other = NewApproval {
            kind: *kind,
            ..bench.new_approval(&format!("kind-{n}"))
        };
        assert!(bench.insert(&other, &[]).await, "{kind}");
    }
    for (n, state) in ApprovalState::ALL.iter().enumerate() {
        let other = bench.new_approval(&format!("state-{n}"));
        bench.insert(&other, &[]).await;
        let end = ApprovalEnd::without_a_person(*state, None);
        assert!(bench.end(other.id, &end, 1_500).await, "{state}");
    }
    for route in Route::ALL {
        let mut tx = bench.store.write().await.unwrap();
        let posted = tx
            .note_posted(new.id, ChannelId::new(1), MessageId::new(1), *route)
            .await;
        assert!(posted.is_ok(), "{route}");
    }
    for (n, reach) in GrantReach::ALL.iter().enumerate() {
        let other = bench.new_approval(&format!("reach-{n}"));
        bench.insert(&other, &[]).await;
        let end = ApprovalEnd {
            reach: Some(*reach),
            ..allowed()
        };
        assert!(bench.end(other.id, &end, 1_500).await, "{reach}");
    }
}
