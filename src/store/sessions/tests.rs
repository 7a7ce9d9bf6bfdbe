//! Places and names of sessions, their end, and sessions from before all that.

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::*;
use crate::store::{ProjectRow, open::MIGRATIONS};

const NOW: Millis = Millis::new(1_000);

async fn store() -> (Store, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let project = ProjectRow {
        name: "play".into(),
        directory: "/".into(),
        runtime: RuntimeKind::Claude,
    };
    tx.note_project(&project, NOW).await.unwrap();
    tx.commit().await.unwrap();
    (store, home)
}

fn session(channel: u64, thread: u64, name: Option<&str>) -> NewSession {
    NewSession {
        id: SessionId::fresh(),
        project: "play".into(),
        runtime: RuntimeKind::Claude,
        guild: GuildId::new(1),
        channel: ChannelId::new(channel),
        thread: ChannelId::new(thread),
        context_before: None,
        context_after: None,
        title: "a talk".into(),
        name: name.map(str::to_owned),
        model: None,
        agent_session: Uuid::new_v4(),
        circle: Circle::Members,
    }
}

async fn insert(store: &Store, new: &NewSession) -> bool {
    let mut tx = store.write().await.unwrap();
    let stored = tx.insert_session(new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    stored
}

async fn end(store: &Store, id: SessionId) -> bool {
    let mut tx = store.write().await.unwrap();
    let ended = tx.end_session(id, None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    ended
}

async fn at(store: &Store, place: u64) -> Option<SessionId> {
    let found = store.session_at(ChannelId::new(place)).await.unwrap();
    found.map(|session| session.id)
}

#[tokio::test]
async fn a_place_and_a_name_have_one_open_session_at_a_time() {
    let (store, _home) = store().await;
    let first = session(2, 3, Some("Plans"));
    assert!(insert(&store, &first).await);
    assert!(!insert(&store, &session(2, 3, None)).await, "the place");
    assert!(
        !insert(&store, &session(2, 4, Some("pLANS"))).await,
        "the name"
    );
    assert!(insert(&store, &session(9, 5, Some("Plans"))).await);
    assert!(end(&store, first.id).await);
    assert!(!end(&store, first.id).await, "it ends once");
    let again = session(2, 3, Some("Plans"));
    assert!(insert(&store, &again).await);
    let found = store.session_in(ChannelId::new(3)).await.unwrap().unwrap();
    assert_eq!(found.id, again.id);
    assert!(store.session(first.id).await.unwrap().has_ended());
}

#[tokio::test]
async fn the_session_of_a_channel_comes_before_those_that_only_post_there() {
    let (store, _home) = store().await;
    let stranded = session(2, 3, None);
    assert!(insert(&store, &stranded).await);
    assert_eq!(at(&store, 2).await, None);
    let mut tx = store.write().await.unwrap();
    tx.post_in_channel(stranded.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(at(&store, 2).await, Some(stranded.id));
    let bound = session(2, 2, Some("ops"));
    assert!(insert(&store, &bound).await);
    assert_eq!(at(&store, 2).await, Some(bound.id));
    assert_eq!(store.session(bound.id).await.unwrap().place().thread, None);
    assert!(end(&store, bound.id).await);
    assert_eq!(at(&store, 2).await, Some(stranded.id));
    assert!(end(&store, stranded.id).await);
    assert_eq!(at(&store, 2).await, None);
}

#[tokio::test]
async fn what_an_earlier_version_has_stored_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let old = SqliteConnectOptions::new()
        .filename(home.path().join("baton.db"))
        .create_if_missing(true)
        .foreign_keys(true);
    let pool = SqlitePool::connect_with(old).await.unwrap();
    MIGRATIONS.run_to(1, &pool).await.unwrap();
    let (session, run) = (SessionId::fresh(), RunId::fresh());
    sqlx::raw_sql("INSERT INTO projects VALUES ('play', '/', 'claude', 1)")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO sessions VALUES (?1, 'play', 'claude', 1, 2, 3, 2, 'shut', 4, 'a talk', ?1, 1, 5, 6)",
    )
    .bind(session.uuid())
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO runs (id, session_id, state, principal_id, tier, queued_at, expires_at)
         VALUES (?, ?, 'queued', 7, 'member', 1, 2)",
    )
    .bind(run.uuid())
    .bind(session.uuid())
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;

    let store = Store::open(home.path()).await.unwrap();
    let row = store.session_in(ChannelId::new(3)).await.unwrap().unwrap();
    assert_eq!(
        row,
        SessionRow {
            id: session,
            project: "play".into(),
            runtime: RuntimeKind::Claude,
            guild_id: GuildId::new(1),
            channel_id: ChannelId::new(2),
            thread_id: ChannelId::new(3),
            post_channel_id: ChannelId::new(2),
            unreachable: Some("shut".into()),
            context_before: Some(MessageId::new(4)),
            context_after: None,
            title: "a talk".into(),
            name: None,
            model: None,
            agent_session: session.uuid(),
            circle: Circle::Members,
            agent_acknowledged: true,
            used_at: Millis::new(6),
            ended_at: None,
        }
    );
    assert_eq!(store.open_run_of(session).await.unwrap().unwrap().id, run);
    // Foreign keys are on again.
    let stranger = sqlx::query("UPDATE runs SET session_id = x'00'")
        .execute(&store.writer)
        .await;
    assert!(stranger.is_err(), "{stranger:?}");
}
