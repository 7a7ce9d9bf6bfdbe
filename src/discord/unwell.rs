//! Tells operators that Discord's gateway is not there, and that it is again. What is said goes by REST, which may
//! work all the same.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Link, LinkState};
use crate::{
    clock::Clock,
    delivery::Outbox,
    store::{Store, StoreError},
    words::{Alert, AlertKind},
};

/// How long it may be away: taking a session up again, or Discord's own deployments, take less.
pub(super) const PATIENCE: Duration = Duration::from_mins(3);

/// How often it is told that it is still away.
const STILL: Duration = Duration::from_hours(1);

/// Tells of it for as long as it is awaited.
pub(super) async fn watch(
    link: Link,
    store: Store,
    clock: Clock,
    (outbox, patience): (Arc<Outbox>, Duration),
) {
    loop {
        let mut away = patience;
        while timeout(away, link.until(LinkState::Up)).await.is_err() {
            let alert = Alert::GatewayUnhealthy { since: away };
            note(&store, &clock, &outbox, Some(&alert)).await;
            away = STILL;
        }
        // An earlier server may have told of it too.
        note(&store, &clock, &outbox, None).await;
        link.until(LinkState::Down).await;
    }
}

async fn note(store: &Store, clock: &Clock, outbox: &Outbox, alert: Option<&Alert>) {
    let noted: Result<(), StoreError> = async {
        let mut tx = store.write().await?;
        let now = clock.now();
        if let Some(alert) = alert {
            tx.raise(now, alert).await?;
        } else {
            let subject = Alert::GatewayUnhealthy { since: PATIENCE }.subject();
            tx.clear(now, AlertKind::GatewayUnhealthy, &subject).await?;
        }
        tx.commit().await
    }
    .await;
    match noted {
        Ok(()) => outbox.wake(),
        Err(error) => tracing::warn!(%error, "how the gateway is could not be stored"),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{clock::Millis, store::Operators, words::ChannelId};

    /// Waits until so many deliveries are queued.
    async fn until_told(store: &Store, count: u32) {
        while store.deliveries_waiting().await.unwrap() < count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn operators_are_told_that_the_gateway_is_away_and_that_it_is_back() {
        let home = TempDir::new().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let store = store.telling(Operators {
            alerts: Some(ChannelId::new(7)),
            ..Operators::default()
        });
        let clock = Clock::held_at(Millis::new(0));
        let outbox = Outbox::new(store.clone(), clock.clone());
        let link = Link::default();
        let watching = watch(link.clone(), store.clone(), clock, (outbox, Duration::ZERO));
        let watching = tokio::spawn(watching);
        until_told(&store, 1).await;
        link.be_up();
        until_told(&store, 2).await;
        let kinds: Vec<String> = store
            .alerts(9)
            .await
            .unwrap()
            .into_iter()
            .map(|it| it.kind)
            .collect();
        assert_eq!(kinds, ["gateway_unhealthy"]);
        watching.abort();
    }
}
