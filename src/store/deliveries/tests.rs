//! When a live message may be withdrawn.

use uuid::Uuid;

use super::*;
use crate::{
    store::{NewRun, NewSession, ProjectRow},
    words::{GuildId, RunId, RuntimeKind, Tier, UserId},
};

const NOW: Millis = Millis::new(1);

/// A store with one run and its live message, which is about to be sent.
async fn with_live(directory: &std::path::Path) -> (Store, RunId, DeliveryId) {
    let store = Store::open(directory).await.unwrap();
    let session = NewSession {
        id: SessionId::fresh(),
        project: "baton".to_owned(),
        runtime: RuntimeKind::Claude,
        guild: GuildId::new(1),
        channel: ChannelId::new(2),
        thread: ChannelId::new(3),
        context_before: None,
        context_after: None,
        name: None,
        model: None,
        title: "a thread".to_owned(),
        agent_session: Uuid::nil(),
        circle: crate::words::Circle::Members,
    };
    let project = ProjectRow {
        name: session.project.clone(),
        directory: "/project".to_owned(),
        runtime: session.runtime,
    };
    let run = NewRun {
        id: RunId::fresh(),
        session: session.id,
        principal: UserId::new(4),
        tier: Tier::Member,
        expires_at: NOW,
    };
    let live = NewDelivery {
        session: Some(session.id),
        ..live(run.id, "live")
    };
    let mut tx = store.write().await.unwrap();
    tx.note_project(&project, NOW).await.unwrap();
    assert!(tx.insert_session(&session, NOW).await.unwrap());
    tx.insert_run(&run, NOW).await.unwrap();
    assert!(tx.deliver_live(&live, run.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let head = store.waiting_heads().await.unwrap().remove(0);
    let delivery = store.delivery(head.n).await.unwrap().id;
    (store, run.id, delivery)
}

fn live(run: RunId, key: &str) -> NewDelivery {
    NewDelivery {
        key: key.to_owned(),
        lane: ChannelId::new(3),
        session: None,
        run: Some(run),
        payload: Payload::Live {
            text: "at work".to_owned(),
        },
    }
}

#[tokio::test]
async fn a_live_message_that_nobody_asked_for_is_withdrawn() {
    let directory = tempfile::tempdir().unwrap();
    let (store, run, _) = with_live(directory.path()).await;
    let mut tx = store.write().await.unwrap();
    assert_eq!(tx.withdraw_live(run, NOW).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(store.deliveries_waiting().await.unwrap(), 0);
}

#[tokio::test]
async fn a_live_message_that_has_just_been_posted_has_to_be_settled() {
    let directory = tempfile::tempdir().unwrap();
    let (store, run, live) = with_live(directory.path()).await;
    let mut tx = store.write().await.unwrap();
    assert!(tx.attempt(live, NOW, 0).await.unwrap());
    assert_eq!(tx.withdraw_live(run, NOW).await.unwrap(), Some(live));
    tx.part_sent(live, MessageId::new(5)).await.unwrap();
    assert_eq!(tx.withdraw_live(run, NOW).await.unwrap(), Some(live));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn of_two_live_messages_the_newest_that_discord_may_have_is_shown_and_settled() {
    let directory = tempfile::tempdir().unwrap();
    let (store, run, first) = with_live(directory.path()).await;
    let old = MessageId::new(5);
    let mut tx = store.write().await.unwrap();
    assert!(tx.attempt(first, NOW, 0).await.unwrap());
    tx.part_sent(first, old).await.unwrap();
    tx.end_delivery(first, DeliveryState::Sent, None, NOW)
        .await
        .unwrap();
    assert_eq!(tx.live_delivery(run, old).await.unwrap(), Some(first));
    assert!(
        tx.deliver_live(&live(run, "another"), run, NOW)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(store.live_message(run).await.unwrap(), None);

    // Nobody asked for the second: the first is what people see.
    let mut tx = store.write().await.unwrap();
    assert_eq!(tx.withdraw_live(run, NOW).await.unwrap(), Some(first));
    drop(tx);

    let second = store.waiting_heads().await.unwrap().remove(0);
    let second = store.delivery(second.n).await.unwrap().id;
    let mut tx = store.write().await.unwrap();
    assert!(tx.attempt(second, NOW, 0).await.unwrap());
    tx.part_sent(second, MessageId::new(6)).await.unwrap();
    assert_eq!(tx.withdraw_live(run, NOW).await.unwrap(), Some(second));
    tx.commit().await.unwrap();
    assert_eq!(
        store.live_message(run).await.unwrap(),
        Some(MessageId::new(6))
    );
}
