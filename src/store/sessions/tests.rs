//! Places and names of sessions, their end, and sessions from before all that.

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::*;
use crate::{
    store::{NewDelivery, NewRequest, Payload, ProjectRow, open::MIGRATIONS},
    words::{AgentMode, Person, RequestId, RunId, SlotName, Tier, UserId},
};

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
    tx.post_in_channel(stranded.thread).await.unwrap();
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
async fn sessions_move_together_and_the_open_one_that_finds_its_place_taken_ends() {
    let (store, _home) = store().await;
    let (ended, open) = (session(2, 3, None), session(2, 3, Some("Plans")));
    assert!(insert(&store, &ended).await);
    assert!(end(&store, ended.id).await);
    assert!(insert(&store, &open).await);
    let (from, to, taken) = (ChannelId::new(3), ChannelId::new(4), ChannelId::new(5));
    let mut tx = store.write().await.unwrap();
    assert!(tx.move_sessions(from, to, NOW).await.unwrap());
    tx.commit().await.unwrap();
    for id in [ended.id, open.id] {
        let row = store.session(id).await.unwrap();
        assert_eq!((row.thread_id, row.post_channel_id), (to, to));
    }
    assert_eq!(at(&store, 4).await, Some(open.id));
    let other = session(2, 5, None);
    assert!(insert(&store, &other).await);
    let mut tx = store.write().await.unwrap();
    assert!(!tx.move_sessions(to, taken, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(at(&store, 5).await, Some(other.id));
    assert!(store.session(open.id).await.unwrap().has_ended());
    // Its name is free.
    assert!(insert(&store, &session(2, 6, Some("Plans"))).await);
}

#[tokio::test]
async fn a_thread_grows_from_a_message_that_somebody_or_baton_wrote_or_is_about_to() {
    let (store, _home) = store().await;
    let (command, announcement) = (ChannelId::new(7), MessageId::new(8));
    let grows = async |thread| store.grows_from_a_message(thread).await.unwrap();
    assert!(!grows(command).await);
    let opening = NewDelivery {
        key: "opening".into(),
        lane: command,
        session: None,
        run: None,
        payload: Payload::Opening {
            channel: ChannelId::new(2),
            text: "it begins".into(),
            name: "Plans".into(),
        },
    };
    let mut tx = store.write().await.unwrap();
    assert!(tx.deliver(&opening, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert!(grows(command).await);
    assert!(!grows(announcement.thread()).await);
    let head = store.waiting_heads().await.unwrap().remove(0);
    let id = store.delivery(head.n).await.unwrap().id;
    let mut tx = store.write().await.unwrap();
    tx.part_sent(id, announcement).await.unwrap();
    tx.change_lane(command, announcement.thread())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(!grows(command).await);
    assert!(grows(announcement.thread()).await);
    let moved = store.waiting_heads().await.unwrap().remove(0);
    assert_eq!((moved.n, moved.lane), (head.n, announcement.thread()));

    let session = session(2, 9, None);
    assert!(insert(&store, &session).await);
    let request = NewRequest {
        id: RequestId::fresh(),
        message: MessageId::new(9),
        channel: ChannelId::new(2),
        session: session.id,
        person: Person {
            id: UserId::new(1),
            name: "ann".into(),
            roles: Vec::new(),
        },
        tier: Tier::Member,
        text: "hello".into(),
    };
    assert!(!grows(session.thread).await);
    let mut tx = store.write().await.unwrap();
    assert!(tx.insert_request(&request, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert!(grows(session.thread).await);
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
            mode: AgentMode::Default,
            agent_session: session.uuid(),
            slot: Some(SlotName::main()),
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
