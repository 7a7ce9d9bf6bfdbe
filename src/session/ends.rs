//! Ends of agents, one at a time for each: who wants to end one that is being ended waits.
//!
//! A message may come when the agent of its session is just being ended for having been idle. The
//! new agent must not start before the old one is gone, and the old one must be let go in order: if
//! it were killed while it leaves, its memory could suffer.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::words::RunnerId;

/// Who is being ended.
#[derive(Default)]
pub(super) struct Ends(Mutex<HashMap<RunnerId, Arc<tokio::sync::Mutex<()>>>>);

impl Ends {
    /// Waits until nobody else ends this runner; nobody else does as long as the answer lives.
    pub(super) async fn alone(&self, runner: RunnerId) -> OwnedMutexGuard<()> {
        let own = {
            let mut all = self.0.lock();
            // Somebody has or awaits those that are held elsewhere too.
            all.retain(|_, one| Arc::strong_count(one) > 1);
            Arc::clone(all.entry(runner).or_default())
        };
        own.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_waits_for_the_first_and_nothing_is_kept() {
        let ends = Ends::default();
        let (one, other) = (RunnerId::fresh(), RunnerId::fresh());
        let first = ends.alone(one).await;
        let mut second = std::pin::pin!(ends.alone(one));
        assert!(futures::poll!(&mut second).is_pending());
        drop(ends.alone(other).await);
        drop(first);
        drop(second.await);
        drop(ends.alone(other).await);
        assert_eq!(ends.0.lock().len(), 1);
    }
}
