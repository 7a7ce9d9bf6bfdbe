//! What showing a run needs, and where it is shown.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

use super::{house::House, pace::Pace};
use crate::{
    clock::Clock,
    delivery::{Chat, Delivered},
    observe::Secrets,
    store::DeliveryKind,
    words::{ChannelId, RunId},
};

/// What showing needs.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) house: Arc<dyn House>,
    pub(super) chat: Arc<dyn Chat>,
    pub(super) clock: Clock,
    /// How often each channel's messages may be edited.
    pub(super) pace: Arc<Pace>,
    /// What is in nothing that is shown.
    pub(super) secrets: Secrets,
    /// Listens to what the outbox delivers from now on.
    pub(super) listen: Listen,
}

/// How to listen to an outbox.
pub(super) type Listen = Arc<dyn Fn() -> broadcast::Receiver<Delivered> + Send + Sync>;

impl Stage {
    /// Where a run is shown that was announced for a place: Discord may have refused the thread since.
    pub(super) async fn place(&self, run: RunId, announced: ChannelId) -> ChannelId {
        match self.house.posts_in(run).await {
            Ok(place) => place.unwrap_or(announced),
            Err(error) => {
                tracing::debug!(%error, %run, "where a run is shown cannot be looked up");
                announced
            }
        }
    }
}

/// Waits until the outbox has posted such a message of a run.
pub(super) async fn posted(
    delivered: &mut broadcast::Receiver<Delivered>,
    run: RunId,
    kind: DeliveryKind,
) {
    loop {
        match delivered.recv().await {
            Ok(it) if it.run == Some(run) && it.kind == kind => return,
            Ok(_) => {}
            // It may have been among those.
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
