//! How often a channel's live messages may be edited.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::OwnedMutexGuard, time::Instant};

use crate::words::ChannelId;

/// Time between two edits in a channel. Discord says nothing but "read the headers"; five edits in
/// five seconds for a channel are what clients see, and the final answer needs some of them.
const GAP: Duration = Duration::from_millis(1_200);

/// One budget per channel, for all the runs in it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    channels: Mutex<HashMap<ChannelId, Budget>>,
}

/// A channel's budget: when the next edit may be made. It is forgotten when that time has come and nobody
/// holds it.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<tokio::sync::Mutex<Instant>>);

/// The right to make one edit now. The next one has to wait from when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    next: OwnedMutexGuard<Instant>,
    gap: Duration,
}

impl Pace {
    /// The budget that all runs in a channel share.
    pub(super) fn budget(&self, channel: ChannelId) -> Budget {
        let mut channels = self.channels.lock();
        if let Some(known) = channels.get(&channel) {
            return known.clone();
        }
        let now = Instant::now();
        channels.retain(|_, budget| budget.is_needed(now));
        let fresh = Budget(Arc::new(tokio::sync::Mutex::new(now)));
        channels.insert(channel, fresh.clone());
        fresh
    }
}

impl Budget {
    /// Whether somebody holds it, or it says more than a new one would.
    fn is_needed(&self, now: Instant) -> bool {
        Arc::strong_count(&self.0) > 1 || self.0.try_lock().is_ok_and(|next| *next > now)
    }

    /// Waits for a turn; turns are given in the order they are asked for.
    pub(super) async fn slot(&self) -> Slot {
        let next = Arc::clone(&self.0).lock_owned().await;
        tokio::time::sleep_until(*next).await;
        Slot { next, gap: GAP }
    }
}

impl Slot {
    /// Discord asked for more patience.
    pub(super) fn wait(&mut self, span: Duration) {
        self.gap = self.gap.max(span);
    }

    /// Nothing was edited: the next one need not wait.
    pub(super) fn unused(mut self) {
        self.gap = Duration::ZERO;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.next = Instant::now() + self.gap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn edits_of_one_channel_keep_their_distance_and_others_do_not_wait() {
        let pace = Pace::default();
        let (one, same) = (
            pace.budget(ChannelId::new(1)),
            pace.budget(ChannelId::new(1)),
        );
        let other = pace.budget(ChannelId::new(2));
        let start = Instant::now();
        drop(one.slot().await);
        drop(other.slot().await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        let mut slot = same.slot().await;
        assert_eq!(start.elapsed(), GAP);
        slot.wait(GAP * 5);
        drop(slot);
        one.slot().await.unused();
        assert_eq!(start.elapsed(), GAP * 6);
        drop(same.slot().await);
        assert_eq!(start.elapsed(), GAP * 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_that_nobody_holds_is_kept_until_the_next_edit_may_be_made() {
        let pace = Pace::default();
        let one = ChannelId::new(1);
        let known = |pace: &Pace| pace.channels.lock().len();
        drop(pace.budget(one).slot().await);
        drop(pace.budget(ChannelId::new(2)));
        assert_eq!(known(&pace), 2);
        let start = Instant::now();
        pace.budget(one).slot().await.unused();
        assert_eq!(start.elapsed(), GAP);
        drop(pace.budget(ChannelId::new(3)));
        assert_eq!(known(&pace), 1);
    }
}
