//! Tells operators that Discord's gateway is not there, and that it is again. What is said goes by REST, which may
//! work all the same.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{Link, LinkState};
use crate::{
    clock::Clock,
    delivery::Outbox,
    store::{Store, StoreError},
    words::{Alert, AlertKind},
};

/// How long it may be away: taking a session up again, or Discord's own deployments, take less.
const PATIENCE: Duration = Duration::from_mins(3);

/// Tells of it for as long as it is awaited.
pub(super) async fn watch(link: Link, store: Store, clock: Clock, outbox: Arc<Outbox>) {
    // What an earlier server told of is over when events come.
    loop {
        link.until(LinkState::Up).await;
        note(&store, &clock, &outbox, None).await;
        link.until(LinkState::Down).await;
        tokio::select! {
            () = link.until(LinkState::Up) => continue,
            () = sleep(PATIENCE) => {}
        }
        let alert = Alert::GatewayUnhealthy { since: PATIENCE };
        note(&store, &clock, &outbox, Some(&alert)).await;
    }
}

async fn note(store: &Store, clock: &Clock, outbox: &Outbox, alert: Option<&Alert>) {
    let noted: Result<(), StoreError> = async {
        let mut tx = store.write().await?;
        let now = clock.now();
        match alert {
            Some(alert) => tx.raise(now, alert).await?,
            None => {
                let subject = Alert::GatewayUnhealthy { since: PATIENCE }.subject();
                tx.clear(now, AlertKind::GatewayUnhealthy, &subject).await?;
            }
        }
        tx.commit().await
    }
    .await;
    match noted {
        Ok(()) => outbox.wake(),
        Err(error) => tracing::warn!(%error, "how the gateway is could not be stored"),
    }
}
