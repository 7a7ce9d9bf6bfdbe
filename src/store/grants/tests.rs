use super::*;
use crate::store::approvals::tests::{Bench, NOW};

const OWNER: UserId = UserId::new(1);

fn grant(scope: GrantScope, ends: Option<i64>) -> GrantRow {
    GrantRow {
        id: GrantId::fresh(),
        rule: "Bash(npm test)".into(),
        project: "play".into(),
        scope,
        tier: Tier::Member,
        granted_by: OWNER,
        giver_roles: vec![RoleId::new(7)],
        place: Some(Place {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: Some(ChannelId::new(3)),
        }),
        granted_at: NOW,
        expires_at: ends.map(Millis::new),
        revoked_at: None,
        revoked_by: None,
    }
}

#[tokio::test]
async fn grants_hold_in_their_scope_until_they_end_or_are_taken_back() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let here = GrantScope::Thread(ChannelId::new(3));
    let (mine, other) = (
        GrantScope::Session(bench.session),
        GrantScope::Channel(ChannelId::new(9)),
    );
    let all = [
        grant(mine, None),
        grant(here, Some(2_000)),
        grant(other, None),
        grant(GrantScope::Project, None),
    ];
    let mut tx = store.write().await.unwrap();
    for row in &all {
        tx.insert_grant(row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let [session, thread, elsewhere, project] = all;
    let scopes = [mine, here, GrantScope::Project];
    let live = async |now: i64| {
        let rows = store.live_grants("play", &scopes, Millis::new(now)).await;
        rows.unwrap()
    };
    assert_eq!(
        live(1_999).await,
        [session.clone(), thread, project.clone()]
    );
    assert_eq!(live(2_000).await, [session.clone(), project.clone()]);
    let strange = store.live_grants("other", &scopes, NOW).await.unwrap();
    assert_eq!(strange, []);
    let revoke = async || {
        let mut tx = store.write().await.unwrap();
        let held = tx.revoke_grant(session.id, OWNER, Millis::new(1_500)).await;
        tx.commit().await.unwrap();
        held.unwrap()
    };
    assert!(revoke().await);
    assert!(!revoke().await, "once");
    assert_eq!(live(2_000).await, std::slice::from_ref(&project));
    let of_project = store.grants_of("play", Millis::new(2_000)).await.unwrap();
    assert_eq!(of_project, [elsewhere, project]);
    let row = store.grant(session.id).await.unwrap().unwrap();
    assert_eq!(
        (row.revoked_at, row.revoked_by),
        (Some(Millis::new(1_500)), Some(OWNER))
    );
}

#[tokio::test]
async fn what_was_allowed_for_a_conversation_ends_with_it() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mine = grant(GrantScope::Session(bench.session), None);
    let wide = grant(GrantScope::Project, None);
    let mut tx = store.write().await.unwrap();
    for row in [&mine, &wide] {
        tx.insert_grant(row).await.unwrap();
    }
    assert!(
        tx.end_session(bench.session, Some(OWNER), Millis::new(2_000))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(store.grants_of("play", NOW).await.unwrap(), [wide]);
    let ended = store.grant(mine.id).await.unwrap().unwrap();
    assert_eq!(
        (ended.revoked_at, ended.revoked_by),
        (Some(Millis::new(2_000)), Some(OWNER))
    );
}
