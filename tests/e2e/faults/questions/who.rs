//! Who may decide.

use baton::{
    access::Refusal,
    approval::{GrantRule, MayNot},
    clock::Millis,
    session::Breadth,
    store::{MembershipRow, Subject},
    words::{Busy, Eyes, RoleId, Scope},
};

use super::*;

pub(super) fn ann() -> Person {
    Person {
        id: UserId::new(7),
        name: "ann".into(),
        roles: Vec::new(),
    }
}

impl Bench {
    pub(super) async fn make_ann(&self, tier: Tier, scope: Scope) {
        let row = MembershipRow {
            subject: Subject::User(ann().id),
            scope,
            tier,
            granted_by: None,
            granted_at: Millis::new(0),
            expires_at: None,
        };
        let mut tx = self.store.write().await.unwrap();
        tx.set_membership(&row).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn only_an_approver_decides_and_only_where_he_was_asked() {
    let bench = Bench::with(owners_decide()).await;
    let (run, question) = bench.asked("may you?").await;
    let id = question.id;
    for tier in [Tier::Guest, Tier::Member] {
        bench.make_ann(tier, Scope::Global).await;
        let decided = bench.decide_as(&ann(), id, YES, thread(11)).await;
        assert!(matches!(decided, Err(NotDecided::MayNot(_))), "{decided:?}");
    }
    let elsewhere = Err(NotDecided::Elsewhere);
    let from = ChannelId::new(999);
    assert_eq!(bench.decide_as(&owner(), id, YES, from).await, elsewhere);
    // A permit of one person is not another's.
    let permit = bench.permit_for(&owner(), Action::Decide).await;
    let engine = &bench.engine;
    let forged = engine.decide(&permit, &ann(), id, YES, thread(11)).await;
    assert_eq!(forged.unwrap(), elsewhere);
    // Nor is one for something else.
    let other = bench.permit_for(&owner(), Action::Cancel).await;
    let misused = engine.decide(&other, &owner(), id, YES, thread(11)).await;
    assert!(misused.is_err());
    assert!(bench.is(run, RunState::Waiting).await);
    bench.make_ann(Tier::Owner, Scope::Thread(thread(11))).await;
    let decided = bench.decide_as(&ann(), id, YES, thread(11)).await;
    assert_eq!(decided, Ok(ALLOWED));
}

#[tokio::test]
async fn with_four_eyes_another_one_decides() {
    let wishes = Wishes {
        eyes: Eyes::Four,
        ..owners_decide()
    };
    let bench = Bench::with(wishes).await;
    let (_, question) = bench.asked("may you?").await;
    let own = bench.decide(question.id, YES).await;
    assert!(matches!(own, Err(NotDecided::MayNot(_))), "{own:?}");
    bench.make_ann(Tier::Owner, Scope::Global).await;
    let decided = bench.decide_as(&ann(), question.id, YES, thread(11)).await;
    assert_eq!(decided, Ok(ALLOWED));
}

#[tokio::test]
async fn with_four_eyes_who_steers_the_agent_meanwhile_does_not_decide_either() {
    let wishes = Wishes {
        eyes: Eyes::Four,
        busy: Busy::Steer,
        ..owners_decide()
    };
    let bench = Bench::with(wishes).await;
    let (run, question) = bench.asked("may you?").await;
    bench.make_ann(Tier::Owner, Scope::Global).await;
    let joined = bench
        .ask_as(ann(), Some(thread(11)), 12, "by the way")
        .await;
    assert_eq!(joined, run);
    let decided = bench.decide_as(&ann(), question.id, YES, thread(11)).await;
    assert_eq!(decided, Err(NotDecided::MayNot(MayNot::OwnRequest)));
    let permit = bench.permit_for(&ann(), Action::Decide).await;
    assert_eq!(
        bench
            .engine
            .pending(&permit, &ann(), thread(11))
            .await
            .unwrap(),
        Ok(vec![])
    );
    assert_eq!(bench.row(question.id).await.state, ApprovalState::Pending);
}

#[tokio::test]
async fn what_an_owners_agent_wants_to_know_no_member_answers() {
    let bench = Bench::with(owners_decide()).await;
    let (_, question) = bench.asked("choose!").await;
    bench.make_ann(Tier::Member, Scope::Global).await;
    let no = Ruling::Deny(None);
    let decided = bench.decide_as(&ann(), question.id, no, thread(11)).await;
    assert_eq!(decided, Err(NotDecided::NotYours));
}

#[tokio::test]
async fn nobody_allows_for_longer_what_is_not_his() {
    let bench = Bench::with(owners_decide()).await;
    let (_, question) = bench.asked("may you?").await;
    bench.make_ann(Tier::Owner, Scope::Thread(thread(11))).await;
    let rule = GrantRule::parse("Bash(touch:*)").unwrap();
    let always = |breadth, until| {
        let rule = rule.clone();
        Ruling::Allow(Span::Always {
            rule,
            breadth,
            until,
        })
    };
    let other = Ruling::Allow(Span::Always {
        rule: GrantRule::parse("Bash(ls)").unwrap(),
        breadth: Breadth::Thread,
        until: None,
    });
    let decided = bench
        .decide_as(&ann(), question.id, other, thread(11))
        .await;
    assert_eq!(decided, Err(NotDecided::OtherRule));
    for breadth in [Breadth::Channel, Breadth::Project] {
        let ruling = always(breadth, None);
        let decided = bench
            .decide_as(&ann(), question.id, ruling, thread(11))
            .await;
        assert_eq!(decided, Err(NotDecided::NotAnOwner), "{breadth:?}");
    }
    let past = always(Breadth::Thread, Some(Millis::new(1)));
    let decided = bench.decide_as(&ann(), question.id, past, thread(11)).await;
    assert_eq!(decided, Err(NotDecided::NotThatWay));
    let later = bench.clock.now().after(Duration::from_hours(1));
    let ruling = always(Breadth::Thread, Some(later));
    let decided = bench
        .decide_as(&ann(), question.id, ruling, thread(11))
        .await;
    assert_eq!(decided, Ok(ALLOWED));
    let held = "SELECT scope || ' ' || tier FROM grants";
    assert_eq!(bench.sql(held).await, "thread:11 owner");
}

#[tokio::test]
async fn a_guest_is_told_what_waits_only_where_a_project_lets_him_decide() {
    let by_role = Approvers::Roles(vec![RoleId::new(9)]);
    for (approvers, roles, may) in [
        (Approvers::Owners, vec![9], false),
        (by_role.clone(), vec![8], false),
        (by_role, vec![9], true),
    ] {
        let bench = Bench::with(Wishes {
            approvers,
            ..owners_decide()
        })
        .await;
        let guest = Person {
            roles: roles.into_iter().map(RoleId::new).collect(),
            ..ann()
        };
        let permit = bench.permit_for(&guest, Action::Decide).await;
        let pending = bench.engine.pending(&permit, &guest, thread(11)).await;
        let told = pending.unwrap().map(|waiting| waiting.len());
        let wanted = if may { Ok(0) } else { Err(Refusal::NotAMember) };
        assert_eq!(told, wanted);
    }
}

#[tokio::test]
async fn everybody_sees_what_waits_for_him_and_nothing_else() {
    let bench = Bench::with(owners_decide()).await;
    let (_, question) = bench.asked("may you?").await;
    bench.make_ann(Tier::Member, Scope::Global).await;
    for (person, wanted) in [(owner(), vec![question.id]), (ann(), vec![])] {
        let permit = bench.permit_for(&person, Action::Decide).await;
        let pending = bench.engine.pending(&permit, &person, thread(11)).await;
        let ids: Vec<_> = pending
            .unwrap()
            .unwrap()
            .into_iter()
            .map(|one| one.row.id)
            .collect();
        assert_eq!(ids, wanted);
    }
}

#[tokio::test]
async fn who_calls_a_question_up_decides_where_he_did_and_nobody_else_does() {
    let bench = Bench::with(owners_decide()).await;
    let (_, question) = bench.asked("may you?").await;
    for tier in [Tier::Owner, Tier::Member] {
        bench.make_ann(tier, Scope::Global).await;
        let permit = bench.permit_for(&ann(), Action::Decide).await;
        let there = ChannelId::new(999);
        bench
            .engine
            .pending(&permit, &ann(), there)
            .await
            .unwrap()
            .unwrap();
    }
    let elsewhere = Err(NotDecided::Elsewhere);
    let (id, there) = (question.id, ChannelId::new(999));
    assert_eq!(bench.decide_as(&owner(), id, YES, there).await, elsewhere);
    let other = ChannelId::new(998);
    bench.make_ann(Tier::Owner, Scope::Global).await;
    assert_eq!(bench.decide_as(&ann(), id, YES, other).await, elsewhere);
    // He called it up while he might decide.
    bench.make_ann(Tier::Member, Scope::Global).await;
    let decided = bench.decide_as(&ann(), id, YES, there).await;
    assert!(matches!(decided, Err(NotDecided::MayNot(_))), "{decided:?}");
    bench.make_ann(Tier::Owner, Scope::Global).await;
    assert_eq!(bench.decide_as(&ann(), id, YES, there).await, Ok(ALLOWED));
}
