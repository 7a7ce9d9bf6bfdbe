//! Questions that people are asked again, with what is true then.

use super::*;

#[tokio::test]
async fn what_is_asked_anew_has_a_row_of_its_own_and_the_newest_is_found() {
    let bench = Bench::new().await;
    let first = bench.new_approval("1");
    bench
        .insert(&first, &[("old".to_owned(), Choice::Once)])
        .await;
    let row = bench.store.approval(first.id).await.unwrap().unwrap();
    let anew = row.anew(Renewed {
        leads_to: Some("/etc/passwd".into()),
        found: Some(Found::Unread(Unread::Outside)),
        why: "it is outside".into(),
        rule: "always asked".into(),
        grant_rule: None,
        expires_at: Millis::new(3_000),
    });
    let wanted = NewApproval {
        id: anew.id,
        round: 1,
        leads_to: Some("/etc/passwd".into()),
        found: Some(Found::Unread(Unread::Outside)),
        why: "it is outside".into(),
        rule: "always asked".into(),
        grant_rule: None,
        expires_at: Millis::new(3_000),
        ..first.clone()
    };
    assert_eq!(anew, wanted);
    assert!(
        bench
            .insert(&anew, &[("new".to_owned(), Choice::Once)])
            .await
    );
    let end = ApprovalEnd::without_a_person(ApprovalState::AskedAnew, None);
    assert!(bench.end(first.id, &end, 1_500).await);
    let newest = bench.store.approval_of(bench.runner, "1").await.unwrap();
    assert_eq!(newest.map(|row| row.id), Some(anew.id));
    let asked = bench.store.asked_in(bench.run).await.unwrap();
    assert_eq!(asked, [(bench.runner, "1".to_owned())]);
    assert_eq!(bench.store.times_asked_in(bench.run).await.unwrap(), 2);
    for (id, approval) in [("old", first.id), ("new", anew.id)] {
        let control = bench.store.control(id).await.unwrap();
        assert_eq!(control, Some((approval, Choice::Once)));
    }
}

#[tokio::test]
async fn what_was_asked_before_there_were_rounds_is_kept_with_its_buttons() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("baton.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .foreign_keys(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    MIGRATIONS.run_to(18, &pool).await.unwrap();
    let (run, session, runner) = (RunId::fresh(), SessionId::fresh(), RunnerId::fresh());
    let id = ApprovalId::fresh();
    for row in [
        "INSERT INTO projects (name, directory, runtime, loaded_at) VALUES ('play', '/', 'claude', 1)",
        "INSERT INTO sessions (id, project, runtime, guild_id, channel_id, thread_id, post_channel_id, title,
             agent_session, agent_acknowledged, created_at, used_at)
         VALUES (?2, 'play', 'claude', 1, 2, 3, 3, 'a talk', x'00', 0, 1, 1)",
        "INSERT INTO runs (id, session_id, state, principal_id, tier, queued_at, expires_at)
         VALUES (?1, ?2, 'waiting', 5, 'member', 1, 2000)",
        "INSERT INTO runners (id, session_id, started_at) VALUES (?3, ?2, 1)",
        "INSERT INTO approvals (id, runner_id, ask, run_id, session_id, project, kind, tool, input, input_hash, why,
             rule, tier, asked_by, state, created_at, expires_at)
         VALUES (?4, ?3, 'ask', ?1, ?2, 'play', 'call', 'Bash', '{}', 'abc', '', '', 'member', '[5]', 'pending',
             1000, 2000)",
        "INSERT INTO controls (id, approval_id, n, choice) VALUES ('one', ?4, 0, 'once')",
    ] {
        let query = sqlx::query(row).bind(run).bind(session).bind(runner).bind(id);
        query.execute(&pool).await.unwrap();
    }
    pool.close().await;
    let store = Store::open(home.path()).await.unwrap();
    let row = store.approval_of(runner, "ask").await.unwrap().unwrap();
    let wanted = (id, 0, run, ApprovalState::Pending, vec![ANN]);
    assert_eq!(
        (row.id, row.round, row.run, row.state, row.asked_by),
        wanted
    );
    let control = store.control("one").await.unwrap();
    assert_eq!(control, Some((id, Choice::Once)));
    let broken = sqlx::query("PRAGMA foreign_key_check")
        .fetch_all(&store.readers)
        .await;
    assert!(broken.unwrap().is_empty());
}
